"""Memory in a real Chromium. `visit` fails a test whose page logged an error or called elsewhere."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest

import rnnviz
from rnnviz.views.tokens import number

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
TEXT = "the time traveller"
PAIRS = ".st-key-pairs .rv-pairs[data-version]"


def opened(visit: Visit, query: str = "", **options: Any) -> Any:
    page = visit(f"/memory?text={quote(TEXT)}{query}", **options)
    page.locator(PAIRS).wait_for()
    return page


def letter(page: Any, step: int) -> Any:
    return page.locator(f"{PAIRS} .rv-text > span").nth(step)


def test_a_letter_that_is_pointed_at_shows_what_moved_the_guess_of_it(visit: Visit) -> None:
    page = opened(visit)
    moved = rnnviz.connectivity(rnnviz.load("timemachine-lstm"), TEXT)[12]
    letter(page, 12).hover()
    best = int(moved.argmax())
    told = page.locator("body > .rv-tip").inner_text()
    assert "The guess at step 12 'v' was moved by" in told.replace("\n", " ")
    assert f"step {best}: " in told
    size = number(float(moved[best]))
    page.wait_for_function(
        "([place, size]) => document.querySelector(place).textContent.includes(`= ${size}`)",
        arg=[f"{PAIRS} .rv-said", size],
    )
    colours = [letter(page, t).evaluate("e => e.style.backgroundColor") for t in range(len(TEXT))]
    assert all(colours[:12])
    assert not any(colours[12:])
    shades = [sum(int(part) for part in re.findall(r"\d+", colour)) for colour in colours[:12]]
    assert int(np.argmin(shades)) == best  # by day more is darker


def test_a_click_on_a_pair_is_kept_in_the_link_and_comes_back(visit: Visit) -> None:
    page = opened(visit, "&moved=states")
    cells = page.locator(f"{PAIRS} .rv-cells")
    box = cells.bounding_box()
    steps = len(TEXT)
    cells.click(position={"x": box["width"] * 5.5 / steps, "y": box["height"] * 14.5 / steps})
    page.wait_for_function("location.search.includes('loss=14') && location.search.includes('step=5')")
    value = rnnviz.loss_to_states(rnnviz.load("timemachine-lstm"), TEXT).state("l0")[14, 5]
    page.mouse.move(0, 0)
    told = page.locator(f"{PAIRS} .rv-said")
    assert f"= {number(float(value))}," in told.inner_text()
    other = opened(visit, "&" + urlsplit(page.url).query)
    assert other.locator(f"{PAIRS} .rv-said").inner_text() == told.inner_text()


def test_a_click_on_a_half_life_marks_its_unit_in_the_gate(visit: Visit) -> None:
    page = opened(visit)
    lives = page.locator(".st-key-keeping canvas").first
    lives.scroll_into_view_if_needed()
    box = lives.bounding_box()
    lives.click(position={"x": 46, "y": box["height"] / 2})
    trace = rnnviz.trace(rnnviz.load("timemachine-lstm"), TEXT)
    longest = int(np.log2(trace["l0.f"].values.astype(float)).mean(0).argmax())
    page.wait_for_function("location.search.includes('unit=')")
    assert int(parse_qs(urlsplit(page.url).query)["unit"][0]) == longest
    page.wait_for_function(
        "unit => document.querySelector('.st-key-heatmap .rv-row').dataset.row == unit", arg=str(longest)
    )


def test_a_drawer_is_opened_kept_in_the_link_and_draws(visit: Visit) -> None:
    page = opened(visit)
    page.get_by_text("Itemised: from which losses").click()
    page.locator(".st-key-items .rv-items[data-version] canvas").wait_for()
    page.wait_for_function("location.search.includes('open=items')")
    again = opened(visit, "&open=states")
    again.locator(".st-key-jacobian .js-plotly-plot .main-svg").first.wait_for()


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1400, False)])
def test_nothing_sticks_out_sideways(visit: Visit, width: int, dark: bool) -> None:
    page = opened(visit, "&open=items,weights", width=width, dark=dark)
    page.locator(".st-key-items .rv-items[data-version]").wait_for()
    wide = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
            .map(element => element.scrollWidth - element.clientWidth)"""
    )
    assert max(wide) <= 0
