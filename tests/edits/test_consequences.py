"""What follows from an edit: the text that is written on, and what a dead unit costs."""

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.edits import ablate, edit, write_on
from rnnviz.models.language import LanguageModel
from rnnviz.models.vocabulary import Vocabulary
from tests.record.compare import CELLS, lively

VOCABULARY = Vocabulary.of("the time traveller")
TEXT = "time travels"


def language(cell, **settings):
    return lively(LanguageModel(VOCABULARY, cell, hidden=6, **settings), torch.float64)


@pytest.mark.parametrize("name", ["timemachine-lstm", "timemachine-gru", "timemachine-rnn"])
def test_without_an_edit_the_same_is_written_as_always(name):
    model = rnnviz.load(name)
    for seed, top_k in ((0, None), (3, 5)):
        assert write_on(model, "The Time ", (), 40, 0.7, top_k, seed) == rnnviz.sample(
            model, "The Time ", 40, 0.7, top_k, seed
        )


def test_an_edit_of_the_past_does_not_go_on_and_one_without_an_end_does():
    model = rnnviz.load("timemachine-lstm")
    past = write_on(model, "The Time ", "l0.h[*]@8=0", 30, 0.0)
    joined = write_on(model, "The Time ", "l0.h[*]@8:9=0", 30, 0.0)
    always = write_on(model, "The Time ", "l0.h[*]@8:=0", 30, 0.0)
    assert past == joined != write_on(model, "The Time ", (), 30, 0.0)
    assert len(set(always)) == 1  # it hears nothing but its own bias


def test_an_edit_reaches_into_what_is_written():
    model = rnnviz.load("timemachine-gru")
    written = write_on(model, "The Time ", "l0.z@12:=1", 20, 0.0)
    free = write_on(model, "The Time ", (), 20, 0.0)
    assert written[:3] == free[:3]  # character k is read at step 9 + k, and heard of after it
    assert len(set(written[4:])) == 1


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_dead_unit_costs_what_the_edited_trace_says(cell, layers):
    model = language(cell, layers=layers)
    for name in [f"l{k}.h" for k in range(layers)] + (["l0.c"] if cell == "lstm" else []):
        found = ablate(model, TEXT, name)
        assert found.loss == pytest.approx(np.nanmean(edit(model, TEXT)["out.loss"].values), abs=1e-12)
        for unit in range(6):
            without = np.nanmean(edit(model, TEXT, f"{name}[{unit}]=0")["out.loss"].values)
            assert found.losses[unit] == pytest.approx(without, abs=1e-12)
        assert list(found.costs[found.order]) == sorted(found.costs, reverse=True)


def test_a_unit_that_does_nothing_costs_exactly_nothing():
    model = language("gru")
    with torch.no_grad():
        model.rnn.weight_hh_l0[:, 3] = 0
        model.out.weight[:, 3] = 0
    found = ablate(model, TEXT)
    assert found.costs[3] == 0
    assert np.abs(np.delete(found.costs, 3)).min() > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((TEXT, "l0.f"), "these can: l0.h, l0.c"),
        (("t",), "a loss takes at least two"),
    ],
)
def test_what_cannot_be_ablated_is_told(arguments, words):
    with pytest.raises(ValueError, match=words):
        ablate(language("lstm"), *arguments)


def test_only_a_language_model_writes_and_is_ablated():
    other = rnnviz.load("sentiment-gru")
    for call in (lambda: ablate(other, "good"), lambda: write_on(other, "good")):
        with pytest.raises(ValueError, match="only a language model"):
            call()
