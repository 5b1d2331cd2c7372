"""What the network drawn over time gets to draw from."""

import numpy as np
import pytest

from rnnviz.quantities import meaning
from rnnviz.traces import Quantity, Trace
from rnnviz.views import panels
from tests.packed import unpacked
from tests.views.made import make_trace


def network(
    text="time traveller", cell="lstm", kind="language", layers=2, directions=1, units=6, seed=3, **answers
):
    """A trace of any kind of model, filled with seeded random numbers."""
    random = np.random.default_rng(seed)
    steps = len(text)

    def quantity(name, values, dims):
        what = meaning(name, cell, kind)
        return Quantity(values.astype(np.float32), dims, what.symbol, what.label, what.kind, what.domain)

    rows = [f"l{k}{'r' * way}" for k in range(layers) for way in range(directions)]
    letters = "hc" if cell == "lstm" else "h"
    quantities = {
        f"{row}.{letter}": quantity(
            f"{row}.{letter}", random.uniform(-1, 1, (steps, units)), ("step", "unit")
        )
        for row in rows
        for letter in letters
    }
    quantities["emb"] = quantity("emb", random.normal(size=(steps, 4)), ("step", "input"))
    labels = {"step": tuple(text)}
    for name, (values, dims, names) in answers.items():
        full = f"out.{name}"
        quantities[full] = quantity(full, values, dims)
        labels |= {dims[-1]: names} if names else {}
    meta = {"cell": cell, "layers": layers, "hidden": units, "directions": directions, "type": kind}
    return Trace(labels, quantities, meta | {"input": "embedding"})


def spoken(text="time traveller"):
    """A language model's trace with its losses, one-hot."""
    trace = make_trace(text, layers=2)
    loss = trace["out.surprise"].values * np.float32(np.log(2))
    ids = [trace.labels["vocab"].index(token) for token in text]
    what = meaning("out.loss", "lstm")
    more = {
        "out.loss": Quantity(loss, ("step",), what.symbol, what.label, what.kind),
        "emb": Quantity(np.eye(28, dtype=np.float32)[ids], ("step", "input"), "x", "input", "input"),
    }
    return Trace(
        trace.labels, {**trace.quantities, **more}, {**trace.meta, "type": "language", "input": "onehot"}
    )


def test_rows_stand_from_below_the_reverse_direction_over_the_forward_one():
    data = panels.unrolled(network(directions=2)).payload()
    assert [row["layer"] for row in data["rows"]] == ["l0", "l0r", "l1", "l1r"]
    assert [row["reverse"] for row in data["rows"]] == [False, True, False, True]
    assert [row["level"] for row in data["rows"]] == [0, 0, 1, 1]


@pytest.mark.parametrize(("cell", "letters"), [("lstm", ["c", "h"]), ("gru", ["h"]), ("rnn", ["h"])])
def test_a_row_carries_its_states_c_over_h(cell, letters):
    trace = network(cell=cell)
    for row in panels.unrolled(trace).payload()["rows"]:
        assert [state["name"] for state in row["states"]] == letters
        for state in row["states"]:
            assert np.array_equal(unpacked(state["values"]), trace[state["quantity"]].values)


def test_each_layer_has_its_own_order_of_units():
    rows = panels.unrolled(network(), orders={"l1": [5, 3, 1, 0, 2, 4]}).payload()["rows"]
    assert rows[0]["order"] == [0, 1, 2, 3, 4, 5]
    assert rows[1]["order"] == [5, 3, 1, 0, 2, 4]


def test_the_shared_matrices_have_their_sizes():
    weights = panels.unrolled(network(cell="gru", directions=2, units=6)).payload()["weights"]
    sizes = {key: weight["size"] for key, weight in weights.items()}
    assert sizes == {
        "U0": "4 × 18",
        "W0": "6 × 18",
        "U0r": "4 × 18",
        "W0r": "6 × 18",
        "U1": "12 × 18",
        "W1": "6 × 18",
        "U1r": "12 × 18",
        "W1r": "6 × 18",
    }
    assert weights["U1r"] | {"size": ""} == {
        "kind": "U",
        "sign": "U₂ʳ",
        "name": "W_xh",
        "torch": "weight_ih_l1_reverse",
        "size": "",
    }


def test_one_layer_has_plain_letters():
    weights = panels.unrolled(spoken()).payload()["weights"]
    assert weights["V"]["size"] == "6 × 28"
    single = panels.unrolled(network(layers=1)).payload()["weights"]
    assert [weight["sign"] for weight in single.values()] == ["U", "W"]


def test_the_loss_of_a_step_is_that_of_the_token_that_comes_next():
    trace = spoken()
    told = panels.unrolled(trace).payload()["y"]
    loss = unpacked(told["loss"])
    assert np.array_equal(loss[:-1], trace["out.loss"].values[1:])
    assert np.isnan(loss[-1])


def test_what_is_expected_next_and_what_came():
    trace = spoken("aaaaaaab")
    told = panels.unrolled(trace).payload()["y"]
    guess, chance = unpacked(told["guess"]), unpacked(told["chance"])
    vocabulary = trace.labels["vocab"]
    for step in range(len(trace)):
        best = [vocabulary[index] for index in trace["out.topk.id"].values[step, :3]]
        assert [told["signs"][place] for place in guess[step]] == [token.replace(" ", "·") for token in best]
        assert np.array_equal(chance[step], trace["out.topk.prob"].values[step, :3])
    assert len(told["came"]) == len(trace) - 1
    for step, place in enumerate(told["came"]):
        assert place == -1 or told["signs"][place] == trace.tokens[step + 1]


def test_a_one_hot_input_is_the_place_of_its_1():
    trace = spoken("a b")
    told = panels.unrolled(trace).payload()["x"]
    assert (told["kind"], told["width"]) == ("onehot", 28)
    assert unpacked(told["hot"]).tolist() == trace["emb"].values.argmax(axis=1).tolist()
    assert "values" not in told


def test_other_inputs_are_their_numbers():
    trace = network()
    told = panels.unrolled(trace).payload()["x"]
    assert told["kind"] == "embedding"
    assert np.array_equal(unpacked(told["values"]), trace["emb"].values)


def chances(steps, classes, seed=5):
    return np.random.default_rng(seed).dirichlet(np.ones(classes), steps)


def test_a_tagger_answers_each_step_likeliest_first():
    names = ("ant", "bee", "cat", "dog")
    prob = chances(5, 4)
    answers = dict(prob=(prob, ("step", "class"), names), logits=(np.log(prob), ("step", "class"), names))
    told = panels.unrolled(network("abcde", kind="tagger", **answers)).payload()["y"]
    assert told["kind"] == "each"
    assert unpacked(told["guess"]).tolist() == np.argsort(-prob.astype(np.float32), axis=1)[:, :3].tolist()
    assert (np.diff(unpacked(told["chance"]), axis=1) <= 0).all()


def test_few_classes_stay_in_their_places():
    prob = chances(5, 2)
    answers = dict(
        prob=(prob, ("step", "class"), ("no", "yes")), logits=(prob, ("step", "class"), ("no", "yes"))
    )
    told = panels.unrolled(network("abcde", kind="classifier", **answers)).payload()["y"]
    assert told["kind"] == "sofar"
    assert told["signs"] == ["no", "yes"]
    assert unpacked(told["guess"]).tolist() == [[0, 1]] * 5
    assert np.array_equal(unpacked(told["chance"]), prob.astype(np.float32))


def test_two_directions_answer_once():
    prob = chances(1, 2)[0]
    answers = dict(prob=(prob, ("class",), ("no", "yes")), logits=(prob, ("class",), ("no", "yes")))
    data = panels.unrolled(network("abcde", kind="classifier", directions=2, **answers)).payload()
    assert data["y"]["kind"] == "end"
    assert unpacked(data["y"]["chance"]).shape == (1, 2)
    assert data["weights"]["V"]["size"] == "12 × 2"


def test_where_h_itself_is_the_answer_there_is_no_v():
    trace = network("abcde", cell="rnn", kind="tagger", layers=1, units=3)
    h = trace["l0.h"].values
    names = ("a", "b", "c")
    answers = dict(prob=(chances(5, 3), ("step", "class"), names), logits=(h, ("step", "class"), names))
    same = panels.unrolled(network("abcde", cell="rnn", kind="tagger", layers=1, units=3, **answers))
    assert "V" not in same.payload()["weights"]


def test_gradients_travel_with_a_scale_of_whole_powers_of_ten():
    trace = network("abcde")
    norms = np.array([3e-5, 2e-3, 0.0, 0.04, 0.3])
    told = panels.unrolled(trace, gradients={"l0.h": norms}, cut=2).payload()
    assert np.array_equal(unpacked(told["gradients"]["norms"]["l0.h"]), norms)
    assert (told["gradients"]["low"], told["gradients"]["high"]) == (pytest.approx(1e-5), 1.0)
    assert told["cut"] == 2
    assert panels.unrolled(trace).payload()["gradients"] is None
    still = panels.unrolled(trace, gradients={"l0.h": np.zeros(5)}).payload()
    assert still["gradients"]["high"] == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(layer="l7"), "no layer 'l7'"),
        (dict(unit=6), "Unit 6 does not exist"),
        (dict(unit=-1), "Unit -1 does not exist"),
        (dict(cut=0), "cut is 0"),
        (dict(gradients={"l0.f": np.ones(14)}), "no state 'l0.f'"),
        (dict(gradients={"l0.h": np.ones(13)}), "there are 14 steps"),
        (dict(orders={"l0": [0, 99]}), "99"),
    ],
)
def test_what_does_not_fit_is_answered_with_a_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        panels.unrolled(network(), **options)


def test_the_document_stands_alone_and_reads_no_text_as_markup():
    page = panels.unrolled(network("<img src=x onerror=alert(1)></script>")).to_html()
    assert "<img" not in page
    assert page.count("</script>") == 2
