"""From a Trace to the network drawn over time: what each step reads, carries on, hands up and answers."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.figure import checked_order
from rnnviz.views.panels.builders import band, sentence_of
from rnnviz.views.panels.panel import Panel
from rnnviz.views.tokens import number, prose, sign
from rnnviz.views.units import checked_unit, story_of
from rnnviz.views.words import layer_of

SHOWN = 3  # answers of a step that are drawn, likeliest first
DECADES = 6  # powers of ten, at most, between the thinnest and the widest line of the gradient
GATES = {"lstm": 4, "gru": 3, "rnn": 1, "rnn_relu": 1}
NAMES = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "rnn_relu": "RNN"}


def unrolled(
    trace: Trace,
    *,
    orders: Mapping[str, Sequence[int]] | None = None,
    layer: str = "l0",
    unit: int | None = None,
    step: int | None = None,
    gradients: Mapping[str, np.ndarray] | None = None,
    cut: int | None = None,
    folded: bool = False,
) -> Panel:
    """The network folded, one cell with its loop, and unrolled over the sentence, its shared weights marked.

    orders: for a layer such as `l0` or `l0r` its units from first to last, else as they are numbered. layer,
    unit: what is emphasised. step: the step to begin with (the last if not given). gradients: for `l0.h`,
    `l0.c`, ... the norms |dL/dh_t| and |dL/dc_t|, (T,), L being the loss of the whole; they are drawn
    backwards, until the reader switches them off. cut: after so many steps truncated backpropagation cuts
    the way back. folded: begin with the loop.

    Language models show the likeliest next tokens and L_t, the loss of the token that comes next, in nats;
    taggers the answer of each step; classifiers the answer at the end, and what it would be were each step
    the last. Raises ValueError for a layer, unit, order or gradient that does not fit the trace.
    """
    checked_unit(unit or 0, story_of(trace, layer))
    if cut is not None and cut < 1:
        raise ValueError(f"cut is {cut}, but the way back can only be cut after 1 step or more.")
    told = _answers(trace)
    return Panel(
        "unrolled",
        {
            **sentence_of(trace, step),
            "cell": _name(trace),
            "title": f"{_name(trace)} unrolled in time",
            "foldedTitle": f"{_name(trace)} folded: one cell with its loop",
            "rows": [_row(trace, name, (orders or {}).get(name)) for name in _rows(trace)],
            "weights": _weights(trace, told),
            "x": _input(trace),
            "y": told,
            "layer": layer,
            "unit": unit,
            "gradients": _gradients(trace, gradients or {}),
            "cut": cut,
            "folded": folded,
            "started": "l0.h0" in trace,
        },
    )


def _name(trace: Trace) -> str:
    return NAMES.get(trace.meta["cell"], trace.meta["cell"])


def _rows(trace: Trace) -> list[str]:
    """The layers from below, the reverse direction over the forward one: l0, l0r, l1, l1r."""
    directions = trace.meta.get("directions", 1)
    return [f"l{k}{'r' * way}" for k in range(trace.meta["layers"]) for way in range(directions)]


def _row(trace: Trace, layer: str, order: Sequence[int] | None) -> dict[str, Any]:
    """What one layer carries on in one direction: the upper line first, so c before h."""
    states = [name for name in (f"{layer}.c", f"{layer}.h") if name in trace]
    return {
        "layer": layer,
        "level": int(layer[1:].removesuffix("r")),
        "reverse": layer.endswith("r"),
        "words": layer_of(f"{layer}.h"),
        "order": checked_order(order, trace[f"{layer}.h"].values.shape[1]),
        "states": [{**band(name, trace[name]), "values": _floats(trace[name].values)} for name in states],
    }


def _weights(trace: Trace, told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The matrices that are the same in every step, by the key that marks them: U0, W0, W0r, V."""
    units, directions = trace.meta["hidden"], trace.meta.get("directions", 1)
    many = trace.meta["layers"] > 1
    wide = GATES.get(trace.meta["cell"], 1) * units
    weights = {}
    for layer in _rows(trace):
        level, back = int(layer[1:].removesuffix("r")), "r" * layer.endswith("r")
        place = ("₁₂₃₄₅₆₇₈₉"[level] if level < 9 else str(level + 1)) * many + "ʳ" * len(back)
        inputs = trace["emb"].values.shape[1] if level == 0 else units * directions
        ends = f"l{level}{'_reverse' * len(back)}"
        weights[f"U{level}{back}"] = _matrix("U", place, "W_xh", f"weight_ih_{ends}", inputs, wide)
        weights[f"W{level}{back}"] = _matrix("W", place, "W_hh", f"weight_hh_{ends}", units, wide)
    if told["kind"] and not told["same"]:
        weights["V"] = _matrix("V", "", "W_hq", "out.weight", units * directions, told["width"])
    return weights


def _matrix(kind: str, place: str, article: str, torch: str, rows: int, columns: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "sign": kind + place,
        "name": article,
        "torch": torch,
        "size": f"{rows} × {columns}",
    }


def _input(trace: Trace) -> dict[str, Any]:
    """What is read at each step: which of `width` places is 1, or the numbers themselves (steps, width)."""
    quantity = trace["emb"]
    about = {**band("emb", quantity), "width": quantity.values.shape[1], "columns": []}
    if trace.meta.get("input") == "onehot":
        return {**about, "kind": "onehot", "hot": quantity.values.argmax(axis=1).astype(np.int32)}
    columns = [prose(name) for name in trace.labels.get("input", ())]
    kind = "numbers" if trace.meta.get("input") == "numbers" else "embedding"
    return {**about, "kind": kind, "columns": columns, "values": _floats(quantity.values)}


def _answers(trace: Trace) -> dict[str, Any]:
    """What comes out. kind: `next` (tokens), `each` (a class at each step), `sofar` (a class, were this the
    last step), `end` (a class after all steps), `numbers`; empty for a layer alone.
    """
    if "out.topk.id" in trace:
        return _next(trace)
    if "out.answer" in trace:
        quantity = trace["out.answer"]
        about = {**band("out.answer", quantity), "values": _floats(quantity.values)}
        return {
            "kind": "numbers",
            "width": quantity.values.shape[1],
            "same": _same(trace, "out.answer"),
            **about,
        }
    if "out.prob" not in trace:
        return {"kind": "", "width": 0, "same": True}
    quantity = trace["out.prob"]
    axis = quantity.dims[-1]
    chances = np.atleast_2d(quantity.values)
    names = [sign(name) if axis == "vocab" else prose(name) for name in trace.labels[axis]]
    kind = "end" if "step" not in quantity.dims else "sofar" if trace.meta["type"] == "classifier" else "each"
    about = {"kind": kind, "width": len(names), "same": _same(trace, "out.logits")}
    few = np.tile(np.arange(len(names)), (len(chances), 1))  # few classes stay in their places
    places = few if len(names) <= SHOWN else np.argsort(-chances, axis=1, kind="stable")[:, :SHOWN]
    return {**about, "readout": trace.meta.get("readout", "last"), **_ranked(names, places, chances)}


def _next(trace: Trace) -> dict[str, Any]:
    """Language models: the likeliest next tokens, the one that came, and L_t = out.loss[t + 1], in nats."""
    vocabulary = trace.labels["vocab"]
    ids = trace["out.topk.id"].values[:, :SHOWN]
    used, places = np.unique(ids, return_inverse=True)
    names = [vocabulary[index] for index in used]
    loss = np.append(trace["out.loss"].values[1:], np.nan)
    return {
        "kind": "next",
        "width": len(vocabulary),
        "same": False,
        "signs": [sign(name) for name in names],
        "guess": places.reshape(ids.shape).astype(np.uint16),
        "chance": _floats(trace["out.topk.prob"].values[:, :SHOWN]),
        "came": [names.index(token) if token in names else -1 for token in trace.tokens[1:]],
        "loss": _floats(loss),
        "ceiling": math.log(max(len(vocabulary), 2)),
    }


def _ranked(names: Sequence[str], places: np.ndarray, chances: np.ndarray) -> dict[str, Any]:
    chance = np.take_along_axis(chances, places, axis=1)
    return {"signs": list(names), "guess": places.astype(np.uint16), "chance": _floats(chance)}


def _same(trace: Trace, name: str) -> bool:
    """Whether h itself is the answer: then there is no V."""
    top = f"l{trace.meta['layers'] - 1}.h"
    return trace.meta.get("directions", 1) == 1 and np.array_equal(trace[name].values, trace[top].values)


def _gradients(trace: Trace, norms: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """The norms by name, and the ends of their logarithmic scale: whole powers of ten."""
    states = [
        f"{layer}.{letter}" for layer in _rows(trace) for letter in "hc" if f"{layer}.{letter}" in trace
    ]
    for name, values in norms.items():
        if name not in states:
            raise ValueError(
                f"There is no state {name!r} to have a gradient; there are: {', '.join(states)}."
            )
        if np.shape(values) != (len(trace),):
            raise ValueError(
                f"The gradient of {name} has the shape {np.shape(values)}, but there are {len(trace)} steps."
            )
    if not norms:
        return None
    finite = np.concatenate([np.asarray(values, dtype=float) for values in norms.values()])
    sizes = np.abs(finite[np.isfinite(finite) & (finite != 0)])
    high = 10.0 ** math.ceil(math.log10(sizes.max(initial=1e-300))) if sizes.size else 1.0
    least = 10.0 ** math.floor(math.log10(sizes.min(initial=high))) if sizes.size else 0.1
    low = min(max(least, high / 10.0**DECADES), high / 10)
    return {
        "norms": {name: np.asarray(values, dtype=np.float64) for name, values in norms.items()},
        "low": low,
        "high": high,
        "ends": [number(low), number(math.sqrt(low * high)), number(high)],
    }


def _floats(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)
