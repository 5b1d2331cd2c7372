"""Where a network looks, its heads and one weight opened, in a real Chromium."""

import numpy as np
import pytest

from rnnviz.traces import Trace
from rnnviz.views import panels
from rnnviz.views.document import document
from rnnviz.views.tokens import number
from tests.browser.test_products import go
from tests.views.looking import attention, pooling, quantities, rewriting, transformer, translation

pytestmark = pytest.mark.browser

VECTOR = np.random.default_rng(9).normal(size=6)


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(*panels, width=1300)`: a page with these panels, in which nothing may go wrong."""
    errors, contexts = [], []

    def open_page(*views, width=1300, **options):
        file = tmp_path / "page.html"
        file.write_text(document(views), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 1100}, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(f".rv-{views[-1].name}[data-version]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def told(page):
    """What the panels tell the server, from now on."""
    page.evaluate(
        """window.told = []; for (const {host} of panels) for (const name of ["cell", "head", "step"])
        host.addEventListener(`panel:${name}`, ({detail}) => told.push([name, detail]));"""
    )
    return lambda: page.evaluate("told")


def tip(page):
    return page.locator("body > .rv-tip").inner_text()


def letters(page, name):
    return page.locator(f".rv-attending .rv-{name} > span").all_inner_texts()


def cell_at(page, row, column):
    """Where a cell of the matrix is on the page, of those in sight."""
    box = page.locator(".rv-attending .rv-cells").bounding_box()
    wide = page.locator(".rv-attending .rv-bottom > span").first.bounding_box()["width"]
    labels = page.locator(".rv-attending .rv-labels > div")
    high = labels.nth(1).bounding_box()["y"] - labels.nth(0).bounding_box()["y"]
    return box["x"] + (column + 0.5) * wide, box["y"] + (row + 0.5) * high


def test_a_word_tells_what_it_looks_at_and_what_looks_at_it(opened):
    trace = translation("6 Nov", "11-06")
    weights = trace["attn.weights"].values
    page = opened(panels.attending(trace))
    page.locator(".rv-top > span").nth(2).hover()
    best = int(weights[2].argmax())
    told = f"'{'6·Nov'[best]}' at place {best} with {number(float(weights[2, best]))}"
    assert tip(page).startswith(f"Writing '-' at step 2 it looks at {told}")
    page.locator(".rv-bottom > span").nth(3).hover()
    first = int(weights[:, 3].argmax())
    assert tip(page).startswith("'o' at place 3 is looked at when ")
    assert number(float(weights[first, 3])) in tip(page)
    page.mouse.move(*cell_at(page, 1, 4))
    assert (
        tip(page) == f"Writing '1' at step 1 it looks at 'v' at place 4 with {number(float(weights[1, 4]))}."
    )


def test_rows_appear_as_they_are_written_and_a_click_takes_none_away(opened):
    page = opened(
        panels.attending(translation("6 Nov", "11-06"), target="11-07"),
        panels.weight(translation("6 Nov", "11-06")),
    )
    assert letters(page, "top") == ["1", "1", "-", "0", "6", "end"]
    assert page.locator(".rv-verdict").inner_text() == "✗ wrong: right is 11-07"
    assert page.locator(".rv-top .rv-wrong").all_inner_texts() == ["6"]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert letters(page, "top") == ["1", "1", "", "", "", ""]
    assert page.locator(".rv-sofar").inner_text() == "11"
    assert page.locator(".rv-verdict").inner_text() == ""
    page.keyboard.press("End")
    server = told(page)
    page.mouse.click(*cell_at(page, 1, 3))
    assert letters(page, "top") == ["1", "1", "-", "0", "6", "end"]
    assert ["cell", {"row": 1, "column": 3, "head": None, "layer": None}] in server()
    assert page.evaluate("rnnviz.step") == 1
    assert (
        page.locator(".rv-weight .rv-title")
        .inner_text()
        .startswith("Writing '1' at step 1 it looks at 'o' at place 3")
    )


def test_what_was_written_before_appears_as_it_is_looked_back_at(opened):
    trace = rewriting("6 Nov", "11-06")
    weights = trace["dec.l0.attn.weights"].values[1]
    name = "dec.l0.attn.weights"
    page = opened(panels.attending(trace, name, head=1), panels.weight(trace, name, head=1))
    assert letters(page, "bottom") == ["start", "1", "1", "-", "0", "6"]
    page.mouse.move(*cell_at(page, 3, 2))
    assert (
        tip(page)
        == f"Writing '0' at step 3 it looks back at '1' at step 1 with {number(float(weights[3, 2]))}."
    )
    page.mouse.move(*cell_at(page, 1, 0))
    assert (
        tip(page) == f"Writing '1' at step 1 it looks back at the start with {number(float(weights[1, 0]))}."
    )
    page.mouse.move(*cell_at(page, 1, 4))
    assert tip(page) == "Writing '1' at step 1 it may not look at '0' at step 3: the mask shuts it."
    page.locator(".rv-top > span").nth(4).hover()  # 4 of 5 are told, and none of those to come is counted
    assert tip(page).endswith("is left for the other 1.")
    page.locator(".rv-bottom > span").first.hover()
    assert tip(page).startswith("The start is looked at when writing '1' at step 0 with 1")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert letters(page, "top") == ["1", "1", "", "", "", ""]
    assert letters(page, "bottom") == ["start", "1", "", "", "", ""]
    page.mouse.click(*cell_at(page, 1, 0))
    assert "it looks back at the start: " in page.locator(".rv-weight .rv-title").inner_text()


@pytest.mark.parametrize("width", [390, 1300])
def test_the_start_and_the_end_are_read_whole(opened, width):
    page = opened(panels.attending(rewriting("6 Nov", "2025-11-06 " * 2), "dec.l0.attn.weights"), width=width)
    for row, word in (("bottom", "start"), ("top", "end")):
        place = page.locator(f".rv-{row} > span.rv-end")
        assert place.inner_text() == word
        wide, room, high, space = place.evaluate(
            "span => [span.scrollWidth, span.clientWidth, span.scrollHeight, span.clientHeight]"
        )
        assert wide <= room + 1
        assert high <= space


def test_an_encoder_is_walked_through_by_what_it_reads(opened):
    trace = rewriting("6 Nov", "2025-11-06")
    name = "enc.l1.attn.weights"
    page = opened(
        panels.attending(trace, name, head=0),
        panels.heads(trace, layer="enc.l1", head=0),
        panels.weight(trace, name, head=0),
    )
    assert letters(page, "top") == letters(page, "bottom") == [*"6·Nov"]
    assert not page.locator(".rv-sofar").is_visible()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("rnnviz.step") == 1
    assert page.locator(".rv-weight .rv-title").inner_text().startswith("'·' at step 1 looks at '")


def test_the_heads_of_an_encoder_and_a_decoder_stand_in_line(opened):
    page = opened(panels.heads(rewriting(layers=2, heads=4)))
    assert page.locator(".rv-layer-name").all_inner_texts() == [
        "encoder 1", "encoder 2", "decoder 1", "decoder 2", "cross 1", "cross 2",
    ]  # fmt: skip
    tops = [layer.bounding_box()["y"] for layer in page.locator(".rv-layer").all()]
    assert tops[0] == tops[1] < tops[2] == tops[3] < tops[4] == tops[5]
    places = [
        button.bounding_box()["x"]
        for button in page.locator(".rv-heads .rv-layer:nth-child(odd) .rv-pick").all()
    ]
    assert places[:5] == places[5:10] == places[10:]  # a matrix that is not square too
    server = told(page)
    page.locator(".rv-layer").nth(3).locator("button").nth(2).click()
    assert server() == [["head", {"layer": "dec.l1", "head": 2}]]


def test_keys_go_from_cell_to_cell(opened):
    page = opened(panels.attending(translation("6 Nov", "11-06"), cell=(2, 2)))
    page.locator(".rv-cells").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("rnnviz.cell") == {"row": 1, "column": 3}
    assert tip(page).startswith("Writing '1' at step 1 it looks at 'o' at place 3 with ")


@pytest.mark.parametrize("form", ["dot", "scaled_dot", "additive"])
def test_every_number_of_a_weight_is_the_traces(opened, form):
    trace = translation("6 Nov", "11-06", form=form, vector=VECTOR)
    page = opened(panels.attending(trace), panels.weight(trace, vector=VECTOR, shown=20))
    q, k, v, scores, weights, context = (
        trace[f"attn.{part}"].values.astype(float) for part in ("q", "k", "v", "scores", "weights", "context")
    )
    for row, column in ((0, 1), (5, 4)):
        page.mouse.click(*cell_at(page, row, column))
        blocks = page.locator(".rv-weight .rv-block")
        shown = [blocks.nth(n).locator(".rv-terms .rv-value").all_inner_texts() for n in range(3)]
        products = VECTOR * np.tanh(q[row] + k[column]) if form == "additive" else q[row] * k[column]
        assert shown[0] == [number(value) for value in sorted(products, key=abs, reverse=True)]
        exps = np.exp(scores[row] - scores[row].max())
        assert shown[1] == [number(value) for value in sorted(exps, reverse=True)]
        unit = int(np.abs(weights[row, column] * v[column]).argmax())
        assert shown[2] == [
            number(value) for value in sorted(weights[row] * v[:, unit], key=abs, reverse=True)
        ]
        results = page.locator(".rv-weight .rv-result b").all_inner_texts()
        assert results == [
            number(scores[row, column]),
            number(weights[row, column]),
            number(context[row, unit]),
        ]


def test_what_the_mask_shuts_weighs_nothing(opened):
    trace = transformer("time", layers=1)
    page = opened(
        panels.attending(trace, "l0.attn.weights", head=1), panels.weight(trace, "l0.attn.weights", head=1)
    )
    page.mouse.move(*cell_at(page, 1, 3))
    assert tip(page) == "'i' at step 1 may not look at 'e' at step 3: the mask shuts it."
    page.mouse.click(*cell_at(page, 1, 3))
    assert (
        page.locator(".rv-weight .rv-title").inner_text() == "'i' at step 1 may not look at 'e' at step 3: 0"
    )
    assert "the mask shuts it: −∞" in page.locator(".rv-weight .rv-result").first.inner_text()
    assert page.locator(".rv-weight .rv-result b").nth(1).inner_text() == "0"


def test_a_unit_of_the_context_is_chosen_and_stays(opened):
    trace = translation("6 Nov", "11-06")
    page = opened(panels.weight(trace, unit=2))
    result = page.locator(".rv-weight .rv-result").nth(2)
    assert result.inner_text().startswith("context, unit 2")
    strip = page.locator(".rv-weight .rv-strip canvas").nth(5)
    box = strip.bounding_box()
    strip.click(position={"x": box["width"] * 4.5 / 6, "y": 5})
    assert result.inner_text().startswith("context, unit 4")
    go(page, 1)
    assert result.inner_text().startswith(
        f"context, unit 4 {number(float(trace['attn.context'].values[1, 4]))}"
    )


def test_a_step_of_another_panel_opens_its_row(opened):
    trace = transformer("traveller", layers=1)
    weights = trace["l0.attn.weights"].values[0]
    page = opened(panels.weight(trace, "l0.attn.weights", head=0))
    go(page, 4)
    best = int(weights[4].argmax())
    assert page.locator(".rv-weight .rv-title").inner_text() == (
        f"'e' at step 4 looks at '{'traveller'[best]}' at step {best}: {number(float(weights[4, best]))}"
    )


def test_an_answer_looks_at_what_it_weighs_most(opened):
    trace = pooling("not bad")
    weights = trace["attn.weights"].values
    best = int(weights.argmax())
    page = opened(panels.attending(trace), panels.weight(trace))
    assert (
        page.locator(".rv-weight .rv-title")
        .inner_text()
        .startswith(f"The answer looks at '{'not·bad'[best]}' at step {best}")
    )
    page.locator(".rv-bottom > span").nth(2).click()
    assert page.evaluate("rnnviz.step") == 2
    assert page.locator(".rv-play").is_hidden()


def test_a_head_is_chosen(opened):
    page = opened(panels.heads(transformer("time")))
    server = told(page)
    page.locator(".rv-heads .rv-pick").nth(6).click()
    assert server() == [["head", {"layer": "l1", "head": 2}]]
    assert page.locator(".rv-heads [aria-pressed=true]").all_inner_texts()[0].startswith("head 3")


def test_a_cell_that_the_server_names_is_taken_over_but_not_its_echo(opened):
    trace = translation("6 Nov", "11-06")
    page = opened(panels.attending(trace, cell=(1, 0)), panels.weight(trace))
    send = "(data) => { panels[0].data = data; panels[0].render(); }"
    page.mouse.click(*cell_at(page, 1, 3))
    page.mouse.click(*cell_at(page, 1, 2))
    assert (
        page.locator(".rv-weight .rv-title").inner_text().startswith("Writing '1' at step 1 it looks at 'N'")
    )
    page.evaluate(
        send, panels.attending(trace, cell=(1, 3), step=1).payload()
    )  # an answer to the first click
    assert page.evaluate("rnnviz.cell") == {"row": 1, "column": 2}
    page.evaluate(send, panels.attending(trace, cell=(4, 0)).payload())
    assert page.evaluate("[rnnviz.cell, rnnviz.step]") == [{"row": 4, "column": 0}, 4]


@pytest.mark.parametrize("width", [390, 900, 1300])
def test_a_long_sentence_shows_a_window_that_follows(opened, width):
    trace = transformer("time traveller " * 14, layers=1, heads=2)
    page = opened(panels.heads(trace), panels.attending(trace, "l0.attn.weights"), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    labels = page.locator(".rv-labels > div b")
    assert len(labels.all()) < 60
    assert page.locator(".rv-labels > .rv-looked").count() == 1
    go(page, 0)
    assert page.locator(".rv-labels > div").first.get_attribute("class") == "rv-looked"
    whole = page.locator(".rv-whole")
    box = whole.bounding_box()
    whole.click(position={"x": box["width"] - 2, "y": box["height"] - 2})
    assert page.locator(".rv-labels > .rv-looked").count() == 0
    assert letters(page, "bottom")[-3:] == ["e", "r", "·"]


def test_a_row_set_by_hand_is_marked(opened):
    numbers = attention(6, 5)
    numbers["weights"][3] = [0, 0, 1, 0, 0]
    numbers["context"] = numbers["weights"] @ numbers["v"]
    trace = Trace(
        {"source": tuple("6 Nov"), "step": (*"11-06", "<end>")}, quantities(numbers, ("step", "source"))
    )
    forced = {3: [0, 0, 1, 0, 0]}
    page = opened(panels.attending(trace, forced=forced), panels.weight(trace, forced=forced))
    assert page.locator(".rv-mark-forced").count() == 1
    page.mouse.click(*cell_at(page, 3, 2))
    assert "The weights of this row were set by hand" in page.locator(".rv-weight .rv-caption").inner_text()
    assert page.locator(".rv-weight .rv-result b").nth(1).inner_text() == "1"


def test_the_picture_can_be_kept(opened):
    page = opened(panels.attending(translation()), accept_downloads=True)
    with page.expect_download() as kept:
        page.locator(".rv-save").click()
    assert kept.value.suggested_filename == "rnnviz-attention.png"
    assert kept.value.path().stat().st_size > 5000


def test_hostile_tokens_are_text(opened):
    trace = pooling(["<img src=x onerror=alert(1)>", "</script>", "good"])
    page = opened(panels.attending(trace), panels.weight(trace))
    assert letters(page, "bottom")[1:] == ["</script>", "good"]
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [390, 820])
def test_nothing_stands_out_of_a_narrow_page(opened, width):
    trace = translation("Thursday, 6 November 2025", form="additive", vector=VECTOR)
    page = opened(panels.attending(trace, target="x"), panels.weight(trace, vector=VECTOR), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
