"""Models that attend, in the hands of the rest of the library: files, traces, and what only others can do."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.gradients import state_gradients
from rnnviz.models.base import Model
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.sequence import Classifier
from rnnviz.models.transformer_classifier import TransformerClassifier
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.vocabulary import Vocabulary
from tests.checkpoints.made import write

LETTERS = Vocabulary.of("the quick brown fox")
TEXT = "the fox"
MADE: dict[str, tuple[Any, str, str]] = {
    "writer": (
        lambda: Seq2Seq(LETTERS, ("x", "y"), hidden=4, directions=2),
        "accuracy",
        "GRU, 4 units, both directions, attention",
    ),
    "speaker": (
        lambda: TransformerLanguageModel(LETTERS, hidden=8, heads=2, context=16),
        "perplexity",
        "Transformer, 2 × 8 units",
    ),
    "judge": (
        lambda: TransformerClassifier(
            LETTERS, ("no", "yes"), hidden=8, heads=2, norm="post", positions="sinusoidal"
        ),
        "accuracy",
        "Transformer, 2 × 8 units, both directions",
    ),
    "pooled": (
        lambda: Classifier(LETTERS, ("no", "yes"), cell="gru", hidden=4, readout="attention"),
        "accuracy",
        "GRU, 4 units, attention",
    ),
}


def says(model: Model) -> torch.Tensor:
    x = model.ids(TEXT)[:, None]
    with torch.no_grad():
        if isinstance(model, Seq2Seq):
            return model(x, model.target_ids("xyx")[:, None])
        said = model(x)
    return said[0] if isinstance(said, tuple) else said


@pytest.mark.parametrize("name", MADE)
def test_they_come_back_from_a_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, metric, size = MADE[name]
    model = make().eval()
    write(tmp_path / name, model, {"name": "some words", "metric": None})
    again = rnnviz.load(tmp_path / name)
    assert type(again) is type(model)
    assert torch.equal(says(again), says(model))
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path))
    (entry,) = (each for each in rnnviz.catalogue() if each.name == name)
    assert (entry.error, entry.type, entry.metric) == (None, model.config["type"], metric)
    assert entry.title == f"some words · {size}"


@pytest.mark.parametrize("readout", ["attention", "attention_by_unit"])
@pytest.mark.parametrize("directions", [1, 2])
def test_a_trace_of_attention_pooling_answers_for_the_whole(directions: int, readout: str) -> None:
    model = Classifier(LETTERS, ("no", "yes"), cell="gru", hidden=4, readout=readout, directions=directions)
    trace = rnnviz.trace(model, TEXT)
    assert trace["out.prob"].dims == (("class",) if directions == 2 else ("step", "class"))
    wanted, told = says(model)[0], trace["out.logits"].values
    np.testing.assert_allclose(told if directions == 2 else told[-1], wanted.numpy(), atol=1e-6)
    assert trace.meta["answer"] == ("no", "yes")[int(wanted.argmax())]
    with pytest.raises(ValueError, match=f"mean by {readout.replace('_', ' ')} is not taken apart"):
        rnnviz.explain(model, trace, "out.logits", len(TEXT) - 1, 0)
    found = state_gradients(model, TEXT)
    assert (found.norms["l0.h"] > 0).all()


@pytest.mark.parametrize("name", ["writer", "speaker", "judge"])
def test_what_only_a_recurrent_reader_does(name: str) -> None:
    model = MADE[name][0]()
    trace = rnnviz.trace(MADE["pooled"][0](), TEXT)
    for ask, does in (
        (lambda: rnnviz.trace(model, TEXT, torch.zeros(1, 1, 4)), "begins in a state"),
        (lambda: rnnviz.explain(model, trace, "l0.h", 0, 0), "is taken apart"),
        (lambda: state_gradients(model, TEXT), "has gradients of its states"),
    ):
        with pytest.raises(
            ValueError, match=f"is a {model.config['type']}, and only a recurrent reader {does}"
        ):
            ask()
    with pytest.raises(ValueError, match="only a language model has a connectivity"):
        rnnviz.connectivity(model, TEXT)


def test_a_transformer_writes_and_has_a_perplexity_for_everybody() -> None:
    model = MADE["speaker"][0]()
    assert len(rnnviz.sample(model, "the ", 20, seed=0)) == 20
    assert 1 < rnnviz.perplexity(model, "the quick brown fox " * 5) < 100
    for name in ("writer", "judge"):
        with pytest.raises(ValueError, match="only a language model writes"):
            rnnviz.sample(MADE[name][0](), "the ")
        with pytest.raises(ValueError, match="only a language model has a perplexity"):
            rnnviz.perplexity(MADE[name][0](), "the ")
