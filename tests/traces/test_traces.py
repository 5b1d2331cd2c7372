"""Trace and Quantity: frozen and named, and what can be taken from them."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace, TraceError
from tests.traces.small import STEPS, TOKENS, UNITS, same, small


def test_a_quantity_is_frozen_and_its_values_are_its_own():
    source = np.zeros((STEPS, UNITS))
    quantity = Quantity(source, ("step", "unit"))
    source[0, 0] = 1
    assert quantity.values[0, 0] == 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        quantity.kind = "gate"
    with pytest.raises(ValueError, match="read-only"):
        quantity.values[0, 0] = 1


def test_a_trace_is_frozen():
    trace = small()
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.meta = {}
    for mapping, key in [(trace.quantities, "l0.h"), (trace.labels, "step"), (trace.meta, "model")]:
        with pytest.raises(TypeError):
            mapping[key] = None


def test_what_was_handed_in_can_change_without_harm():
    labels, meta = {"step": ["a", "b"]}, {"model": "m", "unknown": [0]}
    trace = Trace(labels, {"x": Quantity(np.zeros(2), ("step",))}, meta)
    labels["step"].append("c")
    meta["model"] = "other"
    meta["unknown"].append(1)
    assert trace.labels["step"] == ("a", "b")
    assert trace.meta["model"] == "m"
    assert list(trace.meta["unknown"]) == [0]


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda t: pickle.loads(pickle.dumps(t))])
def test_it_can_be_copied_and_sent_and_stays_frozen(again):
    trace = again(small())
    same(trace, small())
    with pytest.raises(ValueError, match="read-only"):
        trace["l0.h"].values[0, 0] = 1


def test_it_is_found_by_name():
    trace = small()
    assert trace["l0.h"].values.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert trace.names == ("l0.h", "l0.f", "out.loss", "out.perplexity")
    assert "l0.f" in trace
    assert "l0.c" not in trace
    assert len(trace) == STEPS
    assert trace.tokens == TOKENS


def test_a_wrong_name_is_answered_with_the_right_ones():
    with pytest.raises(KeyError) as caught:
        small()["l0.c"]
    assert isinstance(caught.value, TraceError)
    assert str(caught.value) == (
        "There is no quantity 'l0.c' here; there are: l0.h, l0.f, out.loss, out.perplexity."
    )


def test_a_wrong_axis_is_answered_with_the_right_ones():
    with pytest.raises(
        TraceError, match=r"no axis 'time'.*step.*source.*query.*key.*head.*unit.*input.*vocab.*rank"
    ):
        Quantity(np.zeros(2), ("time",))
    with pytest.raises(TraceError, match=r"no axis 'head' here; the axes are step, unit"):
        small()["l0.h"].axis("head")
    with pytest.raises(TraceError, match="the axes are none"):
        small()["out.perplexity"].axis("step")


def test_axes_and_array_must_fit():
    with pytest.raises(TraceError, match=r"2 axes, \(3, 2\), but the names \('step',\)"):
        Quantity(np.zeros((3, 2)), ("step",))


def test_labels_and_array_must_fit():
    with pytest.raises(TraceError, match="x has 3 places on the axis step, which has 2 labels"):
        Trace({"step": ("a", "b")}, {"x": Quantity(np.zeros(3), ("step",))})


def test_at_a_step():
    moment = small().at(1)
    assert moment["l0.h"].values.tolist() == [2, 3]
    assert moment["l0.h"].dims == ("unit",)
    assert moment["out.loss"].values == 1
    assert moment["l0.h"].domain == (-1.0, 1.0)
    assert "out.perplexity" not in moment
    assert (moment.meta["step"], moment.meta["token"]) == (1, "\n")
    assert moment.meta["model"] == "made-up"


def test_a_step_can_be_counted_from_the_end():
    assert small().at(-1)["l0.h"].values.tolist() == [4, 5]
    assert small().at(-1).meta["step"] == 2


@pytest.mark.parametrize("step", [3, -4, 100])
def test_a_step_that_does_not_exist(step):
    with pytest.raises(TraceError, match=rf"step {step} does not exist: there are 3, 0 to 2"):
        small().at(step)


def test_at_any_axis():
    quantity = small()["l0.h"].at("unit", 1)
    assert quantity.values.tolist() == [1, 3, 5]
    assert quantity.dims == ("step",)
    with pytest.raises(TraceError, match="unit 2 does not exist"):
        small()["l0.h"].at("unit", 2)


def test_select_by_kind_and_axes():
    trace = small()
    assert trace.select(kind="gate").names == ("l0.f",)
    assert trace.select(dims=("step",)).names == ("out.loss",)
    assert trace.select(kind="loss", dims=()).names == ("out.perplexity",)
    chosen = trace.select(kind="loss")
    assert chosen.names == ("out.loss", "out.perplexity")
    assert chosen.tokens == TOKENS
    assert chosen.meta == trace.meta


def test_select_nothing_says_what_there_is():
    with pytest.raises(TraceError, match=r"kinds: gate, loss, state; axes: \(\), \(step\), \(step, unit\)"):
        small().select(kind="gates")


def test_repr_says_the_text_and_the_names():
    assert repr(small()) == r"Trace('a\né', 3 steps: l0.h, l0.f, out.loss, out.perplexity)"
    assert len(repr(small(tuple("x" * 500)))) < 200
