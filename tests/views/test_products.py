"""What the panel of products gets to draw from."""

import numpy as np
import pytest

from rnnviz.views import panels
from tests.packed import unpacked
from tests.views.sums import ALL, GATES, Made

CELLS = ["rnn", "rnn_relu", "lstm", "gru"]


def whole(columns, steps):
    """The (T, N) array again, as the browser puts it together."""
    fixed, moving, values = (unpacked(columns[part]) for part in ("fixed", "moving", "values"))
    array = np.tile(fixed, (steps, 1))
    array[:, moving] = values
    return array


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("onehot", [True, False])
@pytest.mark.parametrize("layer", ["l0", "l0r"])
def test_every_term_of_every_sum_arrives(cell, onehot, layer):
    made = Made(cell, "time traveller", onehot=onehot, layer=layer, start=True, seed=4)
    sums = made.sums(1)
    data = panels.products(made.trace, sums).payload()
    assert [gate["letter"] for gate in data["gates"]] == list(ALL[cell])
    for gate in data["gates"]:
        terms = sums[gate["letter"]]
        assert gate["sources"] == list(terms.sources)
        assert np.array_equal(whole(gate["weight"], 14), terms.weight)
        assert np.array_equal(whole(data["inputs"][gate["input"]], 14), terms.input)
        assert np.array_equal(whole(gate["scale"], 14), terms.scale)
        assert np.array_equal(unpacked(gate["total"]), terms.total)
        assert np.array_equal(unpacked(gate["value"]), terms.value)


@pytest.mark.parametrize("cell", CELLS)
def test_what_gates_share_is_sent_once(cell):
    made = Made(cell, "time")
    data = panels.products(made.trace, made.sums()).payload()
    shared = {gate["input"] for gate in data["gates"] if gate["letter"] in GATES[cell]}
    assert len(shared) == 1
    assert len(data["inputs"]) == len(ALL[cell]) - len(GATES[cell]) + 1


def test_a_scale_that_all_have_is_sent_once():
    made = Made("gru", "time traveller", units=20)
    n = next(
        gate for gate in panels.products(made.trace, made.sums()).payload()["gates"] if gate["letter"] == "n"
    )
    assert unpacked(n["scale"]["values"]).shape == (14, 1)
    assert len(unpacked(n["scale"]["moving"])) == 21  # the units and their bias


def test_it_stays_small_for_a_long_text_and_many_units():
    random = np.random.default_rng(0)
    made = Made("lstm", "ab" * 100, units=4)
    sums = {}
    for letter, terms in made.sums().items():
        if letter in "ch":
            sums[letter] = terms
            continue
        shape = (200, 512)  # as of a second layer of 256 units
        inputs = np.random.default_rng(1).normal(size=shape).astype(np.float32)
        weight = np.tile(random.normal(size=512).astype(np.float32), (200, 1))
        names = tuple(f"l0.h[{unit}]" for unit in range(512))
        sums[letter] = type(terms)(
            terms.name, 0, letter, names, terms.tokens, weight, inputs, np.ones(shape, np.float32),
            terms.total, terms.value, terms.activation,
        )  # fmt: skip
    assert len(panels.products(made.trace, sums).encoded) < 1_000_000


def test_it_begins_where_it_is_told():
    made = Made("gru")
    data = panels.products(made.trace, made.sums(2), gate="z", step=3, shown=5).payload()
    assert (data["gate"], data["step"], data["shown"], data["unit"]) == ("z", 3, 5, 2)
    assert panels.products(made.trace, made.sums(2)).payload()["gate"] is None


def test_it_says_what_the_state_before_the_first_step_was():
    assert panels.products(Made().trace, Made().sums()).payload()["start"] == "0"
    given = Made(start=True)
    assert panels.products(given.trace, given.sums()).payload()["start"] == "as it was given"


def test_a_gate_is_read_in_words_a_state_is_not():
    gates = {gate["letter"]: gate for gate in panels.products(Made().trace, Made().sums()).payload()["gates"]}
    assert gates["f"]["reading"]["high"] == "the cell remembers"
    assert gates["c"]["reading"] is None
    assert [gates[letter]["activation"] for letter in "ifgoch"] == [
        "sigmoid", "sigmoid", "tanh", "sigmoid", "identity", "identity",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gate": "q"}, "There is no sum 'q' here; there are: i, f, g, o, c, h"),
        ({"sums": {}}, "no sum to look into"),
        ({"sums": {"i": Made().sums(0)["i"], "f": Made().sums(1)["f"]}}, "l0.f of unit 1, l0.i of unit 0"),
        ({"sums": Made(text="longer").sums()}, "trace has 4 steps"),
    ],
)
def test_what_does_not_fit_is_answered_in_a_sentence(change, said):
    made = Made()
    with pytest.raises(ValueError, match=said):
        panels.products(made.trace, **({"sums": made.sums(0)} | change))
