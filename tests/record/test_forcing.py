"""Weights that are set by hand: the row is what was asked for, and what follows is what follows from it."""

import numpy as np
import pytest
import torch

from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record import record
from rnnviz.record.forcing import forcing

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
