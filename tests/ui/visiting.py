"""How the tests without a browser come to a page, and what they see there."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

MAIN = Path(__file__).resolve().parents[2] / "rnnviz" / "ui" / "main.py"
EXAMPLE = "The Time Traveller smiled round at us."


def checked(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    return at


def panel(at: AppTest, key: str) -> dict[str, Any]:
    """The data of a panel, as the browser gets them."""
    found = [element.proto for element in at.get("bidi_component") if f"-{key}" in element.proto.id]
    assert len(found) == 1, f"{len(found)} panels have the key {key}"
    return dict(json.loads(found[0].bytes))


def tokens(at: AppTest) -> str:
    """What the heatmap stands over."""
    return "".join(panel(at, "heatmap")["tokens"])


def panel_query(at: AppTest) -> str:
    (address,) = [e.proto for e in at.get("bidi_component") if "-address" in e.proto.id]
    return str(json.loads(address.json or address.mixed.json)["query"])


def field(at: AppTest, key: str) -> Any:
    """The widget that stands on the page for the choice `key`, with or without a number."""
    kinds = (*at.number_input, *at.selectbox, *at.text_input, *at.slider, *at.toggle)
    (found,) = [each for each in kinds if each.key and re.fullmatch(rf"{key}(_\d+)?", each.key)]
    return found


def said(at: AppTest) -> str:
    """All plain words of the page."""
    unescaped = [element.value.replace("\\", "") for element in [*at.caption, *at.markdown]]
    return "\n".join([*unescaped, *(element.value for element in at.text)])


def opener(page: str | None = None) -> Callable[..., AppTest]:
    """`open_page(model="timemachine-gru")` opens a page as a new visitor, with an address like that.

    The page is a path such as "../../pages/memory.py"; without one it is the first page.
    """

    def opened(**address: str) -> AppTest:
        at = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in address.items():
            at.query_params[name] = value
        return checked((at.switch_page(page) if page else at).run())

    return opened
