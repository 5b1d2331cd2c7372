"""The Watch page without a browser: what it says and what it gives its panels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from tests.packed import unpacked
from tests.ui.visiting import EXAMPLE, checked, field, opener, panel, panel_query, said, tokens


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener()


def test_a_trained_model_has_read_an_example_before_anything_is_typed(open_page: Any) -> None:
    at = open_page()
    assert at.text_input(key="text").value == EXAMPLE
    assert at.selectbox(key="model").value == "timemachine-lstm"
    assert tokens(at) == EXAMPLE.replace(" ", "·")
    assert "perplexity" in said(at)
    assert "The biggest surprise is" in said(at)
    assert {"ribbon", "player", "heatmap", "story"} == {
        key for key in ("ribbon", "player", "heatmap", "story") if panel(at, key)
    }


def test_the_badge_tells_the_error_that_was_measured(open_page: Any) -> None:
    error = rnnviz.trace(rnnviz.load("timemachine-lstm"), EXAMPLE).meta["equals_torch"]
    assert f"equals torch.nn to {error:.0e}" in said(open_page())


def test_it_works_from_any_folder(open_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tokens(open_page())


def test_the_picture_follows_the_text(open_page: Any) -> None:
    at = open_page()
    before = panel(at, "heatmap")["version"]
    checked(at.text_input(key="text").set_value("time").run())
    assert tokens(at) == "time"
    assert panel(at, "heatmap")["version"] != before


def test_the_numbers_are_those_of_the_library(open_page: Any) -> None:
    at = open_page(text="time flies", show="f", order="index")
    drawn = unpacked(panel(at, "heatmap")["z"])
    expected = rnnviz.trace(rnnviz.load("timemachine-lstm"), "time flies")["l0.f"].values
    np.testing.assert_array_equal(drawn.T, expected)


def test_every_choice_comes_back_from_the_address(open_page: Any) -> None:
    at = open_page(
        text="a sentence", model="timemachine-gru", show="z", order="activity", unit="7", step="3",
        temperature="1.2", top_k="3", seed="9", length="20",
    )  # fmt: skip
    assert at.selectbox(key="model").value == "timemachine-gru"
    assert panel(at, "heatmap")["row"] == 7
    assert panel(at, "heatmap")["step"] == panel(at, "player")["step"] == 3
    assert panel(at, "heatmap")["name"] == "z"
    assert (field(at, "temperature").value, field(at, "top_k").value) == (1.2, 3)
    assert (field(at, "seed").value, field(at, "length").value) == (9, 20)


def test_the_address_says_what_was_chosen(open_page: Any) -> None:
    at = open_page()
    assert panel_query(at) == ""
    checked(at.text_input(key="text").set_value("hi you").run())
    checked(field(at, "unit").set_value(3).run())
    assert panel_query(at) == "text=hi+you&unit=3"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("model", "nope", "There is no model 'nope' here"),
        ("show", "q", "There is no quantity 'q' here (possible: h, c, i"),
        ("unit", "9999", "There is no unit '9999' here (possible: 0 to 255)"),
        ("unit", "x", "There is no unit 'x' here"),
        ("layer", "5", "There is no layer '5' here"),
        ("order", "size", "There is no order 'size' here"),
        ("step", "99", "There is no step '99' here (possible: 0 to 37)"),
        ("temperature", "hot", "There is no temperature 'hot' here (possible: 0 to 2)"),
        ("temperature", "nan", "There is no temperature 'nan' here"),
        ("top_k", "0", "There is no top k '0' here"),
        ("seed", "-1", "There is no seed"),
    ],
)
def test_a_value_that_does_not_exist_is_answered_with_a_sentence(
    open_page: Any, name: str, value: str, words: str
) -> None:
    at = open_page(**{name: value})
    assert words in said(at)
    assert tokens(at)


def test_the_sentence_goes_when_something_else_is_chosen(open_page: Any) -> None:
    at = open_page(model="nope")
    checked(at.selectbox(key="model").set_value("timemachine-gru").run())
    assert "nope" not in said(at)


def test_a_sum_can_be_linked_to_and_turns_its_switch_on(open_page: Any) -> None:
    at = open_page(show="a_f")
    assert field(at, "sums").value
    assert panel(at, "heatmap")["name"] == "a_f"
    checked(field(at, "sums").set_value(False).run())
    assert panel(at, "heatmap")["name"] == "h"


def test_the_source_of_the_cell_is_the_real_file() -> None:
    from rnnviz.ui import gallery

    entry = next(entry for entry in rnnviz.catalogue() if entry.name == "timemachine-gru")
    assert gallery.cell_source(entry).name == "gru.py"
