"""What a person does while the server's answer is still on its way must not be undone by it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser import serving
from tests.browser.waiting import stand, wait_for_query

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LATE = """() => {
    const Native = window.WebSocket
    const late = heard => event => setTimeout(() => heard(event), 350)
    window.WebSocket = class extends Native {
        addEventListener(type, heard, ...rest) {
            super.addEventListener(type, type === "message" ? late(heard) : heard, ...rest)
        }
        set onmessage(heard) { super.onmessage = heard && late(heard) }
    }
}"""


@pytest.fixture
def far_away(browser: Any, server: serving.Server) -> Iterator[Callable[[str], Any]]:
    """`far_away("/")` opens a page whose answers come a third of a second late."""
    visitors: list[serving.Visitor] = []

    def open_page(path: str) -> Any:
        visitor = serving.Visitor(browser, server.url)
        visitors.append(visitor)
        visitor.page.add_init_script(f"({LATE})()")
        visitor.open(path)
        return visitor.page

    yield open_page
    assert [complaint for visitor in visitors for complaint in visitor.close()] == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/", "text"),
        ("/compare?compare=sentences", "second"),
        ("/first_steps?lesson=context", "context_first"),
    ],
)
def test_no_letter_is_lost(far_away: Callable[[str], Any], path: str, field: str) -> None:
    page = far_away(path)
    typed = page.locator(f".st-key-{field} input")
    typed.fill("")
    page.keyboard.type("it was not good", delay=240)
    stand(page)
    assert typed.input_value() == "it was not good"
    wait_for_query(page, **{field.rpartition("_")[-1]: "it was not good"})


def test_each_press_of_a_plus_counts(far_away: Callable[[str], Any]) -> None:
    page = far_away("/inside?unit=3")
    field = page.locator(".st-key-unit")
    for _ in range(4):
        field.get_by_test_id("stNumberInputStepUp").click()
        page.wait_for_timeout(240)
    wait_for_query(page, unit="7")
    assert field.locator("input").input_value() == "7"


def test_who_walks_on_is_not_called_back(far_away: Callable[[str], Any]) -> None:
    page = far_away("/?text=the time traveller&step=12")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(700)  # the server has been told of step 11, and its answer is on the way
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    wait_for_query(page, step="9")
    stand(page)
    assert page.locator(".rv-player .rv-step").inner_text() == "9"
