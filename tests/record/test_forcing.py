"""Weights that are set by hand: the row is what was asked for, and what follows is what follows from it."""

import numpy as np
import pytest
import torch

from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record import record
from rnnviz.record.forcing import forcing
from tests.record.models import stirred

VOCABULARY = Vocabulary.of("0123456789-/. november")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(3)


@pytest.mark.parametrize("form", ["dot", "scaled_dot", "general", "additive"])
def test_a_row_of_a_decoder_looks_at_one_column_alone(form: str) -> None:
    model = Seq2Seq(VOCABULARY, tuple("0123456789-"), attention=form, hidden=6, embedding=5).double().eval()
    target = "2026-11"
    free = record(model, "21 november", target=target, compare=False)
    held = record(
        model, "21 november", target=target, edit=forcing([("attn.weights", None, 3, 5)]), compare=False
    )
    np.testing.assert_array_equal(held["attn.weights"].values[3], np.eye(11)[5])
    others = [row for row in range(len(free)) if row != 3]
    np.testing.assert_allclose(held["attn.weights"].values[others], free["attn.weights"].values[others])
    np.testing.assert_allclose(held["attn.context"].values[3], held["attn.v"].values[5], atol=1e-12)
    assert np.abs(held["out.logits"].values[3] - free["out.logits"].values[3]).max() > 1e-6


def test_one_head_of_a_transformer_or_all_of_them() -> None:
    model = TransformerLanguageModel(VOCABULARY, hidden=8, layers=2, heads=2, context=16).double().eval()
    free = record(model, "november", compare=False)["l1.attn.weights"].values
    one = record(model, "november", edit=forcing([("l1.attn.weights", 1, 4, 2)]), compare=False)
    both = record(model, "november", edit=forcing([("l1.attn.weights", None, 4, 2)]), compare=False)
    np.testing.assert_array_equal(one["l1.attn.weights"].values[1, 4], np.eye(8)[2])
    np.testing.assert_allclose(one["l1.attn.weights"].values[0, 4], free[0, 4], atol=1e-12)
    np.testing.assert_array_equal(both["l1.attn.weights"].values[:, 4], np.eye(8)[[2, 2]])


def test_a_column_that_is_not_there_changes_nothing() -> None:
    model = TransformerLanguageModel(VOCABULARY, hidden=8, layers=1, heads=2, context=16).double().eval()
    free = record(model, "november", compare=False)["l0.attn.weights"].values
    held = record(model, "november", edit=forcing([("l0.attn.weights", None, 4, 99)]), compare=False)
    np.testing.assert_allclose(held["l0.attn.weights"].values, free, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "row", "column", "columns"),
    [
        ("enc.l0.attn.weights", 4, 9, 11),
        ("dec.l0.attn.weights", 4, 2, 6),
        ("dec.l1.cross.weights", 4, 9, 11),
    ],
)
@pytest.mark.parametrize("head", [1, None])
def test_each_attention_of_a_transformer_that_writes(name, row, column, columns, head) -> None:
    model, target = rewriter(), "2026-"
    free = record(model, "21 november", target=target, compare=False)
    held = record(
        model, "21 november", target=target, edit=forcing([(name, head, row, column)]), compare=False
    )
    heads = [head] if head is not None else [0, 1]
    for each in range(2):
        told, before = (trace[name].values[each] for trace in (held, free))
        others = [place for place in range(len(told)) if place != row or each not in heads]
        np.testing.assert_allclose(told[others], before[others], rtol=0, atol=1e-12)
        if each in heads:
            np.testing.assert_array_equal(told[row], np.eye(columns)[column])
            values = held[name.replace("weights", "v")].values[each, column]
            np.testing.assert_allclose(
                held[name.replace("weights", "context")].values[each, row], values, atol=1e-12
            )
    changed = np.abs(held["out.logits"].values - free["out.logits"].values).max(axis=1) > 1e-9
    if name.startswith("enc."):  # all that is written looks at all that was read
        assert changed.all()
    else:
        assert not changed[:row].any()  # what was written before cannot know
        assert changed[row]


def test_what_follows_a_row_of_a_transformer_that_writes_is_what_it_then_writes() -> None:
    edit = forcing([("dec.l1.cross.weights", None, row, 0) for row in range(1, 6)])
    answers = set()
    for seed in range(9):  # a random one mostly writes one token over and over
        torch.manual_seed(seed)
        model = rewriter()
        with torch.no_grad():  # so that what it looks at makes a difference
            for name, weight in model.named_parameters():
                weight.mul_(0.2 if "bias" in name else 3 if "emb" in name or "multihead" in name else 1)
        held = record(model, "21 november", edit=edit, longest=6)
        likeliest = held["out.topk.id"].values[:, 0]
        assert likeliest.tolist() == [model.classes.index(token) for token in held.tokens]
        answers.add((held.meta["answer"], record(model, "21 november", longest=6).meta["answer"]))
    changed = [(after, before) for after, before in answers if after != before]
    assert changed
    assert all(after[:1] == before[:1] for after, before in answers)


def test_nothing_that_is_written_later_can_be_looked_at() -> None:
    model, rows = rewriter(), [("dec.l0.attn.weights", None, 2, 4)]
    free = record(model, "21 november", longest=6, compare=False)
    held = record(model, "21 november", longest=6, edit=forcing(rows), compare=False)
    assert held.tokens == free.tokens
    np.testing.assert_allclose(
        held["dec.l0.attn.weights"].values, free["dec.l0.attn.weights"].values, rtol=0, atol=1e-12
    )


def rewriter() -> TransformerSeq2Seq:
    """One of whose writing something follows."""
    made = {"hidden": 8, "layers": 2, "heads": 2, "context": 16}
    model = TransformerSeq2Seq(VOCABULARY, tuple("0123456789-"), **made)
    return stirred(model).double().eval()
