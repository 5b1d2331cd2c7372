"""The models of the Watch page: those that it offers, and why it does not offer others."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.folders import shipped_folder
from tests.checkpoints import made
from tests.ui.visiting import EXAMPLE, checked, opener, panel, said, tokens


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener()


def test_another_model_brings_its_example_unless_something_was_typed(open_page: Any) -> None:
    at = open_page()
    checked(at.selectbox(key="model").set_value("brackets-lstm").run())
    assert tokens(at) == next(e.example for e in rnnviz.catalogue() if e.name == "brackets-lstm").replace(
        " ", "·"
    )
    checked(at.text_input(key="text").set_value("mine").run())
    checked(at.selectbox(key="model").set_value("timemachine-rnn").run())
    assert tokens(at) == "mine"


def test_a_quantity_that_the_next_model_lacks_becomes_h(open_page: Any) -> None:
    at = open_page(show="c")
    checked(at.selectbox(key="model").set_value("timemachine-gru").run())
    assert panel(at, "heatmap")["name"] == "h"


def test_a_damaged_checkpoint_is_listed_and_the_rest_works(
    open_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = next(entry.path for entry in rnnviz.catalogue() if entry.name == "brackets-lstm")
    shutil.copytree(shipped, tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    at = open_page(model="cut")
    assert "cut cannot be read: model.safetensors" in said(at)
    assert "This is timemachine-lstm instead" in said(at)
    assert "cut" not in at.selectbox(key="model").options
    assert tokens(at) == EXAMPLE.replace(" ", "·")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs of several kinds, beside the models that ship."""
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path))
    for name, (make, task) in made.MODELS.items():
        made.write(tmp_path / name.replace(" ", "-"), make(), task)
    return tmp_path


def test_what_was_trained_is_at_once_a_model_here(open_page: Any, runs: Path) -> None:
    at = open_page(model="a-language-model", text="the fox")
    assert tokens(at) == "the·fox"
    assert "perplexity 20 on text it never saw" in said(at)


def test_models_that_expect_nothing_are_not_offered_and_the_page_says_why(
    open_page: Any, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    for entry in rnnviz.catalogue():
        if entry.type == "language" and entry.path.parent == shipped_folder():
            shutil.copytree(entry.path, shipped / entry.name)
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: shipped)
    at = open_page()
    offered = at.selectbox(key="model").options
    assert [option for option in offered if "5 units" in option] == ["GRU, 5 units · A text of your own"]
    assert len(offered) == 6
    for sentence in (
        "a-classifier-of-series and a-tagger-of-numbers read series of numbers, Watch shows text: see Train.",
        "a-classifier-of-images reads images, Watch shows text: see Train.",
        "a-classifier-of-text, a-tagger-of-tokens and a-tagger-that-is-h-itself answer what they read, "
        "Watch shows what is expected next: see Train.",
    ):
        assert sentence in said(at)


def test_a_link_to_one_of_those_is_answered_with_the_reason(open_page: Any, runs: Path) -> None:
    at = open_page(model="a-tagger-of-numbers")
    assert "a-tagger-of-numbers reads series of numbers" in said(at)
    assert "see Train. This is timemachine-lstm instead." in said(at)
    assert tokens(at) == EXAMPLE.replace(" ", "·")


def test_models_that_would_be_called_the_same_are_told_apart(open_page: Any, runs: Path) -> None:
    for name in ("first", "second"):
        made.write(runs / name, made.language("lstm"))
    offered = open_page().selectbox(key="model").options
    assert "LSTM, 5 units · A text of your own · first" in offered
    assert "LSTM, 5 units · A text of your own · second" in offered
    assert "GRU, 5 units · A text of your own" in offered


def test_only_models_that_expect_nothing_are_no_models_to_watch(
    open_page: Any, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [entry for entry in rnnviz.catalogue() if entry.kind == "series"]
    monkeypatch.setattr(rnnviz, "catalogue", lambda: found, raising=False)
    assert "python -m rnnviz train" in said(open_page())
    assert "read series of numbers, Watch shows text" in said(open_page())


def test_without_a_single_model_the_page_says_what_to_do(
    open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rnnviz, "catalogue", list, raising=False)
    assert "python -m rnnviz train" in said(open_page())
