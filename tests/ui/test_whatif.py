"""What if without a browser: edits are made, listed, taken back, linked, and refused in a sentence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.ui.gallery import reads_text
from tests.packed import unpacked
from tests.ui.visiting import EXAMPLE, checked, opener, panel, said

PAGE = "../../pages/whatif.py"
READERS = [entry.name for entry in rnnviz.catalogue() if reads_text(entry) and not entry.error]


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener(PAGE)


def cells(at: AppTest) -> np.ndarray:
    """The numbers of the heatmap, rows by steps."""
    spec = panel(at, "heatmap")["z"]
    return unpacked(spec)


def press(at: AppTest, key: str) -> AppTest:
    return checked(at.button(key=key).click().run())


def test_before_anything_is_changed_nothing_is_different(open_page: Any) -> None:
    at = open_page()
    assert "Nothing follows from it" in "".join(element.value for element in at.text)
    assert np.abs(cells(at)).max() == 0
    assert panel(at, "ribbon_was")["surprise"] == panel(at, "ribbon_is")["surprise"]


def test_a_change_is_made_listed_linked_and_taken_back(open_page: Any) -> None:
    at = open_page()
    at.selectbox(key="edit_what").set_value("l0.f")
    at.text_input(key="edit_units").set_value("*")
    at.text_input(key="edit_steps").set_value("3:10")
    press(at, "change")
    assert [b.label for b in at.button if "undo_" in (b.key or "")] == ["`l0.f[*]@3:10=0`"]
    model = rnnviz.load("timemachine-lstm")
    moved = (
        rnnviz.edit(model, EXAMPLE, "l0.f[*]@3:10=0")["l0.h"].values
        - rnnviz.edit(model, EXAMPLE)["l0.h"].values
    )
    order = unpacked(panel(at, "heatmap")["rows"])
    np.testing.assert_array_equal(cells(at), moved.T[order])
    again = open_page(edits="l0.f[*]@3:10=0")
    np.testing.assert_array_equal(cells(again), cells(at))
    press(at, "undo_0")
    assert np.abs(cells(at)).max() == 0


def test_several_changes_are_made_and_all_taken_back(open_page: Any) -> None:
    at = open_page(edits="l0.h[5]@2=0\ntext@4=x\nstart=Once")
    assert len([b for b in at.button if (b.key or "").startswith("undo_")]) == 4
    assert panel(at, "ribbon_is")["tokens"][4] == "x"
    assert panel(at, "ribbon_was")["tokens"][4] == EXAMPLE[4]
    press(at, "undo_all")
    assert np.abs(cells(at)).max() == 0


def test_an_edit_can_be_typed_in_one_line(open_page: Any) -> None:
    at = open_page()
    checked(at.text_input(key="edit").set_value("l0.c[3]@5:=hold").run())
    assert at.session_state["edits"] == ["l0.c[3]@5:=hold"]
    assert at.text_input(key="edit").value == ""


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("nonsense", "is no edit: they look like"),
        ("l0.r=0", "'l0.r' cannot be changed here; these can: l0.i"),
        ("l0.h[256]=0", "there are 256 units, 0 to 255"),
        ("l0.h@999=0", "there are 38 steps, 0 to 37"),
        ("text@3=![](http://x.example/y)", "a character is exchanged for one character"),
    ],
)
def test_what_cannot_be_is_answered_and_nothing_is_lost(open_page: Any, typed: str, words: str) -> None:
    at = open_page(edits="l0.h[5]@2=0")
    checked(at.text_input(key="edit").set_value(typed).run())
    assert words in said(at)
    assert at.session_state["edits"] == ["l0.h[5]@2=0"]
    assert at.text_input(key="edit").value == typed


def test_a_link_with_an_edit_that_does_not_fit_makes_the_others(open_page: Any) -> None:
    at = open_page(model="timemachine-gru", edits="l0.f=0\nl0.z[*]@4=1")
    assert "'l0.f' cannot be changed here" in said(at)
    assert np.abs(cells(at)).max() > 0


@pytest.mark.parametrize("model", READERS)
def test_every_lesson_of_every_model_can_be_clicked(open_page: Any, model: str) -> None:
    at = open_page(model=model)
    lessons = [b.key for b in at.button if (b.key or "").startswith("lesson_") and b.key != "lesson_dead"]
    assert lessons
    for key in lessons:
        press(at, key)
        assert np.abs(cells(at)).max() > 0
        press(at, "undo_all" if any(b.key == "undo_all" for b in at.button) else "undo_0")


def test_the_unit_whose_death_costs_most_is_found(open_page: Any) -> None:
    at = press(open_page(text="the time traveller"), "lesson_dead")
    unit = rnnviz.ablate(rnnviz.load("timemachine-lstm"), "the time traveller").order[0]
    assert at.session_state["edits"] == [f"l0.h[{unit}]=0"]


def test_what_is_written_on_is_that_of_the_library(open_page: Any) -> None:
    at = open_page(text="the time", edits="l0.f=1", seed="3")
    model = rnnviz.load("timemachine-lstm")
    shown = "".join(element.proto.body for element in at.get("html"))
    letters = shown.replace("<b>", "").replace("</b>", "").replace("·", " ").replace("↵", "\n")
    for edits in ((), "l0.f=1"):
        text = rnnviz.write_on(model, "the time", edits, 80, 0.7, None, 3)
        assert (
            text[:20].replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#x27;").replace('"', "&quot;")
            in letters
        )


def test_what_each_unit_is_worth_is_ranked(open_page: Any) -> None:
    at = open_page(text="the time traveller")
    at.session_state["worth"] = True
    checked(at.run())
    found = rnnviz.ablate(rnnviz.load("timemachine-lstm"), "the time traveller")
    table = at.dataframe[0].value
    assert list(table["unit"]) == list(found.order)
    np.testing.assert_allclose(table["cost in nats"], found.costs[found.order])
