"""The page Attention without a browser: what is shown of each kind of model, forced, and refused."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.sequence import Classifier
from rnnviz.models.transformer_language import TransformerLanguageModel
from tests.checkpoints import made
from tests.ui.test_watch import checked, panel, panel_query, said
from tests.ui.visiting import opener

PAGE = "../../pages/attention.py"
TEXT = "lazy dog"


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each kind, small and untrained."""
    torch.manual_seed(0)
    letters = tuple("thequickbrown")
    kinds: dict[str, Any] = {
        "translates": Seq2Seq(made.VOCABULARY, letters, hidden=6, embedding=4),
        "weighs": Seq2Seq(made.VOCABULARY, letters, attention="additive", hidden=6, embedding=4),
        "transforms": TransformerLanguageModel(made.VOCABULARY, hidden=8, layers=2, heads=2, context=32),
        "pools": Classifier(made.VOCABULARY, made.CLASSES, hidden=5, readout="attention"),
        "blind": Seq2Seq(made.VOCABULARY, letters, attention="none", hidden=6, embedding=4),
    }
    for name, model in kinds.items():
        made.write(tmp_path / name, model, {"name": name, "metric": "accuracy", "kind": "text"})
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    found = [entry for entry in rnnviz.catalogue() if entry.name in kinds]
    monkeypatch.setattr(rnnviz, "catalogue", lambda: found, raising=False)


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener(PAGE)


def weights(at: AppTest) -> np.ndarray:
    spec = panel(at, "attending")["weights"]
    values = np.frombuffer(base64.b64decode(spec["bdata"]), dtype="<" + spec["dtype"])
    return values.reshape([int(length) for length in spec["shape"].split(", ")])


def trace(model: str, text: str = TEXT, **settings: Any) -> Any:
    return rnnviz.trace(rnnviz.load(model), text, **settings)


@pytest.mark.parametrize("model", ["translates", "weighs", "pools"])
def test_the_weights_are_those_of_the_library(open_page: Any, model: str) -> None:
    at = open_page(model=model, text=TEXT)
    np.testing.assert_allclose(
        weights(at).squeeze(), trace(model)["attn.weights"].values.squeeze(), atol=1e-7
    )
    assert panel(at, "weight")
    assert f"“{trace(model).meta['answer']}”" in "".join(element.value for element in at.text)


def test_heads_and_layers_of_a_transformer_can_be_chosen(open_page: Any) -> None:
    at = open_page(model="transforms", text=TEXT)
    whole = trace("transforms")
    np.testing.assert_allclose(weights(at), whole["l0.attn.weights"].values.mean(axis=0), atol=1e-7)
    assert "choose a head, and its weights open" in said(at)
    at = open_page(model="transforms", text=TEXT, weights="l1.attn.weights", head="1")
    np.testing.assert_allclose(weights(at), whole["l1.attn.weights"].values[1], atol=1e-7)
    assert panel(at, "weight")
    assert panel(at, "heads")["chosen"] == {"layer": "l1", "head": 1}


def test_a_model_without_attention_is_not_offered_and_the_page_says_why(open_page: Any) -> None:
    at = open_page()
    assert "blind" not in at.selectbox(key="model").options
    assert any("blind" in each and "Attention" in each for each in said(at).splitlines())


def test_a_row_is_forced_linked_and_let_go(open_page: Any) -> None:
    at = open_page(model="translates", text=TEXT, row="2", column="3")
    free = weights(at)
    checked(at.button(key="force").click().run())
    assert at.session_state["forced"] == ["attn.weights@2=3"]
    np.testing.assert_array_equal(weights(at)[2], np.eye(len(TEXT))[3])
    np.testing.assert_allclose(weights(at)[:2], free[:2], atol=1e-7)
    assert "forced=attn.weights%402%3D3" in panel_query(at)
    again = open_page(model="translates", text=TEXT, forced="attn.weights@2=3")
    np.testing.assert_array_equal(weights(again), weights(at))
    checked(at.button(key="unforce_0").click().run())
    np.testing.assert_allclose(weights(at), free, atol=1e-7)


def test_an_answer_can_be_made_to_begin_with_something(open_page: Any) -> None:
    at = open_page(model="translates", text=TEXT, begin="the")
    assert "".join(panel(at, "attending")["tokens"]).startswith("the")
    assert trace("translates", begin="the").meta["answer"].startswith("the")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"begin": "THE"}, "This is the example instead."),
        ({"weights": "l9.attn.weights"}, "There is no attention 'l9.attn.weights' here"),
        ({"head": "7"}, "There is no head '7' here"),
        ({"model": "blind"}, "Attention shows"),
        ({"text": "the dog " * 40}, "the limit is 200"),
    ],
)
def test_what_cannot_be_is_answered_with_a_sentence(
    open_page: Any, address: dict[str, str], words: str
) -> None:
    at = open_page(**({"model": "translates"} | address))
    assert words in said(at)
    assert panel(at, "attending")


def test_any_text_is_read(open_page: Any) -> None:
    for text in ("😀 <b>x</b>", "x", "שלום", "  "):
        at = open_page(model="translates", text=text)
        assert weights(at).shape[-1] == len(text)


def test_without_a_model_the_page_says_what_to_do(open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rnnviz, "catalogue", list, raising=False)
    assert "There is no trained model to look at yet" in said(open_page())
