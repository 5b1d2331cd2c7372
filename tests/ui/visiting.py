"""How the tests without a browser come to a page."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.ui.test_watch import MAIN, checked


def opener(page: str) -> Callable[..., AppTest]:
    """`open_page(model="timemachine-gru")` opens a page as a new visitor, with an address like that."""

    def opened(**address: str) -> AppTest:
        at = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in address.items():
            at.query_params[name] = value
        return checked(at.switch_page(page).run())

    return opened
