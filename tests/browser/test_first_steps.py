"""First steps in a real browser: what the pointer is told, and numbers that are typed."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.views.panels import Line, Matrix, Sum, matrices

pytestmark = pytest.mark.browser
PICTURE = ".st-key-lesson_picture .rv[data-version]"


@pytest.fixture
def picture(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """tanh(X W + b) = H in two lines, as a document that stands alone."""
    X, W = (
        Matrix("X", np.array([[0.2, 0.5]]), "batch", "inputs"),
        Matrix("W", np.array([[1.0, 3], [-1, 2]]), "inputs", "units"),
    )
    b = Matrix("b", np.array([[0.0, -0.1]]), "batch", "units")
    made = Sum(((X, W),), added=(b,), function="tanh")
    H = Matrix("H", made.values(), "batch", "units", made=made)
    S = Matrix("S", made.values(), "batch", "units", column_parts=(("i", 1), ("f", 1)), made=made)
    path = tmp_path / "matrices.html"
    path.write_text(
        matrices([Line(["tanh(", X, "×", W, "+", b, ")", "=", H]), Line([X, "→", S], "below")]).to_html()
    )
    page = browser.new_page(viewport={"width": 900, "height": 600})
    page.goto(path.as_uri())
    yield page
    page.close()


def canvas(page: Any, name: str) -> Any:
    return page.get_by_role("img", name=re.compile(f"^{name}, "))


def framed(page: Any) -> list[tuple[str, str]]:
    """The matrices with frames on them, in the order of the page, and what kind of frames."""
    told = (
        "all => all.map(i => [i.parentElement.firstChild.ariaLabel.split(',')[0], i.className.split(' ')[1]])"
    )
    return [tuple(each) for each in page.locator(".rv-frame").evaluate_all(told)]


def test_a_cell_says_its_sum_and_lights_what_it_is_made_of(picture: Any) -> None:
    canvas(picture, "H").hover(position={"x": 5, "y": 10})
    assert picture.locator(".rv-tip > div").all_text_contents() == [
        "H, batch 0, unit 0 = −0.291",
        "tanh(0.2·1 + 0.5·(−1) + 0) = tanh(−0.3) = −0.291",
    ]
    assert framed(picture) == [("X", "rv-part"), ("W", "rv-part"), ("b", "rv-part"), ("H", "rv-this")]
    canvas(picture, "S").hover(position={"x": 5, "y": 10})
    assert [name for name, _ in framed(picture)] == ["W", "b", "X", "S"], "the X of its own line"
    assert picture.locator(".rv-tip > div").first.text_content() == "S, batch 0, i 0 = −0.291"
    canvas(picture, "W").hover(position={"x": 5, "y": 10})
    assert picture.locator(".rv-tip").text_content() == "W, input 0, unit 0 = 1"
    picture.mouse.move(5, 590)
    assert not picture.locator(".rv-tip").is_visible()
    assert framed(picture) == []


def test_arrow_keys_walk_from_cell_to_cell(picture: Any) -> None:
    canvas(picture, "H").focus()
    picture.keyboard.press("ArrowRight")
    assert "H, batch 0, unit 1 = " in picture.locator(".rv-tip").text_content()
    picture.keyboard.press("Tab")
    assert not picture.locator(".rv-tip").is_visible()


def test_the_sums_follow_what_is_typed(visit: Callable[..., Any]) -> None:
    page = visit("/first_steps", width=390)
    page.locator(PICTURE).wait_for()
    field = page.get_by_label("x: each token as a number")
    field.fill("1 2 3 4")
    page.get_by_role("img", name=re.compile("^o₄, .*: 22$")).wait_for()
    page.wait_for_url("**x=1+2+3+4")
    field.fill("1 2 three")
    page.get_by_text("'three' is no number").wait_for()
    assert canvas(page, "o₄").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_typed_weight_changes_the_cell_and_is_in_the_link(visit: Callable[..., Any]) -> None:
    page = visit("/first_steps?lesson=own-cell&preset=counter")
    before = page.locator(PICTURE)
    before.wait_for()
    version = before.get_attribute("data-version")
    grid = page.get_by_test_id("stDataFrame").first
    grid.click(position={"x": 150, "y": 52})  # the first weight
    page.keyboard.press("Enter")  # opens the cell, which would drop keys that come while it opens
    page.locator("#portal input").fill("-40")
    page.keyboard.press("Enter")
    page.wait_for_url("**w=-40*")
    page.wait_for_function(
        "v => document.querySelector('.st-key-lesson_picture .rv').dataset.version !== v", arg=version
    )
    link = page.url
    page.goto(link)
    page.locator(PICTURE).wait_for()
    page.wait_for_url("**w=-40*")
    page.get_by_role("button", name="back to the preset").click()
    page.wait_for_url("**preset=counter")
