"""Compare in a real Chromium. `visit` fails a test whose page logged an error or called elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.browser.waiting import reload

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
HEATMAPS = ".st-key-heatmap_0 .rv[data-version] canvas, .st-key-heatmap_1 .rv[data-version] canvas"
PAIR = "/compare?compare=sentences&model=sentiment-gru&text={}&second={}".format(
    quote("it is good"), quote("it is not good")
)
# Where the chosen column, or the one under the pointer, stands in each panel: its left edge on the page.
EDGES = """(name) => ["ribbon", "heatmap", "lines"]
    .flatMap(panel => [...document.querySelectorAll(`.rv-${panel} .${name}`)])
    .filter(element => element.style.display === "block")
    .map(element => Math.round(element.getBoundingClientRect().left))"""


def opened(visit: Visit, path: str = "/compare", **options: Any) -> Any:
    page = visit(path, **options)
    page.locator(HEATMAPS).nth(1).wait_for()
    page.locator(".st-key-address").wait_for(state="attached")
    return page


def query(page: Any, name: str) -> str:
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def test_a_click_or_a_key_moves_all_panels_and_comes_back_after_a_reload(visit: Visit) -> None:
    page = opened(visit, "/compare?text=" + quote("the time traveller"))
    page.locator(".st-key-more .rv[data-version]").wait_for()
    cells = page.locator(".st-key-heatmap_1 canvas")
    cells.click(position={"x": cells.bounding_box()["width"] * 0.4, "y": 50})
    page.wait_for_function("location.search.includes('marked')")
    step = int(query(page, "step"))
    edges = page.evaluate(EDGES, "rv-cursor")
    assert len(edges) == 9  # three ribbons, three heatmaps, three charts
    assert len(set(edges)) == 1
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"new URLSearchParams(location.search).get('step') === '{step + 1}'")
    moved = page.evaluate(EDGES, "rv-cursor")
    assert len(set(moved)) == 1
    assert moved[0] > edges[0]
    assert query(page, "marked").startswith("timemachine-gru:")
    reload(page)
    page.locator(".st-key-more .rv[data-version]").wait_for()
    assert page.locator(".rv-rivals .rv-step").inner_text() == str(step + 1)
    assert page.evaluate(EDGES, "rv-cursor") == moved


def test_the_column_under_the_pointer_is_shaded_everywhere(visit: Visit) -> None:
    page = opened(visit)
    page.locator(".st-key-more .rv[data-version]").wait_for()
    page.locator(".st-key-ribbon_0 .rv-read .rv-letters span").nth(5).hover()
    edges = page.evaluate(EDGES, "rv-hover")
    assert len(edges) == 9
    assert len(set(edges)) == 1
    page.mouse.move(3, 3)
    assert page.evaluate(EDGES, "rv-hover") == []


def test_two_sentences_share_their_columns(visit: Visit) -> None:
    page = opened(visit, PAIR)
    page.locator(".st-key-distance .rv[data-version]").wait_for()
    rows = page.locator(".st-key-distance .rv-letters")
    assert rows.nth(0).inner_text().replace("\n", "") == "it·is·good"
    assert rows.nth(1).inner_text().replace("\n", "") == "it·is·not·good"
    assert page.locator(".st-key-distance .rv-gap").count() == 4
    page.locator(".st-key-heatmap_0 .rv-letters span").nth(11).hover()
    page.locator(".st-key-heatmap_0 .rv-letters span").nth(11).click()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".rv-rivals .rv-step").inner_text() == "10"
    box = page.locator(".st-key-heatmap_0 canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 10.5 / 14, box["y"] + 30)
    assert "at step 10 'g' (its own step 6) = " in page.locator(".rv-tip").inner_text()


def test_the_switch_brings_a_pair_and_a_link_brings_it_back(visit: Visit) -> None:
    page = opened(visit)
    page.get_by_text("two sentences on one model").click()
    page.get_by_text("The states part at step").wait_for()
    page.wait_for_function("location.search.includes('second')")
    told = page.get_by_text("The states part at step").inner_text()
    other = opened(visit, urlsplit(page.url).path + "?" + urlsplit(page.url).query)
    assert other.get_by_text("The states part at step").inner_text() == told


def test_the_page_that_is_taken_away_stands_alone(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, PAIR)
    with page.expect_download() as download:
        page.get_by_role("button", name="page (.html)").click()
    file = tmp_path / "compare.html"
    download.value.save_as(file)
    alone = page.context.new_page()
    failures: list[str] = []
    alone.on("pageerror", lambda error: failures.append(str(error)))
    alone.goto(file.as_uri())
    alone.locator(".rv-lines[data-version]").first.wait_for()
    assert alone.locator(".rv-heatmap[data-version]").count() == 3
    assert failures == []


@pytest.mark.parametrize("path", ["/compare", PAIR])
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1400, False)])
def test_nothing_sticks_out_sideways(visit: Visit, path: str, width: int, dark: bool) -> None:
    page = opened(visit, path, width=width, dark=dark)
    wide = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
            .map(element => element.scrollWidth - element.clientWidth)"""
    )
    assert max(wide) <= 0
