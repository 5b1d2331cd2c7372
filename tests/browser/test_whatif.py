"""What if in a real Chromium. `visit` fails a test whose page logged an error or called elsewhere."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

import rnnviz
from tests.browser.waiting import wait_for_query, wait_for_value

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
HEATMAP = ".st-key-heatmap .rv[data-version] canvas"


def opened(visit: Visit, path: str = "/whatif", **options: Any) -> Any:
    page = visit(path, **options)
    page.locator(HEATMAP).wait_for()
    return page


def edits(page: Any) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("edits", [""])[0].split("\n")


def test_a_lesson_is_clicked_seen_shared_and_taken_back(visit: Visit) -> None:
    page = opened(visit, "/whatif?text=" + quote("the time traveller"))
    page.get_by_text("Nothing follows from it").wait_for()
    page.get_by_role("button", name="forget gate always 1").click()
    page.get_by_text("The states part at step").wait_for()
    page.wait_for_function("location.search.includes('edits')")
    assert edits(page) == ["l0.f=1"]
    told = page.get_by_text("The states part at step").inner_text()
    other = opened(visit, urlsplit(page.url).path + "?" + urlsplit(page.url).query)
    assert other.get_by_text("The states part at step").inner_text() == told
    page.locator(".st-key-undo_0 button").first.click()
    page.get_by_text("Nothing follows from it").wait_for()


def test_a_click_on_a_cell_fills_in_its_place_and_the_change_is_the_librarys(visit: Visit) -> None:
    page = opened(visit, "/whatif?text=" + quote("the time traveller"))
    page.get_by_text("Nothing follows from it").wait_for()
    picture = page.locator(HEATMAP)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.3})
    page.wait_for_function("document.querySelector('.st-key-edit_steps input').value !== '*'")
    unit = page.locator(".st-key-edit_units input").input_value()
    step = int(page.locator(".st-key-edit_steps input").input_value())
    page.locator(".st-key-change button").click()
    page.wait_for_function("location.search.includes('edits')")
    assert edits(page) == [f"l0.h[{unit}]@{step}=0"]
    model, text = rnnviz.load("timemachine-lstm"), "the time traveller"
    changed = rnnviz.edit(model, text, edits(page))["out.surprise"].values
    assert (changed != rnnviz.edit(model, text)["out.surprise"].values)[step + 1 :].any()
    page.get_by_text(f"The states part at step {step} ").wait_for()


def test_a_click_counts_after_the_field_for_the_same_was_seen_and_put_away(visit: Visit) -> None:
    page = opened(visit, "/whatif?text=" + quote("the time traveller"))
    drawer = page.get_by_role("button", name="more", exact=True)
    drawer.click()
    field = page.locator("[class*=st-key-unit_] input")
    before = page.locator(".st-key-edit_units input").input_value()
    wait_for_value(field, before)
    drawer.click()
    field.wait_for(state="detached")
    picture = page.locator(HEATMAP)
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.3})
    wait_for_query(page, step="7")
    unit = parse_qs(urlsplit(page.url).query)["unit"][0]
    assert unit != before
    page.keyboard.press("ArrowRight")
    wait_for_query(page, step="8", unit=unit)
    wait_for_value(page.locator(".st-key-edit_units input"), unit)


def test_what_is_no_edit_is_answered_and_stays_in_its_field(visit: Visit) -> None:
    page = opened(visit)
    field = page.locator(".st-key-edit input")
    field.fill("forget everything")
    field.press("Enter")
    page.get_by_text("is no edit: they look like").wait_for()
    assert field.input_value() == "forget everything"


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1400, False)])
def test_nothing_sticks_out_sideways(visit: Visit, width: int, dark: bool) -> None:
    page = opened(visit, "/whatif?edits=" + quote("l0.f=1"), width=width, dark=dark)
    wide = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
            .map(element => element.scrollWidth - element.clientWidth)"""
    )
    assert max(wide) <= 0
