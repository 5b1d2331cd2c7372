"""Inside a step in a real Chromium. `visit` fails a test whose page logged an error or called elsewhere."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import rnnviz
from tests.browser.test_watch import COUNT_MESSAGES, field, wait_for_field
from tests.browser.waiting import reload, wait_for_query

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
PANELS = (".rv-unrolled", ".rv-circuit", ".rv-products")
LAST = ".rv-products[data-version]"  # of the panels of the page it is drawn last


def opened(visit: Visit, path: str = "/inside", **options: Any) -> Any:
    page = visit(path, **options)
    page.locator(LAST).wait_for()
    return page


def query(page: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_the_pictures_follow_each_key_and_the_numbers_are_the_librarys(visit: Visit) -> None:
    page = opened(visit, "/inside?model=timemachine-gru&unit=7&gate=z")
    field(page).fill("never before")
    wait_for_query(page, text="never before")
    trace = rnnviz.trace(rnnviz.load("timemachine-gru"), "never before")
    value = float(trace["l0.z"].values[-1, 7])
    page.wait_for_function(
        "text => document.querySelector('.rv-products').innerText.includes(text)", arg="'e'"
    )
    assert f"{value:.3g}" in page.locator(".rv-products").inner_text()


def test_play_and_keys_ask_nothing_of_the_server(visit: Visit) -> None:
    page = opened(visit)
    page.evaluate(COUNT_MESSAGES)
    page.locator(".rv-unrolled .rv-play").click()
    page.wait_for_function("window.rnnviz.step > 6")
    assert page.evaluate("window.told") == 0
    page.locator(".rv-unrolled .rv-play").click()
    before = page.locator(".rv-circuit").inner_text()
    page.keyboard.press("Home")
    page.wait_for_function("window.rnnviz.step === 0")
    assert page.locator(".rv-circuit").inner_text() != before
    wait_for_query(page, step="0")


def test_a_term_is_followed_to_the_unit_that_it_comes_from(visit: Visit) -> None:
    page = opened(visit, "/inside?step=9&gate=f")
    page.locator(".rv-products .rv-term.rv-follows").first.click()
    wait_for_query(page, gate="h", step="8")
    unit = int(query(page)["unit"])
    trace = rnnviz.trace(rnnviz.load("timemachine-lstm"), page.locator(".st-key-text input").input_value())
    row = page.locator(".rv-products .rv-total")
    row.get_by_text(f"{trace['l0.h'].values[8, unit]:.3g}".replace("-", "−"), exact=True).wait_for()
    page.locator(".rv-products .rv-trail button").first.click()  # and back
    wait_for_query(page, gate="f", step="9")


def test_the_network_folds_and_opens(visit: Visit) -> None:
    page = opened(visit)
    page.get_by_role("button", name="fold", exact=True).click()
    page.get_by_text("folded: one cell with its loop").wait_for()
    page.get_by_role("button", name="unroll", exact=True).click()
    page.get_by_text("unrolled in time").wait_for()


def test_a_reload_brings_the_same_place_back(visit: Visit) -> None:
    page = opened(visit, "/inside?text=once+upon&unit=12&step=3&gate=o")
    reload(page)
    wait_for_field(page, "once upon")
    page.locator(LAST).wait_for()
    assert query(page) == {"text": "once upon", "unit": "12", "step": "3", "gate": "o"}
    assert "o12" in page.locator(".rv-products").inner_text().replace("\n", "")


def test_watch_leads_here_with_all_that_was_chosen(visit: Visit) -> None:
    page = visit("/?text=over+there&unit=5&step=4")
    page.get_by_text("Open unit 5 at this step").click()
    page.locator(LAST).wait_for()
    wait_for_query(page, text="over there", unit="5", step="4")


@pytest.mark.parametrize(("width", "dark"), [(390, False), (900, True), (1400, False)])
def test_nothing_sticks_out_sideways(visit: Visit, width: int, dark: bool) -> None:
    page = opened(visit, width=width, dark=dark)
    for panel in PANELS:
        box = page.locator(panel).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
