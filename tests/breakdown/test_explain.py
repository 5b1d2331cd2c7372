"""Numbers taken apart: by hand for cells of two units, and for random models of every kind."""

import re

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.breakdown import explain, terms
from rnnviz.folders import shipped_folder
from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import LAYERS
from rnnviz.quantities import CELL_MEANINGS, GATES
from rnnviz.record import record
from rnnviz.traces import Trace
from tests.cases import mostly_slow
from tests.record.compare import CELLS, lively

SHIPPED = [
    entry.name
    for entry in rnnviz.catalogue()
    if entry.path.parent == shipped_folder() and entry.type in ("language", "tagger", "classifier")
]
TEXT = "the time traveller"
VOCABULARY = Vocabulary.of("the time traveller (for so it will be convenient)")
SERIES = np.random.default_rng(0).normal(size=(9, 4))
TOLERANCE = {torch.float32: 2e-6, torch.float64: 1e-12}
ROUNDING = {torch.float32: 1e-7, torch.float64: 1e-15}
ACTIVATIONS = {
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "identity": lambda a: a,
}


def language(cell="lstm", dtype=torch.float64, **settings) -> LanguageModel:
    return lively(LanguageModel(VOCABULARY, cell, **({"hidden": 6} | settings)), dtype)


def start_of(model, seed=0):
    """A random state to begin with."""
    random = torch.Generator().manual_seed(seed)
    shape = (model.layers * model.directions, 1, model.hidden)
    dtype = model.rnn.weight_hh_l0.dtype
    parts = tuple(
        torch.rand(shape, generator=random, dtype=dtype) * 2 - 1 for _ in model.rnn.cell_type.carried
    )
    return parts if len(parts) > 1 else parts[0]


def sums_of(model, trace) -> list[str]:
    """Everything that should be a sum: all of a layer's values, and the answer."""
    letters = set(CELL_MEANINGS[model.cell])
    return [
        name
        for name in trace.names
        if name in ("out.logits", "out.answer") or (name[0] == "l" and name.partition(".")[2] in letters)
    ]


# --- by hand


def by_hand(cell: str, **weights) -> LanguageModel:
    """A model of two units that reads a and b, all weights 0 but for those given, by gate: W_ih, W_hh, ..."""
    model = LanguageModel(Vocabulary(("<unk>", "a", "b")), cell, hidden=2).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        for name, values in weights.items():
            kind, _, gate = name.rpartition("_")
            rows = slice(2 * GATES[cell].index(gate), 2 * GATES[cell].index(gate) + 2)
            getattr(model.rnn, f"{kind}_l0")[rows] = torch.tensor(values, dtype=torch.float64)
    return model


def state(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 2)


def rows(table) -> list[tuple]:
    return list(table.itertuples(index=False, name=None))


def test_an_rnn_by_hand():
    model = by_hand(
        "rnn",
        weight_ih_h=[[0, 0, 0], [7, 0.5, -2]],
        weight_hh_h=[[0, 0], [3, 4]],
        bias_ih_h=[0, 0.25],
        bias_hh_h=[0, -1],
    )
    trace = record(model, "b", state(0.5, -0.25))
    assert rows(explain(model, trace, "l0.h", 0, 1)) == [
        ("b", -2.0, 1.0, 1.0, -2.0),
        ("b_ih", 0.25, 1.0, 1.0, 0.25),
        ("l0.h[0]", 3.0, 0.5, 1.0, 1.5),
        ("l0.h[1]", 4.0, -0.25, 1.0, -1.0),
        ("b_hh", -1.0, 1.0, 1.0, -1.0),
    ]
    found = terms(model, trace, "l0.h", 1)
    assert (found.total[0], found.activation, found.symbol) == (-2.25, "tanh", "h")
    assert found.value[0] == pytest.approx(np.tanh(-2.25), rel=1e-15)


def test_an_lstm_by_hand():
    model = by_hand(
        "lstm",
        weight_ih_f=[[0, 2, 5], [0, 0, 0]],
        weight_hh_f=[[-1, 0.5], [0, 0]],
        bias_ih_f=[-4, 0],
        bias_hh_f=[2, 0],
        bias_ih_g=[np.arctanh(0.5), 0],
    )
    trace = record(model, "a", (state(1, 2), state(3, -4)))
    assert rows(explain(model, trace, "l0.f", 0, 0)) == [
        ("a", 2.0, 1.0, 1.0, 2.0),
        ("b_if", -4.0, 1.0, 1.0, -4.0),
        ("l0.h[0]", -1.0, 1.0, 1.0, -1.0),
        ("l0.h[1]", 0.5, 2.0, 1.0, 1.0),
        ("b_hf", 2.0, 1.0, 1.0, 2.0),
    ]
    assert trace["l0.f"].values[0].tolist() == [0.5, 0.5]  # the sum is 0
    (kept, written), (shown,) = (rows(explain(model, trace, f"l0.{letter}", 0, 0)) for letter in "ch")
    assert kept == ("l0.c[0]", 0.5, 3.0, 1.0, 1.5)
    assert written == ("l0.g[0]", 0.5, pytest.approx(0.5), 1.0, pytest.approx(0.25))
    assert shown == (
        "tanh(l0.c[0])",
        0.5,
        pytest.approx(np.tanh(1.75)),
        1.0,
        pytest.approx(np.tanh(1.75) / 2),
    )
    kept, written = rows(explain(model, trace, "l0.c", 0, 1))
    assert kept == ("l0.c[1]", 0.5, -4.0, 1.0, -2.0)
    assert written == ("l0.g[1]", 0.5, 0.0, 1.0, 0.0)


def test_a_gru_by_hand():
    model = by_hand(
        "gru",
        weight_ih_n=[[0, 0, 0], [0, 1, -1]],
        weight_hh_n=[[0, 0], [2, -4]],
        bias_ih_n=[0, 0.5],
        bias_hh_n=[0, 3],
        bias_ih_z=[0, np.log(3)],
    )
    trace = record(model, "a", state(1, 0.25))
    half = [("a", 1.0, 1.0, 1.0, 1.0), ("b_in", 0.5, 1.0, 1.0, 0.5)]
    assert rows(explain(model, trace, "l0.n", 0, 1)) == [
        *half,
        ("l0.h[0]", 2.0, 1.0, 0.5, 1.0),
        ("l0.h[1]", -4.0, 0.25, 0.5, -0.5),
        ("b_hn", 3.0, 1.0, 0.5, 1.5),
    ]
    assert terms(model, trace, "l0.n", 1).total[0] == 3.5
    assert rows(explain(model, trace, "l0.n_x", 0, 1)) == half
    assert [row[3:] for row in rows(explain(model, trace, "l0.n_h", 0, 1))] == [
        (1.0, 2.0), (1.0, -1.0), (1.0, 3.0),
    ]  # fmt: skip
    written, kept = rows(explain(model, trace, "l0.h", 0, 1))
    n = pytest.approx(np.tanh(3.5))
    assert written == ("l0.n[1]", pytest.approx(0.25), n, 1.0, pytest.approx(np.tanh(3.5) / 4))
    assert kept == ("l0.h[1]", pytest.approx(0.75), 0.25, 1.0, pytest.approx(0.1875))


# --- every kind of model


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


# --- answers


def test_a_classifier_that_reads_both_ways_answers_once():
    model = lively(Classifier(4, ("a", "b"), cell="lstm", hidden=3, directions=2))
    trace = record(model, SERIES)
    table = explain(model, trace, "out.logits", -1, 1)
    assert table["source"].tolist() == [
        *(f"l0.h[{u}]" for u in range(3)), *(f"l0r.h[{u}]" for u in range(3)), "b_out",
    ]  # fmt: skip
    h = [*trace["l0.h"].values[-1], *trace["l0r.h"].values[0], 1.0]
    np.testing.assert_array_equal(table["input"], h)
    assert table["value"].sum() == pytest.approx(trace["out.logits"].values[1], abs=1e-14)
    assert len(terms(model, trace, "out.logits", 0).total) == 1
    with pytest.raises(ValueError, match="answers once, at step 8, not 3"):
        explain(model, trace, "out.logits", 3, 0)


def test_a_mean_is_over_the_steps_so_far():
    model = lively(Classifier(4, ("a", "b"), cell="gru", hidden=3, readout="mean"))
    trace = record(model, SERIES)
    table = explain(model, trace, "out.logits", 4, 0)
    assert table["source"].tolist() == [*(f"mean l0.h[{u}]" for u in range(3)), "b_out"]
    np.testing.assert_allclose(table["input"][:3], trace["l0.h"].values[:5].mean(axis=0), rtol=1e-14)


def test_without_a_head_the_state_is_the_answer():
    model = lively(Tagger(4, 3, cell="rnn", hidden=3, head="none"))
    trace = record(model, SERIES)
    h = trace["l0.h"].values[5, 1]
    assert rows(explain(model, trace, "out.answer", 5, 1)) == [("l0.h[1]", 1.0, h, 1.0, h)]


# --- what comes from elsewhere, and what is wrong


def test_a_saved_trace_is_explained_as_the_one_it_was(tmp_path):
    model = language("lstm")
    trace = record(model, TEXT, start_of(model))
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    assert explain(model, again, "l0.c", 0, 2).equals(explain(model, trace, "l0.c", 0, 2))


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


@pytest.mark.parametrize(
    ("name", "step", "unit", "sentence"),
    [
        ("l0.z", 0, 0, "'l0.z' is no sum that can be taken apart; these are: l0.h, l0.c, l0.i, "),
        ("emb", 0, 0, "'emb' is no sum"),
        ("out.prob", 0, 0, "'out.prob' is no sum"),
        ("l0.c0", 0, 0, "'l0.c0' is no sum"),
        ("l0.f", 18, 0, "There is no step 18: there are 18, 0 to 17."),
        ("l0.f", -19, 0, "There is no step -19"),
        ("l0.f", 0, 6, "l0.f has no unit 6: there are 6, 0 to 5."),
        ("l0.f", 0, -7, "l0.f has no unit -7"),
        ("out.logits", 0, 99, f"out.logits has no vocab 99: there are {len(VOCABULARY)}, 0 to "),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(name, step, unit, sentence):
    model = language("lstm")
    with pytest.raises(ValueError, match=re.escape(sentence)):
        explain(model, record(model, TEXT, start_of(model)), name, step, unit)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (language("gru"), "its cell is 'gru', the model's 'lstm'"),
        (language("lstm", hidden=7), "its hidden is 7, the model's 6"),
        (language("lstm", layers=2), "its layers is 2, the model's 1"),
        (language("lstm", input="embedding"), "its input is 'embedding', the model's 'onehot'"),
        (lively(Tagger(VOCABULARY, 3, hidden=6)), "its type is 'tagger', the model's 'language'"),
        (lively(LanguageModel(Vocabulary.of("the time"), hidden=6)), "its inputs is 7, the model's"),
        (language("lstm"), "This trace is of other weights: its l0.f of unit 0 comes from the sum"),
    ],
)
def test_a_trace_of_another_model_is_refused(other, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        explain(language("lstm"), record(other, "the time"), "l0.f", 3, 0)


def test_one_step_of_a_trace_is_not_enough():
    model = language("lstm")
    with pytest.raises(ValueError, match="give the whole trace"):
        explain(model, record(model, TEXT).at(3), "l0.f", 0, 0)


def test_numbers_beyond_all_bounds_are_told_as_they_are():
    model = language("rnn_relu")
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(1e200)
    trace = record(model, TEXT, compare=False)
    assert np.isinf(trace["l0.h"].values[-1]).any()
    assert len(terms(model, trace, "l0.h", 0).total) == len(TEXT)
