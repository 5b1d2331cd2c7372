"""Numbers of random models of every kind taken apart: every term is what it says, and all of them add up."""

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.breakdown import explain, terms
from rnnviz.folders import shipped_folder
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.nn import LAYERS
from rnnviz.quantities import GATES
from rnnviz.record import record
from tests.breakdown.asked import SERIES, TEXT, VOCABULARY, language, start_of, sums_of
from tests.cases import mostly_slow
from tests.record.compare import CELLS, lively

SHIPPED = [
    entry.name
    for entry in rnnviz.catalogue()
    if entry.path.parent == shipped_folder() and entry.type in ("language", "tagger", "classifier")
]
TOLERANCE = {torch.float32: 2e-6, torch.float64: 1e-12}
ROUNDING = {torch.float32: 1e-7, torch.float64: 1e-15}
ACTIVATIONS = {
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "identity": lambda a: a,
}


def models(cell, dtype):
    """A model of each type and input, one way and both, and what it reads."""
    tokens, chosen = (VOCABULARY, ("good", "bad", "neither")), {"cell": cell, "hidden": 5}
    yield language(cell, dtype, layers=2, dropout=0.5), TEXT
    yield language(cell, dtype, input="embedding", embedding=3), "the *unknown*"
    for directions in (1, 2):
        both = chosen | {"directions": directions}
        yield lively(Tagger(4, 3, layers=2, **both), dtype), SERIES
        yield lively(Tagger(*tokens, layers=3, **both), dtype), TEXT
        yield lively(Tagger(4, 5 * directions, head="none", **both), dtype), SERIES
        for readout in ("last", "mean"):
            yield lively(Classifier(*tokens, layers=2, readout=readout, **both), dtype), TEXT
            yield lively(Classifier(4, tokens[1], readout=readout, **both), dtype), SERIES


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["single", "double"])
@pytest.mark.parametrize("cell", mostly_slow(CELLS, "lstm"))
def test_the_terms_of_every_number_add_up_and_its_activation_is_the_traces_value(cell, dtype):
    random = np.random.default_rng(0)
    for model, input in models(cell, dtype):
        for begun in (None, start_of(model)):
            trace = record(model, input, begun, compare=False)
            for name in sums_of(model, trace):
                unit = int(random.integers(trace[name].values.shape[-1]))
                found = terms(model, trace, name, unit)
                for step in range(len(found.total)):
                    error = abs(found.remainder(step)) / max(1, abs(found.values(step)).sum())
                    assert error <= TOLERANCE[dtype], (name, step)
                made = ACTIVATIONS[found.activation](found.total.astype(np.float64))
                np.testing.assert_allclose(found.value, made, rtol=ROUNDING[dtype], atol=ROUNDING[dtype])
                quantity = trace[name].values[..., unit]
                total = name.partition(".")[2] in ("a", "n_x", "n_h") or ".a_" in name
                np.testing.assert_array_equal(found.total if total else found.value, np.atleast_1d(quantity))
                assert found.weight.dtype == found.value.dtype == quantity.dtype


@pytest.mark.parametrize("cell", CELLS)
def test_without_biases_there_are_none(cell):
    model = language(cell)
    model.rnn = LAYERS[cell](len(VOCABULARY), 6, bias=False).double()
    trace = record(model, TEXT)
    for name in sums_of(model, trace)[:-1]:
        found = terms(model, trace, name, 2)
        assert not [source for source in found.sources if source.startswith("b_")]
        assert max(abs(found.remainder(step)) for step in range(len(trace))) < 1e-14


BIASES = {
    "rnn": {"h": "b_ih b_hh", "a": "b_ih b_hh"},
    "lstm": {gate: f"b_i{gate} b_h{gate}" for gate in "ifgo"},
    "gru": {gate: f"b_i{gate} b_h{gate}" for gate in "rzn"} | {"n_x": "b_in", "n_h": "b_hn"},
}


@pytest.mark.parametrize("way", ["", "r"])
@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("cell", BIASES)
def test_each_weight_meets_the_number_it_says(cell, layer, way):
    """A term l1r.h[3] of gate f has the weight of that row and column, and the input of the right step."""
    model = lively(Tagger(4, 3, cell=cell, hidden=5, layers=2, directions=2))
    model.columns = ("rain", "", "=wind", "sun")
    trace = record(model, SERIES, start_of(model))
    place = f"l{layer}{'_reverse' if way else ''}"
    weights = {name: value.numpy() for name, value in model.rnn.state_dict().items()}
    starts = start_of(model)
    start = (starts[0] if cell == "lstm" else starts)[2 * layer + bool(way), 0].numpy()
    below = [f"l0{side}.h" for side in ("", "r")]
    for letter, biases in BIASES[cell].items():
        gate = letter[0] if cell != "rnn" else "h"
        row = 5 * GATES[cell].index(gate) + 2
        found = terms(model, trace, f"l{layer}{way}.{letter}", 2)
        inputs = (
            [f"{name}[{unit}]" for name in below for unit in range(5)]
            if layer
            else ["rain", "x[1]", "=wind", "sun"]
        )
        first, *second = biases.split()
        states = [f"l{layer}{way}.h[{unit}]" for unit in range(5)]
        parts = {"n_x": [*inputs, first], "n_h": [*states, first]}
        assert list(found.sources) == parts.get(letter, [*inputs, first, *states, *second])
        for step in (0, 4, 8):
            table = explain(model, trace, f"l{layer}{way}.{letter}", step, 2)
            x = np.concatenate([trace[n].values[step] for n in below]) if layer else SERIES[step]
            before = step + 1 if way else step - 1
            h = trace[f"l{layer}{way}.h"].values[before] if 0 <= before < 9 else start
            own = {"ih": (inputs, x), "hh": (states, h)}
            for kind, (names, values) in own.items():
                if names[0] not in found.sources:
                    continue
                at = found.sources.index(names[0])
                part = table.iloc[at : at + len(names) + 1]
                wanted = [*weights[f"weight_{kind}_{place}"][row], weights[f"bias_{kind}_{place}"][row]]
                np.testing.assert_array_equal(part["weight"], wanted)
                np.testing.assert_array_equal(part["input"], [*values, 1.0])
                scale = trace[f"l{layer}{way}.r"].values[step, 2] if (letter, kind) == ("n", "hh") else 1.0
                np.testing.assert_array_equal(part["scale"], scale)


def test_a_gate_and_its_sum_are_taken_apart_alike():
    model = language("lstm")
    trace = record(model, TEXT)
    for step in (0, 9):
        a, b = (explain(model, trace, name, step, 3) for name in ("l0.f", "l0.a_f"))
        assert a.equals(b)


def test_a_step_is_explained_alike_wherever_the_reading_began():
    for cell in CELLS:
        model = language(cell, layers=2)
        with torch.no_grad():
            _, after = model(model.ids(TEXT[:7])[:, None])
        whole, tail = record(model, TEXT), record(model, TEXT[7:], after)
        for name in sums_of(model, whole):
            a, b = explain(model, whole, name, 7, 1), explain(model, tail, name, 0, 1)
            assert a["source"].tolist() == b["source"].tolist()
            np.testing.assert_allclose(a.iloc[:, 1:], b.iloc[:, 1:], rtol=0, atol=1e-12)


def test_steps_and_units_count_from_the_end_too():
    model = language("gru")
    trace = record(model, TEXT)
    assert explain(model, trace, "l0.n", -1, -2).equals(explain(model, trace, "l0.n", len(TEXT) - 1, 4))
    assert terms(model, trace, "l0.n", -2).unit == 4


@pytest.mark.parametrize("name", SHIPPED)
def test_any_number_of_any_model_that_ships_adds_up(name):
    model, random = rnnviz.load(name), np.random.default_rng(0)
    text = "the rain in Spain (stays [mainly] in the plain)"
    trace = rnnviz.trace(model, text if model.vocabulary else random.normal(size=(28, model.inputs)))
    names = sums_of(model, trace)
    for _ in range(12):
        each = names[random.integers(len(names))]
        step, unit = int(random.integers(len(trace))), int(random.integers(trace[each].values.shape[-1]))
        table, found = rnnviz.explain(model, trace, each, step, unit), terms(model, trace, each, unit)
        total = float(found.total[step])
        assert abs(table["value"].sum() - total) <= 5e-6 * max(1, abs(total)), (each, step, unit)
        made = ACTIVATIONS[found.activation](total)
        assert found.value[step] == pytest.approx(made, rel=2e-7, abs=1e-7)
