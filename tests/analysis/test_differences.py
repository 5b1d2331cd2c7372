"""What is different between two traces, and the sentence about it, against the numbers."""

import re

import numpy as np
import pytest

import rnnviz
from rnnviz.analysis import consequences, difference, parting
from rnnviz.traces import TraceError

TEXT = "the time traveller smiled"


@pytest.fixture(scope="module")
def model():
    return rnnviz.load("timemachine-gru")


def test_the_difference_is_the_other_less_the_original_with_colours_that_hold_both(model):
    original, edited = rnnviz.edit(model, TEXT), rnnviz.edit(model, TEXT, "l0.z[*]@5=1")
    found = difference(original, edited)
    for name in ("l0.h", "l0.z", "out.surprise"):
        np.testing.assert_array_equal(found[name].values, edited[name].values - original[name].values)
    assert found["l0.h"].domain == (-2, 2)
    assert found["l0.z"].domain == (-1, 1)
    assert "out.topk.id" not in found
    assert found.tokens == edited.tokens


def test_two_readings_part_where_the_first_number_differs(model):
    original, edited = rnnviz.edit(model, TEXT), rnnviz.edit(model, TEXT, "l0.h[3]@7*=0.5")
    found = parting(original, edited)
    apart = np.linalg.norm(edited["l0.h"].values - original["l0.h"].values, axis=1)
    assert found.first == 7
    np.testing.assert_allclose(found.apart, apart, rtol=1e-5, atol=1e-8)
    assert found.largest == int(apart.argmax())
    assert parting(original, original).first is None


def test_both_directions_count():
    both = rnnviz.load("sentiment-bilstm")
    original, edited = rnnviz.edit(both, "not so bad"), rnnviz.edit(both, "not so bad", "l1r.h[*]@4=0")
    assert parting(original, edited).first == 0  # the reverse direction comes there after step 4


def test_the_sentence_tells_the_numbers(model):
    original, edited = rnnviz.edit(model, TEXT), rnnviz.edit(model, TEXT, "l0.h[*]@4=0")
    said, found = consequences(original, edited), parting(original, edited)
    assert said.startswith(
        "The states part at step 4 “t”." if TEXT[4] == "t" else "The states part at step 4"
    )
    last = min(found.largest + 20, len(TEXT) - 1)
    left = float(re.search(r"later ([\d.]+) % of that is left", said)[1])
    assert left == pytest.approx(100 * found.apart[last] / found.apart[found.largest], rel=0.01)
    cost = edited["out.surprise"].values - original["out.surprise"].values
    bits = float(re.search(r"The text is ([\d.]+) bits a character", said)[1])
    assert bits == pytest.approx(abs(np.nanmean(cost)), rel=0.01)
    assert (" more surprising" in said) == (np.nanmean(cost) > 0)
    worst = int(np.nanargmax(np.abs(cost)))
    assert f"“{TEXT[worst]}” at step {worst}, {abs(cost[worst]):.3g} bits" in said


def test_nothing_is_said_to_follow_where_nothing_does(model):
    original = rnnviz.edit(model, TEXT)
    assert consequences(original, rnnviz.edit(model, TEXT, "l0.h*=1")) == (
        "Nothing follows from it: every number is exactly what it was."
    )


def test_of_a_classifier_the_answers_are_told():
    other = rnnviz.load("sentiment-gru")
    original, edited = (rnnviz.edit(other, "it was good", each) for each in ((), "l0.h[*]@10=0"))
    said = consequences(original, edited)
    assert f"The answer was {original.meta['answer']} (" in said
    assert f"and is {edited.meta['answer']} (" in said


def test_traces_of_other_lengths_are_refused(model):
    with pytest.raises(TraceError, match="4 and 5 steps"):
        difference(rnnviz.edit(model, "four"), rnnviz.edit(model, "fives"))
