"""The film strip: what it gets to draw from."""

import json
import math

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace, UnknownQuantityError
from rnnviz.views import panels
from tests.packed import unpacked
from tests.views.films import STEPS, domained, frames
from tests.views.looking import rewriting, translation
from tests.views.made import make_trace


def test_a_film_holds_the_numbers_of_every_frame_in_one_order_of_units():
    traces = frames()
    order = [3, 1, 5]
    given = dict(reversed(traces.items()))  # by step, however they come
    data = panels.film(given, "l0.f", order=order, ordered="three of them").payload()
    assert data["trained"] == list(STEPS)
    shown = unpacked(data["frames"])
    assert shown.shape == (len(STEPS), len(order), 4)
    for place, step in enumerate(STEPS):
        assert np.array_equal(shown[place], traces[step]["l0.f"].values.T[order])
    assert (data["rows"], data["labels"]) == (order, ["3", "1", "5"])
    assert data["title"] == "f: forget gate, layer 1"
    assert "three of them; 0: the cell forgets" in data["caption"]
    assert data["tokens"] == list("time")
    json.dumps(data, allow_nan=False)


def test_what_was_measured_stands_below_its_frame():
    measured = {0: 70.93, 4: None, 16: 12.345, 512: 3.0}
    assert panels.film(frames(), measured=measured).data["measured"] == ["70.9", "", "", "12.3", "", ""]
    accuracy = panels.film(frames(), measured={0: 0.0912, 64: 0.9817}, metric="held-out accuracy")
    assert accuracy.data["measured"] == ["9.1 %", "", "", "", "98 %", ""]
    assert accuracy.data["metric"] == "held-out accuracy"


def test_all_frames_have_one_scale_of_colours():
    data = panels.film(frames(), "l0.c").data
    assert (data["low"], data["high"], data["bent"]) == (-5.0, 5.0, True)
    data = panels.film(frames(), "l0.f").data
    assert (data["low"], data["high"], data["scale"]) == (0.0, 1.0, "sequential")


def test_without_a_known_range_the_scale_is_a_power_of_two_and_rests_as_frames_are_added():
    traces = {
        step: domained(trace, "l0.a_f", None, factor=factor)
        for (step, trace), factor in zip(frames().items(), (0.1, 0.2, 0.9, 0.95, 1.0, 1.9), strict=True)
    }
    highest = [
        panels.film(dict(list(traces.items())[:count]), "l0.a_f").data["high"] for count in range(1, 7)
    ]
    reach = max(abs(trace["l0.a_f"].values).max() for trace in traces.values())
    assert highest[-1] == 2.0 ** math.ceil(math.log2(reach))
    assert highest[2:5] == [4.0, 4.0, 4.0]
    assert all(math.log2(high).is_integer() for high in highest)


def test_frames_that_know_of_different_ranges_are_drawn_with_the_widest():
    traces = frames((0, 8))
    traces = {
        0: domained(traces[0], "l0.c", (-3.0, 3.0), 0.1),
        8: domained(traces[8], "l0.c", (-11.0, 11.0), 0.1),
    }
    assert panels.film(traces, "l0.c").data["high"] == 16.0


def test_a_missing_value_stays_missing_in_its_frame():
    traces = frames((0, 2))
    values = np.array(traces[2]["l0.h"].values)
    values[1, 4] = np.nan
    hole = Quantity(values, ("step", "unit"), "h", "hidden state", "state", (-1.0, 1.0))
    traces[2] = Trace(traces[2].labels, {"l0.h": hole})
    shown = unpacked(panels.film(traces).payload()["frames"])
    assert np.argwhere(np.isnan(shown)).tolist() == [[1, 4, 1]]


def test_rows_are_equally_high_and_the_large_frame_is_never_taller_than_its_place():
    for units in (1, 6, 32, 100, 256, 300, 301, 700):
        height = panels.film(frames((0,), text="ab", units=units)).data["height"]
        assert height <= 300
        assert units > 300 or units < 6 or height % units == 0


@pytest.mark.parametrize(
    ("name", "said", "columns", "rows", "caption"),
    [
        (
            "dec.l1.cross.weights",
            "layer 2 of the decoder, cross-attention, mean of 3 heads",
            [*"20-1", "end"],
            [*"6·Nov"],
            "5 tokens that are read, in their order",
        ),
        (
            "dec.l0.attn.weights",
            "layer 1 of the decoder, self-attention, mean of 3 heads",
            [*"20-1", "end"],
            ["start", *"20-1"],
            "5 tokens that were written before, the start first",
        ),
        (
            "enc.l1.attn.weights",
            "layer 2 of the encoder, mean of 3 heads",
            [*"6·Nov"],
            [*"6·Nov"],
            "5 tokens that are read, in their order",
        ),
    ],
)
def test_of_several_heads_the_mean_is_filmed_and_who_looks_is_a_step(name, said, columns, rows, caption):
    traces = {step: rewriting("6 Nov", "20-1") for step in (0, 8)}
    data = panels.film(traces, name).payload()
    mean = traces[8][name].values.astype(np.float64).mean(0)
    assert np.abs(unpacked(data["frames"])[1] - mean.T).max() < 1e-6
    assert data["title"].endswith(said)
    assert (data["tokens"], data["labels"], data["caption"]) == (columns, rows, caption)


def test_the_end_of_what_is_written_is_a_word():
    data = panels.film({0: translation("6 Nov", "20-1")}, "attn.weights").payload()
    assert (data["tokens"], data["marks"]) == ([*"20-1", "end"], [4])
    assert panels.film(frames()).payload()["marks"] == []


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: panels.film({}), "at least one frame"),
        (lambda: panels.film({0: make_trace("time"), 1: make_trace("tide")}), "one sentence"),
        (lambda: panels.film({0: make_trace(units=6), 1: make_trace(units=7)}), "one model"),
        (lambda: panels.film(frames(), "l0.k"), "l0.h"),
        (lambda: panels.film(frames(), "out.surprise"), "cannot be drawn here"),
        (lambda: panels.film(frames(), order=[6]), "there are 6, 0 to 5"),
    ],
)
def test_what_does_not_fit_is_answered_in_a_sentence(ask, answer):
    with pytest.raises((ValueError, UnknownQuantityError), match=answer):
        ask()
