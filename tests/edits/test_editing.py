"""Traces with something changed: against the same computation with the value put in by hand."""

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.edits import Change, edit, parse
from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.record import record
from tests.cases import every
from tests.edits.by_hand import read
from tests.record.compare import CELLS, lively, weights_of

VOCABULARY = Vocabulary.of("the time traveller")
TEXT = "time travels"
UNITS = 6
LETTERS = {"lstm": "i f g o c h", "gru": "n_x n_h r z n h", "rnn": "h", "rnn_relu": "h"}
CHANGES = ["[*]=0", "[2]@3=0.7", "[0,3:5]@2:6*=1.5", "[1]@4:=hold", "@5:*=0.5", "[*]@0=-0.25", "[4]@:3=1"]


def language(cell, dtype=torch.float64, **settings):
    return lively(LanguageModel(VOCABULARY, cell, hidden=UNITS, **settings), dtype)


def by_hand(model, text, change, start=None):
    """Every value of the layer, with the change made where it says, by plain numpy."""
    held = {}

    def put(t, letter, value):
        if f"l0.{letter}" != change.name:
            return value
        value = value.copy()
        if t not in change.steps:
            held["value"] = value
            return value
        for unit in range(UNITS):
            if unit in change.units:
                before = held["value"][unit] if held else 0.0
                value[unit] = {"=": change.value, "*=": value[unit] * change.value, "hold": before}[
                    change.how
                ]
        return value

    rows = np.eye(len(VOCABULARY))[VOCABULARY.encode(text)]
    zeros = {"h": np.zeros(UNITS), "c": np.zeros(UNITS)}
    return read(model.cell, weights_of(model), rows, start or zeros, put)


@pytest.mark.parametrize(
    ("cell", "letter"), [(cell, letter) for cell in CELLS for letter in LETTERS[cell].split()]
)
@every("what", CHANGES)
def test_every_edited_value_is_what_it_is_with_the_value_put_in_by_hand(cell, letter, what):
    if "hold" in what and letter not in "hc":
        what = "[1]@4:=hold"
    model = language(cell)
    (change,) = parse(f"l0.{letter}{what}")
    found, wanted = edit(model, TEXT, change), by_hand(model, TEXT, change)
    for name, values in wanted.items():
        np.testing.assert_allclose(found[f"l0.{name}"].values, values, rtol=0, atol=1e-12, err_msg=name)
    logits = wanted["h"] @ weights_of(model)["out.weight"].T + weights_of(model)["out.bias"]
    np.testing.assert_allclose(found["out.logits"].values, logits, rtol=0, atol=1e-11)


@pytest.mark.parametrize("cell", CELLS)
@every("dtype", [torch.float32, torch.float64])
def test_an_edit_that_changes_nothing_makes_no_difference_at_all(cell, dtype):
    model = language(cell, dtype, layers=2)
    original = edit(model, TEXT)
    h = float(original["l0.h"].values[4, 2])
    for nothing in (["l1.h*=1"], ["l0.h[2]@4:5=" + repr(h)], [f"text@3={TEXT[3]}"]):
        again = edit(model, TEXT, nothing)
        for name in original.names:
            np.testing.assert_array_equal(original[name].values, again[name].values, err_msg=name)


@pytest.mark.parametrize("cell", CELLS)
def test_what_comes_before_an_edit_is_untouched_and_what_follows_is_not(cell):
    model = language(cell, layers=2)
    original = edit(model, TEXT)
    for letter in LETTERS[cell].split():
        edited = edit(model, TEXT, f"l0.{letter}[*]@5=0.9")
        for name in original.names:
            if "step" not in original[name].dims:
                continue
            a, b = (np.nan_to_num(trace[name].values[:5]) for trace in (original, edited))
            np.testing.assert_array_equal(a, b, err_msg=name)
        assert np.abs(original["l1.h"].values[5:] - edited["l1.h"].values[5:]).max() > 1e-6


def test_forcing_the_reset_gate_of_a_gru_really_changes_h():
    model = rnnviz.load("timemachine-gru")
    original, shut = edit(model, "the time"), edit(model, "the time", "l0.r=0")
    assert np.abs(shut["l0.r"].values).max() == 0
    assert np.abs(original["l0.h"].values - shut["l0.h"].values)[1:].max() > 0.1


def test_without_edits_it_is_the_trace():
    model = language("lstm")
    for name in record(model, TEXT).names:
        np.testing.assert_allclose(
            edit(model, TEXT)[name].values, record(model, TEXT)[name].values, rtol=0, atol=1e-12
        )


def test_several_edits_are_made_in_their_order():
    model = language("gru")
    trace = edit(model, TEXT, ["l0.h[1]@3=0.5", "l0.h[1]@3*=2", "text@0=v"])
    assert trace["l0.h"].values[3, 1] == 1.0
    assert trace.tokens[0] == "v"
    assert trace.meta["edits"] == ("l0.h[1]@3=0.5", "l0.h[1]@3*=2", "text@0=v")
    np.testing.assert_array_equal(edit(model, "v" + TEXT[1:])["l0.h"].values[:3], trace["l0.h"].values[:3])


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_of_another_text_is_carried_over(cell):
    model = language(cell, layers=2)
    joined, begun = edit(model, "the " + TEXT), edit(model, TEXT, "start=the ")
    for name in begun.names:
        if name.startswith("l") and begun[name].dims == ("step", "unit"):
            np.testing.assert_allclose(begun[name].values, joined[name].values[4:], rtol=0, atol=1e-12)
    held = edit(model, TEXT, ["start=the ", "l0.h[2]@0=hold"])
    assert held["l0.h"].values[0, 2] == held["l0.h0"].values[2]


def test_the_reverse_direction_is_edited_at_the_places_of_the_text():
    model = lively(Classifier(VOCABULARY, ("a", "b"), cell="lstm", hidden=5, directions=2))
    original, edited = edit(model, TEXT), edit(model, TEXT, "l0r.h[*]@4=0")
    assert np.abs(edited["l0r.h"].values[4]).max() == 0
    np.testing.assert_array_equal(original["l0r.h"].values[5:], edited["l0r.h"].values[5:])
    np.testing.assert_array_equal(original["l0.h"].values, edited["l0.h"].values)
    assert np.abs(original["l0r.h"].values[:4] - edited["l0r.h"].values[:4]).max() > 0
    held = edit(model, TEXT, "l0r.f[1]@4=hold")
    assert held["l0r.f"].values[4, 1] == original["l0r.f"].values[5, 1]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("l0.q=0", "these can: l0.i, l0.f, l0.g, l0.o, l0.c, l0.h"),
        ("l1.h=0", "'l1.h' cannot be changed here"),
        ("l0.a_f=0", "'l0.a_f' cannot be changed here"),
        ("l0.h[6]=0", "there are 6 units, 0 to 5"),
        ("l0.h@12=0", "there are 12 steps, 0 to 11"),
        ("text@12=x", "there are 12 steps, 0 to 11"),
        ("l0.f@0:3=hold", "nothing comes before step 0"),
    ],
)
def test_what_does_not_fit_is_answered_with_what_there_is(what, words):
    with pytest.raises(ValueError, match=words.replace("[", r"\[")):
        edit(language("lstm"), TEXT, what)


def test_a_text_and_a_model_that_reads_one_way_are_needed():
    with pytest.raises(ValueError, match="There is no text"):
        edit(language("gru"), "", "l0.h=0")
    both = lively(Classifier(VOCABULARY, ("a", "b"), hidden=5, directions=2))
    with pytest.raises(ValueError, match="begins at both ends"):
        edit(both, TEXT, "start=the")


def test_a_change_can_be_made_without_the_grammar():
    model = language("gru")
    np.testing.assert_array_equal(
        edit(model, TEXT, Change("l0.z", value=1.0))["l0.h"].values, np.zeros((len(TEXT), UNITS))
    )
