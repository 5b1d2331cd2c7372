"""What the circuit of a cell gets to draw from."""

import json

import numpy as np
import pytest

from rnnviz.views import panels
from rnnviz.views.panels.sums import addends
from tests.packed import unpacked
from tests.views.sums import GATES, Made

CELLS = ["rnn", "rnn_relu", "lstm", "gru"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layer", ["l0", "l0r"])
def test_it_carries_every_number_of_the_unit(cell, layer):
    made = Made(cell, layer=layer, start=True)
    data = panels.circuit(made.trace, made.sums(2), layer=layer, unit=2, step=1).payload()
    values = {name: unpacked(spec) for name, spec in data["values"].items()}
    for name, wanted in made.values.items():
        assert np.array_equal(values[name], wanted[:, 2])
    for state in ("h", "c") if cell == "lstm" else ("h",):
        assert np.array_equal(values[f"{state}_before"], made.before(state)[:, 2])
    assert (data["layer"], data["unit"], data["step"], data["backwards"]) == (layer, 2, 1, layer == "l0r")
    assert (data["cell"], data["squash"]) == (
        cell.partition("_")[0],
        "relu" if cell == "rnn_relu" else "tanh",
    )


def test_the_state_before_the_first_step_is_0_where_none_was_given():
    made = Made("lstm")
    data = panels.circuit(made.trace, made.sums(0)).payload()
    assert unpacked(data["values"]["h_before"])[0] == 0
    assert unpacked(data["values"]["c_before"])[0] == 0


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("onehot", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_the_parts_of_each_sum_add_up_to_it(cell, onehot, bias):
    made = Made(cell, onehot=onehot, bias=bias, seed=5)
    data = panels.circuit(made.trace, made.sums(1), unit=1).payload()
    assert list(data["addends"]) == list(GATES[cell])
    assert data["biased"] is bias
    for k, gate in enumerate(GATES[cell]):
        x, bias_i, h, bias_h = unpacked(data["addends"][gate]).T
        total = made.values["a" if cell.startswith("rnn") else f"a_{gate}"][:, 1]
        assert x + bias_i + h + bias_h == pytest.approx(total, abs=1e-12)
        assert x == pytest.approx(made.x @ made.w_i[k, 1], abs=1e-12)
        assert bias_i == pytest.approx(np.full(4, made.b_i[k, 1]), abs=1e-12)


def test_the_reset_gate_scales_the_state_and_its_bias_but_not_the_input():
    made = Made("gru", seed=2)
    terms = made.sums(3)["n"]
    open_, shut = addends(terms, scaled=False), addends(terms)
    r = made.values["r"][:, 3]
    assert shut[:, :2] == pytest.approx(open_[:, :2])
    assert shut[:, 2:] == pytest.approx(open_[:, 2:] * r[:, None])
    assert open_[:, 2:].sum(axis=1) == pytest.approx(made.values["n_h"][:, 3])


def test_it_says_how_each_value_is_coloured():
    bands = panels.circuit(Made("lstm").trace, Made("lstm").sums()).payload()["bands"]
    assert list(bands) == ["h", "c", "i", "f", "g", "o"]
    assert [bands[letter]["scale"] for letter in "hf"] == ["diverging", "sequential"]
    assert bands["f"]["reading"]["low"] == "the cell forgets"


def test_it_says_what_it_reads_where_that_is_no_token():
    data = panels.circuit(Made().trace, Made().sums()).payload()
    assert (data["reads"], data["says"]) == ("a one-hot row", "")
    numbers = Made(onehot=False)
    assert panels.circuit(numbers.trace, numbers.sums()).payload()["says"] == "a number"
    above = Made(layer="l1", onehot=False)
    assert panels.circuit(above.trace, above.sums(), layer="l1").payload()["says"] == "h of layer 1"


def test_it_is_small_and_named_by_its_content():
    one, same, other = (panels.circuit(made.trace, made.sums()) for made in (Made(), Made(), Made(seed=1)))
    assert one.encoded == same.encoded
    assert json.loads(one.encoded)["version"] != json.loads(other.encoded)["version"]
    long = Made("lstm", text="ab" * 100)
    assert len(panels.circuit(long.trace, long.sums()).encoded) < 150_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": 9}, "Unit 9 does not exist"),
        ({"layer": "l3"}, "no layer 'l3' here; there are: l0"),
        ({"unit": 1}, "The sums are of unit 0 of l0, and this is unit 1 of l0"),
        ({"sums": {}}, "no sum to look into"),
        ({"sums": {"f": Made().sums()["f"]}}, "sums of i, g, o are missing; there are: f"),
        ({"sums": {"i": Made().sums(0)["i"], "f": Made().sums(1)["f"]}}, "should be of one unit"),
        ({"sums": Made(text="longer").sums()}, "trace has 4 steps, but the sums have"),
    ],
)
def test_what_does_not_fit_is_answered_in_a_sentence(change, said):
    made = Made()
    with pytest.raises(ValueError, match=said):
        panels.circuit(made.trace, **({"sums": made.sums(0)} | change))
