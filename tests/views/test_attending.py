"""What the panel of an attention gets to draw from."""

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace
from rnnviz.views import panels
from tests.views.looking import pooling, rewriting, transformer, translation
from tests.views.test_panels import unpacked


def test_the_weights_and_both_sentences_arrive_as_they_are():
    trace = translation("6 Nov 2025", "2025-11-06")
    data = panels.attending(trace, step=3).payload()
    assert np.array_equal(unpacked(data["weights"]), trace["attn.weights"].values)
    assert data["columns"]["tokens"] == [*"6·Nov·2025"]
    assert data["rows"]["tokens"] == [*"2025-11-06", "end"]
    assert (data["kind"], data["ends"], data["head"], data["step"]) == ("written", True, None, 3)


def test_the_guesses_of_a_step_are_those_that_it_wrote_from():
    trace = translation()
    guesses = panels.attending(trace).payload()["guesses"]
    guess, chance = unpacked(guesses["guess"]), unpacked(guesses["chance"])
    vocabulary = trace.labels["vocab"]
    for step, written in enumerate(trace.tokens):
        shown = [guesses["signs"][place].replace("end", "<end>") for place in guess[step]]
        assert shown == [vocabulary[i] for i in trace["out.topk.id"].values[step, :5]]
        came = guesses["came"][step]
        assert came == -1 or guesses["signs"][came].replace("end", "<end>") == written
    assert np.array_equal(chance, trace["out.topk.prob"].values[:, :5])


def test_after_a_token_that_was_read_comes_the_next_one():
    trace = transformer("3-4")
    made = dict(trace.quantities)
    made["out.topk.id"] = Quantity(np.array([[0, 1], [1, 0], [0, 1]]), ("step", "rank"))
    made["out.topk.prob"] = Quantity(np.array([[0.6, 0.4]] * 3), ("step", "rank"))
    trace = Trace({**trace.labels, "vocab": ("-", "4")}, made)
    guesses = panels.attending(trace, "l0.attn.weights").payload()["guesses"]
    assert [guesses["signs"][place] for place in guesses["came"]] == ["-", "4"]


@pytest.mark.parametrize("head", [0, 2])
def test_one_of_several_heads(head):
    trace = transformer(heads=3)
    data = panels.attending(trace, "l1.attn.weights", head=head).payload()
    assert np.array_equal(unpacked(data["weights"]), trace["l1.attn.weights"].values[head])
    assert (data["layer"], data["where"]) == ("l1", f"layer 2, head {head + 1}")


def test_without_a_head_their_mean_is_drawn_and_said():
    trace = transformer(heads=3)
    data = panels.attending(trace, "l0.attn.weights").payload()
    mean = trace["l0.attn.weights"].values.astype(np.float64).mean(0)
    assert np.abs(unpacked(data["weights"]) - mean).max() < 1e-7
    assert data["where"] == "layer 1, mean of 3 heads"


def test_what_the_mask_shuts_is_told_from_what_is_merely_0():
    data = panels.attending(transformer(causal=True), "l0.attn.weights").payload()
    assert np.array_equal(unpacked(data["shut"]), 1 - np.tri(14, dtype=np.uint8))
    assert panels.attending(transformer(causal=False), "l0.attn.weights").payload()["shut"] is None


def test_across_it_is_drawn_like_any_translation():
    trace = rewriting()
    data = panels.attending(trace, head=2, target="2025-11-06").payload()
    assert np.array_equal(unpacked(data["weights"]), trace["dec.l1.cross.weights"].values[2])
    assert (data["kind"], data["layer"], data["judged"]["right"]) == ("written", "dec.l1.cross", True)
    assert data["where"] == "layer 2 of the decoder, cross-attention, head 3"
    assert data["guesses"] == panels.attending(translation()).payload()["guesses"]


def test_what_it_looks_back_at_begins_with_the_start_and_is_shut_ahead():
    trace = rewriting(written="20-1")
    data = panels.attending(trace, "dec.l0.attn.weights", head=0, step=2, target="2011").payload()
    assert data["rows"]["tokens"] == [*"20-1", "end"]
    assert data["columns"]["tokens"] == ["start", *"20-1"]
    assert (data["rows"]["marks"], data["columns"]["marks"]) == ([4], [0])
    assert (data["kind"], data["ends"], data["step"]) == ("back", True, 2)
    assert data["where"] == "layer 1 of the decoder, self-attention, head 1"
    assert np.array_equal(unpacked(data["shut"]), 1 - np.tri(5, dtype=np.uint8))
    assert data["guesses"]["came"] == panels.attending(trace).payload()["guesses"]["came"]
    assert data["judged"]["wrong"] == [2]
    assert panels.attending(trace, "dec.l0.attn.weights", cell=(3, 1)).payload()["step"] == 3


def test_what_an_encoder_looks_at_are_steps_of_what_was_read():
    trace = rewriting("6 Nov", "2025-11-06")
    data = panels.attending(trace, "enc.l1.attn.weights", head=1).payload()
    assert data["tokens"] == data["rows"]["tokens"] == data["columns"]["tokens"] == [*"6·Nov"]
    assert (data["kind"], data["guesses"], data["where"]) == ("asked", None, "layer 2 of the encoder, head 2")
    with pytest.raises(ValueError, match=r"enc\.l1\.attn\.weights writes nothing"):
        panels.attending(trace, "enc.l1.attn.weights", target="x")


def test_an_answer_that_looks_once_is_a_row():
    trace = pooling("not bad")
    data = panels.attending(trace).payload()
    assert data["kind"] == "pooled"
    assert np.array_equal(unpacked(data["weights"]), trace["attn.weights"].values[None])
    assert data["columns"]["tokens"] == [*"not·bad"]
    assert data["guesses"] is None


def test_each_unit_of_an_answer_may_look_for_itself():
    random = np.random.default_rng(1)
    weights = random.dirichlet(np.ones(4), 3).astype(np.float32)
    trace = Trace({"step": tuple("good")}, {"attn.weights": Quantity(weights, ("unit", "step"))})
    data = panels.attending(trace).payload()
    assert (data["kind"], data["rows"]["tokens"]) == ("by unit", ["0", "1", "2"])


@pytest.mark.parametrize(
    ("written", "target", "right", "wrong"),
    [
        ("2025-11-06", "2025-11-06", True, []),
        ("2025-11-16", "2025-11-06", False, [8]),
        ("2025-04-25", "2025-03-04", False, [6, 8, 9]),
        ("2025-1-06", "2025-11-06", False, []),  # a letter is missing: none of those there is wrong
        ("2025-11-06", ["2025-06-11", "2025-11-06"], True, []),
        ("2025-11-07", ["1999-01-01", "2025-11-06"], False, [9]),
        ("", "2025", False, []),
    ],
)
def test_what_is_wrong_is_marked(written, target, right, wrong):
    judged = panels.attending(translation(written=written), target=target).payload()["judged"]
    assert (judged["right"], judged["wrong"]) == (right, wrong)


def test_an_answer_without_an_end_is_not_right():
    trace = translation(written="12")
    short = {
        name: Quantity(q.values[:2], q.dims) if q.dims[0] == "step" else q
        for name, q in trace.quantities.items()
    }
    judged = panels.attending(Trace({**trace.labels, "step": ("1", "2")}, short), target="12").payload()[
        "judged"
    ]
    assert (judged["right"], judged["ended"]) == (False, False)


def test_a_row_that_was_set_by_hand_is_known():
    trace = translation()
    row = trace["attn.weights"].values[4]
    data = panels.attending(trace, forced={4: [float(value) for value in row]}).payload()
    assert data["forced"] == [4]


def test_a_cell_brings_its_step():
    assert panels.attending(translation(), cell=(2, 5)).payload()["step"] == 2
    assert panels.attending(pooling(), cell=(0, 5)).payload()["step"] == 5
    data = panels.attending(translation(), cell=(2, 5), step=7).payload()
    assert (data["step"], data["cell"]) == (7, {"row": 2, "column": 5})


def test_a_payload_is_named_by_its_content():
    one, same, other = (panels.attending(translation(seed=seed)).payload() for seed in (1, 1, 2))
    assert one == same
    assert one["version"] != other["version"]


def test_200_by_200_travel_in_less_than_half_a_megabyte():
    assert (
        len(panels.attending(transformer("ab" * 100, layers=1, heads=2), "l0.attn.weights").encoded) < 500_000
    )


def test_nothing_written_and_nothing_read():
    empty = Trace({}, {"attn.weights": Quantity(np.zeros((0, 0), np.float32), ("step", "source"))})
    data = panels.attending(empty).payload()
    assert data["rows"]["tokens"] == data["columns"]["tokens"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"name": "attn.scores"},
            "'attn.scores' is not the name of weights of attention; there are: attn.weights",
        ),
        ({"name": "l3.attn.weights"}, "there are: attn.weights"),
        ({"head": 1}, "There is no head 1: there is only one"),
        ({"cell": (0, 10)}, "no cell 0, 10: there are 11 rows and 10 columns"),
        ({"target": []}, "no right answer among the targets"),
        ({"forced": {11: [0.1] * 10}}, "Row 11 cannot have been set: there are 11"),
        ({"forced": {1: [0.5, 0.5]}}, "was set to 2 weights, but it has 10 columns"),
        ({"forced": {1: [1.0] + [0.0] * 9}}, "recorded with other weights"),
    ],
)
def test_what_does_not_fit_is_answered_in_a_sentence(options, said):
    with pytest.raises(ValueError, match=said):
        panels.attending(translation(), **options)


def test_who_writes_nothing_has_no_target():
    with pytest.raises(ValueError, match=r"l0\.attn\.weights writes nothing"):
        panels.attending(transformer(), "l0.attn.weights", target="x")
