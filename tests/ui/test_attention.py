"""The page Attention without a browser: what is shown of each kind of model, forced, and refused."""

import base64
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.sequence import Classifier
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.traces import Trace
from rnnviz.ui import attending, words
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
        "rewrites": TransformerSeq2Seq(made.VOCABULARY, letters, hidden=8, layers=2, heads=2, context=32),
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


def test_of_an_encoder_and_a_decoder_it_shows_first_what_is_looked_at_across(open_page: Any) -> None:
    at = open_page(model="rewrites", text=TEXT)
    whole = trace("rewrites")
    np.testing.assert_allclose(weights(at), whole["dec.l1.cross.weights"].values.mean(axis=0), atol=1e-7)
    assert f"It writes “{whole.meta['answer']}”" in "".join(element.value for element in at.text)
    assert at.text_input(key="begin")
    layers = ["encoder 1", "encoder 2", "decoder 1", "decoder 2", "cross 1", "cross 2"]
    assert at.segmented_control(key="weights").options == layers
    assert panel(at, "heads")["chosen"] == {"layer": "dec.l1.cross", "head": None}


@pytest.mark.parametrize("name", ["enc.l1.attn", "dec.l0.attn", "dec.l0.cross"])
def test_any_attention_of_it_is_chosen_opened_and_forced(open_page: Any, name: str) -> None:
    at = open_page(model="rewrites", text=TEXT, weights=f"{name}.weights", head="1", row="3", column="2")
    free = trace("rewrites")[f"{name}.weights"].values[1]
    np.testing.assert_allclose(weights(at), free, atol=1e-7)
    layer = name.removesuffix(".attn")
    assert panel(at, "heads")["chosen"] == {"layer": layer, "head": 1}
    assert panel(at, "weight")["cell"] == {"row": 3, "column": 2}
    assert panel(at, "attending")["text"] == panel(at, "heads")["text"] == panel(at, "weight")["text"]
    checked(at.button(key="force").click().run())
    said = f"{name}.weights[1]@3=2"
    assert at.session_state["forced"] == [said]
    np.testing.assert_array_equal(weights(at)[3], np.eye(weights(at).shape[1])[2])
    assert panel(at, "attending")["forced"] == panel(at, "weight")["forced"] == [3]
    assert at.button(key="unforce_0").label.endswith("head 2: row 3 → column 2")


def test_nothing_that_is_not_written_yet_is_offered_to_be_looked_at(open_page: Any) -> None:
    at = open_page(model="rewrites", text=TEXT, weights="dec.l0.attn.weights", row="1", column="2")
    assert not [button for button in at.button if button.key == "force"]
    again = open_page(
        model="rewrites", text=TEXT, weights="dec.l0.attn.weights", forced="dec.l0.attn.weights@1=2"
    )
    np.testing.assert_array_equal(weights(again), weights(at))
    assert panel(again, "attending")["forced"] == []
    assert again.button(key="unforce_0").label == "decoder 1: row 1 → column 2, without effect here"


def test_no_token_is_offered_to_look_ahead_where_none_does(open_page: Any) -> None:
    for column, offered in ((2, True), (5, False)):
        at = open_page(model="transforms", text=TEXT, head="0", row="3", column=str(column))
        assert bool([button for button in at.button if button.key == "force"]) == offered
    for row, effect in (("3=2", ""), ("3=99", ", without effect here"), ("99=1", ", without effect here")):
        at = open_page(model="transforms", text=TEXT, forced=f"l0.attn.weights[1]@{row}")
        told = f"layer 1, head 2: row {row.replace('=', ' → column ')}{effect}"
        assert at.button(key="unforce_0").label == told


@pytest.mark.parametrize(
    "forced",
    [
        "attn.weights@999=1",
        "attn.weights@1=99",
        "l0.attn.weights@1=1",
        "x@1=2",
        f"attn.weights@1={'9' * 5000}",  # more digits than Python turns into a number
    ],
)
def test_what_is_forced_where_nothing_is_changes_nothing(open_page: Any, forced: str) -> None:
    at = open_page(model="translates", text=TEXT, forced=forced)
    np.testing.assert_allclose(weights(at), trace("translates")["attn.weights"].values, atol=1e-7)
    assert panel(at, "attending")["forced"] == []


def test_a_model_without_attention_is_not_offered_and_the_page_says_why(open_page: Any) -> None:
    at = open_page()
    assert "blind" not in at.selectbox(key="model").options
    assert any("blind" in each and "Attention" in each for each in said(at).splitlines())


def test_other_pages_send_those_that_attend_here() -> None:
    (sentence,) = (each for each in words.not_shown(rnnviz.catalogue(), "Watch") if "rewrites" in each)
    assert sentence.endswith("look back by attention, Watch shows recurrent networks: see Attention.")


def test_a_row_is_forced_linked_and_let_go(open_page: Any) -> None:
    at = open_page(model="translates", text=TEXT, row="2", column="3")
    free = weights(at)
    checked(at.button(key="force").click().run())
    assert at.session_state["forced"] == ["attn.weights@2=3"]
    assert at.button(key="unforce_0").label == "row 2 → column 3"
    assert panel(at, "weight")["forced"] == [2]  # where it says why the sum does not lead to the weight
    np.testing.assert_array_equal(weights(at)[2], np.eye(len(TEXT))[3])
    np.testing.assert_allclose(weights(at)[:2], free[:2], atol=1e-7)
    assert "forced=attn.weights%402%3D3" in panel_query(at)
    again = open_page(model="translates", text=TEXT, forced="attn.weights@2=3")
    np.testing.assert_array_equal(weights(again), weights(at))
    checked(at.button(key="unforce_0").click().run())
    np.testing.assert_allclose(weights(at), free, atol=1e-7)


@pytest.mark.parametrize(
    ("answer", "before", "right", "told"),
    [
        ("ab", "ab", (), "It writes “ab”."),
        ("ab", "ab", ("ab", "ac"), "It writes “ab”, which is right; ac would be, too."),
        (
            "b",
            "ab",
            ("ab",),
            "It writes “b”, which is wrong: right is ab. Before its look was forced, it wrote “ab”.",
        ),
    ],
)
def test_what_is_said_of_an_answer(answer: str, before: str, right: tuple[str, ...], told: str) -> None:
    reading: Any = SimpleNamespace(entry=SimpleNamespace(writes=True))
    plain, forced = (Trace({}, {}, {"answer": each}) for each in (before, answer))
    seen: Any = SimpleNamespace(
        trace=forced, original=plain, right=right, forced=(("attn.weights", None, 0, 1),), remark=""
    )
    assert attending.said(reading, seen) == told


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("31 February 2024", "There is no 31 February in 2024. So what it writes is no more than a guess."),
        ("Monday, 10 March 2026", "10 March 2026 is a Tuesday. So what it writes is no more than a guess."),
        ("29 February 2024", ""),
        ("no date at all", ""),
    ],
)
def test_a_date_that_does_not_exist_is_told(
    open_page: Any, monkeypatch: pytest.MonkeyPatch, text: str, remark: str
) -> None:
    monkeypatch.undo()  # the shipped one
    at = open_page(model="dates-gru", text=text)
    assert ("no more than a guess" in said(at)) == bool(remark)
    assert remark in said(at)


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


@pytest.mark.parametrize("model", ["translates", "rewrites"])
def test_what_is_unknown_is_counted_among_what_is_read(open_page: Any, model: str) -> None:
    assert "1 of 4 characters" in said(open_page(model=model, text="do9g"))


@pytest.mark.parametrize("model", ["rewrites", "transforms"])
def test_of_more_than_a_transformer_reads_together_it_shows_the_beginning(open_page: Any, model: str) -> None:
    at = open_page(model=model, text="lazy dogs" * 5)
    assert "The text has 45 characters and the limit is 32" in said(at)
    assert weights(at).shape[1] == 32
    assert weights(open_page(model=model)).shape[1] == 32  # and so of its example
    far = said(open_page(model=model, text="lazy dogs" * 300))
    assert far.count("the limit is") == 1  # and that is the one of this model
    assert "the limit is 32" in far


def test_without_a_model_the_page_says_what_to_do(open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rnnviz, "catalogue", list, raising=False)
    assert "There is no trained model to look at yet" in said(open_page())
