"""The page Inside a step without a browser: what it opens, what it takes apart, and its links."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.ui.gallery import reads_text
from tests.checkpoints import made
from tests.packed import unpacked
from tests.ui.visiting import EXAMPLE, checked, opener, panel, panel_query, said

PAGE = "../../pages/inside.py"
READERS = [entry.name for entry in rnnviz.catalogue() if reads_text(entry) and not entry.error]


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener(PAGE)


def total(at: AppTest, gate: str) -> np.ndarray:
    (found,) = [each for each in panel(at, "products")["gates"] if each["letter"] == gate]
    return unpacked(found["total"])


def test_an_example_is_open_down_to_its_products_before_anything_is_typed(open_page: Any) -> None:
    at = open_page()
    assert at.text_input(key="text").value == EXAMPLE
    assert {panel(at, key)["text"] for key in ("unrolled", "circuit", "products")} == {
        panel(at, "unrolled")["text"]
    }
    unit = at.number_input(key="unit").value
    trace = rnnviz.trace(rnnviz.load("timemachine-lstm"), EXAMPLE)
    for letter in "ifgo":
        np.testing.assert_array_equal(total(at, letter), trace[f"l0.a_{letter}"].values[:, unit])
    assert panel_query(at) == ""


@pytest.mark.parametrize("model", READERS)
def test_every_model_that_reads_text_is_opened(open_page: Any, model: str) -> None:
    at = open_page(model=model, gradient="yes")
    assert at.selectbox(key="model").value == model
    entry = next(entry for entry in rnnviz.catalogue() if entry.name == model)
    assert len(panel(at, "unrolled")["rows"]) == entry.layers * entry.directions
    assert panel(at, "unrolled")["gradients"]
    assert "its gradient" in said(at)


def test_every_choice_comes_back_from_the_address(open_page: Any) -> None:
    given = {
        "model": "hello-rnn", "text": "hell", "where": "l1", "unit": "3", "step": "2", "gradient": "yes",
        "cut": "2",
    }  # fmt: skip
    at = open_page(**given)
    shown = panel(at, "unrolled")
    assert (shown["layer"], shown["unit"], shown["step"], shown["cut"]) == ("l1", 3, 2, 2)
    assert panel(at, "products")["step"] == 2
    query = dict(part.split("=") for part in panel_query(at).split("&"))
    assert query == given


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("where", "l7", "There is no layer 'l7' here (possible: l0)"),
        ("unit", "256", "There is no unit '256' here (possible: 0 to 255)"),
        ("gate", "r", "There is no number to take apart 'r' here (possible: i, f, g, o, c, h)"),
        ("cut", "-1", "There is no length of a piece '-1' here"),
        ("gradient", "maybe", "There is no way of the gradient 'maybe' here (possible: no, yes)"),
        ("model", "sine-gru", "sine-gru reads series of numbers, Inside a step shows text: see Train."),
    ],
)
def test_a_value_that_does_not_exist_is_answered_with_a_sentence(
    open_page: Any, name: str, value: str, words: str
) -> None:
    at = open_page(**{name: value})
    assert words in said(at)
    assert panel(at, "products")


def test_the_gate_that_is_taken_apart_is_in_the_link(open_page: Any) -> None:
    at = open_page(gate="o")
    assert panel(at, "products")["gate"] == "o"
    assert panel_query(at) == "gate=o"


def test_one_character_has_no_gradient_and_the_page_says_so(open_page: Any) -> None:
    at = open_page(text="a", gradient="yes")
    assert "a loss takes at least two" in said(at)
    assert panel(at, "unrolled")["tokens"] == ["a"]


def test_the_cut_is_that_of_the_models_training_unless_another_was_chosen(open_page: Any) -> None:
    at = open_page(gradient="yes")
    assert panel(at, "unrolled")["cut"] == 35
    checked(at.selectbox(key="model").set_value("anbn-lstm").run())
    assert panel(at, "unrolled")["cut"] is None
    checked(at.number_input(key="cut").set_value(3).run())
    checked(at.selectbox(key="model").set_value("timemachine-gru").run())
    assert panel(at, "unrolled")["cut"] == 3


def test_both_directions_are_opened_each_by_itself(
    open_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, task = made.MODELS["a classifier of text"]
    made.write(tmp_path / "moods", make(), task)
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    at = open_page(model="moods", where="l0r", text="lazy dog", unit="1")
    assert [row["layer"] for row in panel(at, "unrolled")["rows"]] == ["l0", "l0r"]
    trace = rnnviz.trace(rnnviz.load(str(tmp_path / "moods")), "lazy dog")
    np.testing.assert_array_equal(total(at, "f"), trace["l0r.a_f"].values[:, 1])
    assert "layer 1, right to left" in said(at)


def test_the_equations_stand_in_letters_of_two_schools_and_in_numbers(open_page: Any) -> None:
    at = open_page(model="timemachine-gru", unit="5", step="4")
    latex = [element.value for element in at.latex]
    assert any("r_{5}" in line and "from } x" in line for line in latex)
    assert any("W_{hn}" in line for line in latex)
    assert any(r"r_t \odot h_{t-1}" in line for line in latex)
    assert "two different cells" in said(at)


def test_the_step_is_shown_as_matrices_with_their_sizes(open_page: Any) -> None:
    at = open_page(model="hello-rnn", where="l1", step="1")
    at.session_state["shapes"] = True
    checked(at.run())
    found = {each["name"]: each for each in panel(at, "matrices")["matrices"]}
    assert {name: found[name]["shape"][-2:] for name in ("x", "W_ih", "W_hh", "h")} == {
        "x": [1, 8],
        "W_ih": [8, 8],
        "W_hh": [8, 8],
        "h": [1, 8],
    }
    trace = rnnviz.trace(rnnviz.load("hello-rnn"), "hello")
    np.testing.assert_array_equal(unpacked(found["h"]["values"])[0], trace["l1.h"].values[1])


def test_what_cannot_be_shown_is_listed_with_the_reason(open_page: Any) -> None:
    words = said(open_page())
    assert "read series of numbers, Inside a step shows text: see Train." in words
    assert "mnist-lstm reads images, Inside a step shows text: see Train." in words


def test_without_a_single_model_the_page_says_what_to_do(
    open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rnnviz, "catalogue", list, raising=False)
    assert "There is no trained model to look at yet" in said(open_page())
