"""A step of a layer as matrices: what they multiply and add up to is what the trace has."""

import numpy as np
import pytest
import torch

from rnnviz.breakdown import step_matrices
from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record import record
from rnnviz.views import panels
from tests.cases import every
from tests.record.compare import CELLS, lively

VOCABULARY = Vocabulary.of("the time traveller")
TEXT = "time travels"


def sums(of):
    """The two halves of all gates' sums, each (G, H)."""
    halves = [of.x @ of.weight_ih, of.h @ of.weight_hh]
    biased = [
        half if bias is None else half + bias
        for half, bias in zip(halves, (of.bias_ih, of.bias_hh), strict=True)
    ]
    return [half.reshape(len(of.gates), -1) for half in biased]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize("cell", CELLS)
@every("step", [0, 5, len(TEXT) - 1])
def test_the_matrices_make_the_values_of_the_trace(cell, step):
    model = lively(LanguageModel(VOCABULARY, cell, hidden=6, layers=2), torch.float64)
    trace = record(model, TEXT)
    for layer in ("l0", "l1"):
        of = step_matrices(model, trace, layer, step)
        x, h = sums(of)
        if cell == "lstm":
            made = dict(zip(of.gates, x + h, strict=True))
            made = {letter: np.tanh(a) if letter == "g" else sigmoid(a) for letter, a in made.items()}
        elif cell == "gru":
            r, z = sigmoid(x[:2] + h[:2])
            made = {"r": r, "z": z, "n": np.tanh(x[2] + r * h[2])}
        else:
            made = {"h": np.tanh(x + h)[0] if cell == "rnn" else np.maximum(x + h, 0)[0]}
        for letter, values in made.items():
            np.testing.assert_allclose(of.values[letter][0], values, rtol=0, atol=1e-12)


def test_the_reverse_direction_reads_the_state_of_the_step_after():
    model = lively(Classifier(VOCABULARY, ("a", "b"), hidden=5, directions=2, layers=2), torch.float64)
    trace = record(model, TEXT)
    of = step_matrices(model, trace, "l1r", 3)
    np.testing.assert_array_equal(of.h[0], trace["l1r.h"].values[4])
    np.testing.assert_array_equal(
        of.x[0], np.concatenate([trace["l0.h"].values[3], trace["l0r.h"].values[3]])
    )


@every(("layer", "step", "words"), [("l3", 0, "there are: l0"), ("l0", 99, "0 to 11")])
def test_what_is_not_there_is_answered_with_what_there_is(layer, step, words):
    model = lively(LanguageModel(VOCABULARY, "gru", hidden=4), torch.float64)
    with pytest.raises(ValueError, match=words):
        step_matrices(model, record(model, TEXT), layer, step)


@pytest.mark.parametrize("cell", CELLS)
@every("bias", [True, False])
def test_the_picture_has_every_matrix_with_its_size(cell, bias):
    model = lively(LanguageModel(VOCABULARY, cell, hidden=6), torch.float64)
    of = step_matrices(model, record(model, TEXT), "l0", 4)
    of = of if bias else of._replace(bias_ih=None, bias_hh=None, values={"h": np.zeros((1, 6))})
    if not bias and cell.startswith("rnn"):
        of = of._replace(x=of.x * 0, h=of.h * 0)
    data = panels.step(of, cell, tokens=VOCABULARY.tokens).data
    found = {each["name"]: each["shape"][-2:] for each in data["matrices"]}
    gates, tokens = len(of.gates), len(VOCABULARY.tokens)
    assert found["x"] == [1, tokens]
    assert found["W_ih"] == [tokens, gates * 6]
    assert found["W_hh"] == [6, gates * 6]
    assert ("b_ih" in found) == bias
    assert found["from x"] == found["from h"] == [1, gates * 6]
