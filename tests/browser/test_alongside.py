"""Models of one task side by side in a real Chromium: a letter under the pointer is found again in all."""

import json

import pytest

from rnnviz.traces import Trace
from rnnviz.views.panels import Beside, alongside
from rnnviz.views.tokens import number
from tests.browser.test_attending import opened, tip  # noqa: F401 (opened is a fixture)
from tests.views.looking import pooling, transformer, translation

pytestmark = pytest.mark.browser

WHY = "Nothing to look back with: one state of 12 numbers."


def writer(written: str, seed: int, blind: bool = False) -> Trace:
    trace = translation("6 Nov", written, seed=seed)
    kept = {name: q for name, q in trace.quantities.items() if not (blind and name.startswith("attn."))}
    return Trace(trace.labels, kept, {"ended": True, "answer": written})


def three() -> list[Beside]:
    return [
        Beside("GRU without attention", "9 parameters · a", 0, writer("11-6", 1, blind=True), why=WHY),
        Beside("GRU, dot attention", "9 parameters · b", 1, writer("11-06", 2)),
        Beside("additive", "9 parameters · c", 2, writer("12-06", 3)),
    ]


def cell(page, matrix, row, column):
    """Where a cell of one of the matrices is on the page; row or column -1 for a letter beside them."""
    stage = page.locator(".rv-alongside .rv-stage").nth(matrix)
    size, box = json.loads(stage.get_attribute("data-size")), stage.bounding_box()
    x = box["x"] + size["left"] + (column + 0.5) * size["wide"]
    y = box["y"] + size["top"] + (row + 0.5) * size["tall"]
    return x, y


def frames(page, which):
    """The places of the frames around a row or column, matrix by matrix, None where it is hidden."""
    return page.locator(f".rv-alongside .rv-frame-{which}").evaluate_all(
        "marks => marks.map(m => m.style.display === 'block' ? [m.style.left, m.style.top] : null)"
    )


def test_a_letter_that_was_written_is_lit_in_all_and_told_of(opened):  # noqa: F811
    models = three()
    page = opened(alongside(models, ("11-06",)))
    page.locator(".rv-writes").nth(2).locator("span").nth(1).hover()
    lit = page.locator(".rv-writes .rv-lit").all_inner_texts()
    assert lit == ["1", "1", "2"]
    rows = frames(page, "row")
    assert None not in rows
    assert rows[0] == rows[1]
    assert frames(page, "column") == [None, None]
    lines = tip(page).splitlines()
    assert lines[0].startswith("GRU without attention: writing '1' at step 1 it looks at nothing.")
    for line, model, letter in zip(lines[1:], models[1:], "12", strict=True):
        weights = model.trace["attn.weights"].values[1]
        best = int(weights.argmax())
        assert (
            f"{model.name}: Writing '{letter}' at step 1 it looks at '{'6·Nov'[best]}' at place {best}"
            in line
        )
        assert number(float(weights[best])) in line
    page.locator(".rv-title").hover()
    assert page.locator(".rv-writes .rv-lit").count() == 0


def test_a_letter_that_was_read_and_a_cell_are_the_same_in_all(opened):  # noqa: F811
    page = opened(alongside(three(), ("11-06",)))
    page.mouse.move(*cell(page, 0, -1, 3))
    assert None not in frames(page, "column")
    assert frames(page, "row") == [None, None]
    assert all("'o' at place 3 is looked at" in line for line in tip(page).splitlines())
    page.mouse.move(*cell(page, 1, 2, 4))
    assert None not in frames(page, "row") + frames(page, "column")
    weight = three()[1].trace["attn.weights"].values[2, 4]
    assert f"'v' at place 4 with {number(float(weight))}" in tip(page)


def test_wrong_and_missing_letters_are_marked_and_the_blind_one_says_why(opened):  # noqa: F811
    page = opened(alongside(three(), ("11-06",)))
    verdicts = page.locator(".rv-verdict").all_inner_texts()
    assert verdicts == ["✗ 1 of 5 characters missing", "✓ right", "✗ 1 of 5 characters wrong"]
    assert page.locator(".rv-missing").all_inner_texts() == ["0"]
    assert page.locator(".rv-wrong").all_inner_texts() == ["2"]
    assert page.locator(".rv-blind").inner_text().replace("\n", " ") == WHY


def test_arrow_keys_go_from_weight_to_weight(opened):  # noqa: F811
    page = opened(alongside(three(), ()))
    page.locator(".rv-alongside canvas").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "Writing '1' at step 1 it looks at '6' at place 0" in tip(page)
    page.keyboard.press("Escape")
    assert not page.locator("body > .rv-tip").is_visible()


def test_rows_that_mean_something_else_are_not_lit(opened):  # noqa: F811
    def answer(trace):
        return Trace(trace.labels, trace.quantities, {"answer": "good", "chance": 0.9})

    text = tuple("not bad")
    models = [
        Beside("pooling", "", 0, answer(pooling(text))),
        Beside("transformer", "", 1, answer(transformer("not bad", layers=1, causal=False))),
    ]
    page = opened(alongside(models))
    page.mouse.move(*cell(page, 1, 2, 5))
    assert frames(page, "row")[0] is None
    assert None not in frames(page, "column")
    assert "pooling: 'a' at step 5 is looked at by the answer" in tip(page)


@pytest.mark.parametrize("width", [390, 1300])
def test_columns_stack_where_it_is_narrow_and_nothing_sticks_out(opened, width):  # noqa: F811
    page = opened(alongside(three(), ("11-06",)), width=width)
    tops = {round(box["y"]) for box in (m.bounding_box() for m in page.locator(".rv-model").all())}
    assert len(tops) == (3 if width == 390 else 1)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.locator(".rv-model script").count() == 0
