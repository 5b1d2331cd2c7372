"""Attention in a real Chromium. `visit` fails a test whose page logged an error or called elsewhere."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

import rnnviz
from tests.browser.test_watch import COUNT_MESSAGES, field
from tests.browser.waiting import reload, wait_for_query

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
DATE = "den 3. Mai 1999"


def opened(visit: Visit, path: str = "/attention", **options: Any) -> Any:
    page = visit(path, **options)
    page.locator(".rv-attending[data-version]").wait_for()
    return page


def test_a_date_is_typed_and_its_answer_is_judged(visit: Visit) -> None:
    page = opened(visit)
    field(page).fill(DATE)
    page.get_by_text("It writes “1999-05-03”, which is right.").wait_for()
    wait_for_query(page, text=DATE)
    field(page).fill("03/05/1999")
    page.get_by_text("would be, too").wait_for()  # it can mean two days


def test_play_asks_nothing_of_the_server(visit: Visit) -> None:
    page = opened(visit, "/attention?step=0")
    page.evaluate(COUNT_MESSAGES)
    page.locator(".rv-attending .rv-play").click()
    page.wait_for_function("window.rnnviz.step > 4")
    assert page.evaluate("window.told") == 0


def test_a_row_is_forced_the_link_keeps_it_and_it_is_let_go(visit: Visit) -> None:
    page = opened(visit, "/attention?row=3&column=0&text=" + quote(DATE))
    page.locator(".st-key-force button").first.click()
    wait_for_query(page, forced="attn.weights@3=0")
    trace = rnnviz.trace(rnnviz.load("dates-gru"), DATE)
    page.get_by_text("before its look was forced").or_(page.get_by_text("“1999-05-03”")).first.wait_for()
    reload(page)
    page.locator(".st-key-unforce_0 button").first.wait_for()
    page.locator(".st-key-unforce_0 button").first.click()
    page.get_by_text(f"It writes “{trace.meta['answer']}”, which is right.").wait_for()


def test_words_are_put_into_its_mouth(visit: Visit) -> None:
    page = opened(visit, "/attention?text=" + quote(DATE))
    begin = page.locator(".st-key-begin input")
    begin.fill("2001-")
    begin.press("Enter")
    answer = rnnviz.trace(rnnviz.load("dates-gru"), DATE, begin="2001-").meta["answer"]
    page.get_by_text(f"It writes “{answer}”").wait_for()


def test_the_heads_of_a_transformer_are_chosen_by_a_click(visit: Visit) -> None:
    page = opened(visit, "/attention?model=timemachine-transformer&head=1&text=" + quote("the time"))
    page.locator(".rv-heads[data-version]").wait_for()
    page.locator(".rv-weight[data-version]").wait_for()


def names(page: Any) -> list[str]:
    found: list[str] = page.locator(".rv-alongside .rv-model-name").all_inner_texts()
    return found


def test_models_of_the_task_stand_side_by_side_and_the_link_keeps_them(visit: Visit) -> None:
    page = opened(visit, "/attention?model=sentiment-attention")
    page.locator(".rv-alongside[data-version]").wait_for()
    usual = names(page)
    assert usual[0] == "GRU without attention"  # it cannot be chosen above, but here it is
    page.locator(".st-key-beside button", has_text="LSTM without attention").click()
    page.locator(".rv-model-name", has_text="LSTM").wait_for()
    now = names(page)
    assert len(now) == len(usual) + 1
    reload(page)
    page.locator(".rv-model-name", has_text="LSTM").wait_for()
    assert names(page) == now


def test_a_point_of_the_exam_brings_its_example_and_others_can_be_asked(visit: Visit) -> None:
    page = opened(visit, "/attention?model=sentiment-attention&beside=sentiment-attention")
    points = page.locator(".st-key-exam_chart .mark-symbol path")
    points.first.wait_for()
    before = field(page).input_value()
    points.nth(2).click()
    page.wait_for_function(
        "before => document.querySelector('.st-key-text input').value !== before", arg=before
    )
    page.locator(".rv-alongside .rv-verdict", has_text=re.compile("right|wrong")).wait_for()
    wait_for_query(page, text=field(page).input_value())
    page.locator(".st-key-other_exam button").first.click()
    wait_for_query(page, exam="1")


def test_a_key_changes_the_panel_and_leaves_the_chart_where_it_is(visit: Visit) -> None:
    page = opened(visit, "/attention?model=sentiment-attention")
    page.locator(".st-key-exam_chart .mark-symbol path").first.wait_for()
    page.evaluate("window.chart = document.querySelector('.st-key-exam_chart svg.marks')")
    field(page).fill("Not bad at all!")
    page.locator(".rv-alongside").get_by_text("positive").first.wait_for()
    page.get_by_text("yours").first.wait_for()
    assert page.evaluate("window.chart.isConnected")


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1400, False)])
def test_nothing_sticks_out_sideways(visit: Visit, width: int, dark: bool) -> None:
    page = opened(visit, width=width, dark=dark)
    wide = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
            .map(element => element.scrollWidth - element.clientWidth)"""
    )
    assert max(wide) <= 0
