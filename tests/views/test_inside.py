"""Inside a training: weights, gradients and gates, by the numbers in the figure."""

import json

import numpy as np
import pytest

from rnnviz.views import gates, panels, theme
from tests.packed import unpacked
from tests.views.insides import BOTH, GATES, STEPS, events, kept


def test_layers_are_told_by_their_names():
    assert panels.layers_of(events()) == ("l0", "l1", "out")
    assert panels.layers_of([]) == ()
    assert panels.layers_of(events(layers=BOTH)) == (*BOTH, "out")


@pytest.mark.parametrize("cell", GATES)
def test_the_weights_of_a_layer_stand_matrix_by_matrix_with_its_gates_side_by_side(cell):
    told = events(cell)
    data = panels.weights(told, "l1").payload()
    names = [f"{matrix} {gate}" for matrix in ("W_ih", "W_hh", "b_ih", "b_hh") for gate in GATES[cell]]
    assert data["names"] == names
    assert data["columns"] == len(GATES[cell])
    assert data["steps"] == list(STEPS)
    values = unpacked(data["values"])
    for place, name in enumerate(names):
        wanted = [event["weights"]["l1." + name.replace(" ", ".")] for event in kept(told)]
        assert np.allclose(values[place], wanted, rtol=1e-6)
    assert data["title"] == "Weights, layer 2"
    json.dumps(data, allow_nan=False)


def test_all_weights_of_a_layer_have_one_scale_that_holds_them_and_is_round():
    data = panels.weights(events(), "l0").data
    largest = np.abs(data["values"]).max()
    assert largest <= data["high"] < 2 * largest
    assert data["low"] == -data["high"]
    mantissa = float(f"{data['high']:e}".partition("e")[0])
    assert mantissa in (1, 1.5, 2, 3, 5, 7)


@pytest.mark.parametrize("cell", GATES)
def test_gradients_begin_after_the_first_step_and_are_not_told_twice(cell):
    told = events(cell, layers=("l0",))
    data = panels.gradients(told).data
    assert np.isnan(data["values"][:, 0]).all()
    assert np.isfinite(data["values"][:, 1:]).all()
    twice = [name for name in data["names"] if name.startswith("b_hh")]
    assert twice == (["b_hh n"] if cell == "gru" else [])
    assert data["high"] >= np.nanmax(np.abs(data["values"])) > data["high"] / 10
    assert data["unit"] == pytest.approx(data["high"] / 10_000)
    assert "by ratio beyond" in data["caption"]


def test_the_gates_tell_their_shares():
    told = events()
    data = panels.gates(told).data
    assert data["names"][:2] == ["i: input gate, layer 1", "f: forget gate, layer 1"]
    assert data["columns"] == 3
    wanted = [[event["saturated"][name] for event in kept(told)] for name in ("l0.i", "l0.f", "l0.o")]
    assert np.allclose(data["values"][:3], wanted)


def test_a_run_that_has_just_begun_or_has_no_gates_is_drawn():
    for told in ([], events("rnn", steps=(0,))):
        assert panels.gates(told).payload()["names"] == []
        panels.weights(told).payload()
        panels.gradients(told).payload()
        assert gates.saturated.spec(told)["layer"]
    assert panels.weights([]).data["steps"] == []


def test_a_number_that_is_none_is_a_gap():
    told = events()
    kept(told)[3]["weights"]["l0.W_ih.i"] = [None, 0.0, 0.1, 0.2, None]
    values = panels.weights(told).data["values"]
    assert np.isnan(values[0, 3]).tolist() == [True, False, False, False, True]


def test_a_step_that_is_told_again_after_a_resume_counts_once():
    told = events()
    again = kept(events(seed=1))[2]
    data = panels.weights([*told, again]).data
    assert data["steps"] == list(STEPS)
    assert np.allclose(data["values"][0, 2], again["weights"]["l0.W_ih.i"])


def test_another_layer_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match="there are: l0, l1, out"):
        panels.weights(events(), "l2")


def shares(**by_gate):
    return [{"kind": "kept", "step": 128, "weights": {}, "gradients": {}, "saturated": by_gate}]


@pytest.mark.parametrize(
    ("by_gate", "said"),
    [
        (
            {"l0.f": [0.02, 0.62], "l0.i": [0.7, 0.1], "l0.o": [0.2, 0.2]},
            "After 128 steps 2 of 3 gates are saturated, with most of their values below 0.1 or above 0.9: "
            "the input gate of layer 1 (70 % below 0.1: the cell takes in nothing new); "
            "the forget gate of layer 1 (62 % above 0.9: the cell remembers).",
        ),
        (
            {"l0.z": [0.9, 0.0], "l0.r": [0.3, 0.1]},
            "After 128 steps 1 of 2 gates is saturated, with most of its values below 0.1 or above 0.9: "
            "the update gate of layer 1 (90 % below 0.1: the unit takes the new value).",
        ),
        (
            {"l0.z": [0.1, 0.3], "l1r.r": [0.05, 0.1]},
            "After 128 steps no gate is saturated: the update gate of layer 1 comes nearest, "
            "with 30 % of its values above 0.9 and 10 % below 0.1.",
        ),
        ({"l0.z": [0.0, 0.0]}, "After 128 steps no gate has a value below 0.1 or above 0.9."),
        ({}, "This cell has no gates that could saturate."),
    ],
)
def test_which_gates_are_saturated_in_a_sentence(by_gate, said):
    assert gates.saturation(shares(**by_gate)) == said


def test_nothing_is_said_before_anything_was_kept():
    assert gates.saturation([{"kind": "step", "step": 1}]) == ""
    assert gates.saturation(events(steps=(0,))).startswith("Before training ")
    assert gates.saturation(events(steps=(0, 1))).startswith("After 1 step ")


def test_a_gate_stands_where_its_shares_are_with_the_way_it_came():
    told = events()
    spec = gates.saturated.spec(told, theme="dark")
    rows = spec["data"]["values"]
    now = {row["gate"]: (row["shut"], row["open"]) for row in rows if row["part"] == "now"}
    assert list(now) == ["i₁", "f₁", "o₁", "i₂", "f₂", "o₂"]
    assert now["f₂"] == tuple(kept(told)[-1]["saturated"]["l1.f"])
    way = [(row["shut"], row["open"]) for row in rows if row["part"] == "way" and row["gate"] == "o₁"]
    assert way == [tuple(event["saturated"]["l0.o"]) for event in kept(told)]
    assert spec["background"] == theme.palette("dark")["paper"]
    other = gates.saturated.spec(told[:4], theme="dark")
    assert {**spec, "data": None} == {**other, "data": None}
    assert gates.saturated(told).to_dict()["layer"]
