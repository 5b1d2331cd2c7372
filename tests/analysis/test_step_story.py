"""What is said of a unit at a step is checked against the numbers that it speaks of."""

import re

import numpy as np
import pytest

import rnnviz
from rnnviz.analysis import step_story
from rnnviz.breakdown import terms
from rnnviz.ui.gallery import reads_text

SUMS = {"lstm": "ifgoch", "gru": "rznh", "rnn": "h"}
NAMES = [entry.name for entry in rnnviz.catalogue() if reads_text(entry)]


def told(name, layer, unit, step):
    model = rnnviz.load(name)
    text = "never a good dog" if name != "hello-rnn" else "hello"
    trace = rnnviz.trace(model, text)
    sums = {letter: terms(model, trace, f"{layer}.{letter}", unit) for letter in SUMS[model.cell]}
    return step_story(trace, sums, step), trace, sums


def number(value, signed=False):
    return f"{value:{'+' if signed else ''}.3g}".replace("-", "−")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", [0, 3])
def test_the_sentence_tells_the_numbers_of_the_trace(name, step):
    said, trace, sums = told(name, "l0", 5, step)
    h = trace["l0.h"].values[:, 5]
    assert number(float(h[step])) in said
    if "l0.c" in trace:
        c = trace["l0.c"].values[:, 5]
        before = c[step - 1] if step else 0.0
        assert f"c goes from {number(float(before))} to {number(float(c[step]))}" in said
    elif "l0.z" in trace:
        before = h[step - 1] if step else 0.0
        assert f"h goes from {number(float(before))} to {number(float(h[step]))}" in said
    decisive = sums.get("f") or sums.get("z") or sums["h"]
    values = decisive.values(step)
    assert said.endswith(f": {number(values[np.abs(values).argmax()], True)}.")
    assert f"Of the {len(values)} terms of" in said


def test_where_the_largest_term_comes_from_is_said_in_words():
    said, _, _ = told("timemachine-lstm", "l0", 79, 3)
    assert re.search(r"the largest is (the token “.”|the bias b_.f|h of unit \d+ at the step before): ", said)
    assert "the step after" not in said
    below = {told("hello-rnn", "l1", unit, 2)[0].rpartition("is ")[2].rpartition(":")[0] for unit in range(8)}
    assert any("of the layer below" in each or "at the step before" in each for each in below)
    back = {told("sentiment-bilstm", "l0r", unit, step)[0] for unit in range(16) for step in (2, 7, 11)}
    assert any("at the step after" in each for each in back)
    assert not any("at the step before" in each for each in back)


def test_shares_are_those_of_the_gates():
    said, trace, _ = told("timemachine-lstm", "l0", 79, 5)
    keep, take, show = (float(trace[f"l0.{letter}"].values[5, 79]) for letter in "fio")
    found = [float(share) / 100 for share in re.findall(r"([\d.]+) %", said)]
    assert found == pytest.approx([keep, take, show], abs=0.005)
