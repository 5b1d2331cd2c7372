"""From a Trace to the data of each panel."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.traces import Quantity, Trace
from rnnviz.views.figure import Spec, checked_order, steps_of
from rnnviz.views.heatmaps import caption_of, height_of, title_of
from rnnviz.views.panels.panel import Panel
from rnnviz.views.theme import scale_of
from rnnviz.views.tokens import HIDDEN_SIGN, code_point, number, sign
from rnnviz.views.units import checked_unit, story_of
from rnnviz.views.words import READINGS, gate_of, layer_of

READ = "What was read, and what had been expected"
GUESSES = 8  # how many guesses of each step travel to the browser


def ribbon(
    trace: Trace,
    *,
    step: int | None = None,
    written_from: int | None = None,
    title: str = READ,
    highest: float = 0.0,
) -> Panel:
    """Every character in its cell, coloured by surprise; below it the first guess for its place; below that
    the bits.

    step: the step to begin with (the last if not given). written_from: the first step that the model wrote
    itself. highest: bits that its axis has to reach at least, for two ribbons that are to be compared.
    """
    own = {
        "title": title,
        "highest": highest,
        "surprise": _floats(trace["out.surprise"].values),
        "ceiling": blind_guess(trace),
    }
    unknown = [int(place) for place in trace.meta.get("unknown", ())]
    return Panel(
        "ribbon",
        {
            **sentence_of(trace, step),
            **_guesses(trace),
            **own,
            "unknown": unknown,
            "written_from": written_from,
        },
    )


def player(trace: Trace, *, step: int | None = None, guesses: int = 5) -> Panel:
    """Play, slider and keys to walk through the steps, and what the model expects after each of them."""
    own = {"surprise": _floats(trace["out.surprise"].values), "shown": min(guesses, GUESSES)}
    return Panel("player", {**sentence_of(trace, step), **_guesses(trace), **own})


def heatmap(
    trace: Trace,
    name: str = "l0.h",
    *,
    order: Sequence[int] | None = None,
    ordered: str = "",
    unit: int | None = None,
    step: int | None = None,
) -> Panel:
    """`rnnviz.views.heatmap` as a panel: a cell can be clicked, the chosen step and unit are outlined."""
    quantity = trace[name]
    axis = steps_of(trace, name, dims=2)[1]
    rows = checked_order(order, quantity.values.shape[1])
    signs = trace.labels.get(axis)
    own = {
        "title": title_of(trace, name),
        "caption": caption_of(trace, name, len(rows), order is not None, ordered),
        "z": np.ascontiguousarray(quantity.values.T[rows], dtype=np.float32),
        "rows": rows,
        "labels": [sign(signs[row]) if signs else str(row) for row in rows],
        "height": height_of(len(rows)),
        "row": unit,
    }
    return Panel("heatmap", {**sentence_of(trace, step), **own, **band(name, quantity)})


def figure(spec: Spec, **data: Any) -> Panel:
    """Any Plotly figure, as the dict that a view's ``spec`` gives, drawn in place. ``title`` and ``caption``
    stand above it; with ``tokens`` its columns are steps, in line with the other panels.
    """
    return Panel("figure", {"spec": spec, **data})


def unit(
    trace: Trace,
    unit: int = 0,
    *,
    layer: str = "l0",
    preactivations: bool = False,
    step: int | None = None,
    lead: str | None = None,
) -> Panel:
    """All gates and states of one unit as bands over the sentence, and the sentence coloured by one of them.

    lead: the quantity that colours the sentence until the reader picks another; the first if not given.
    """
    story = story_of(trace, layer, preactivations)
    unit = checked_unit(unit, story)
    bands = [
        {**band(name, quantity), "values": _floats(quantity.values[:, unit])}
        for name, quantity in story.items()
    ]
    words = {"title": f"Unit {unit}, {layer_of(f'{layer}.h')}", "unit": unit}
    return Panel("unit", {**sentence_of(trace, step), **words, "bands": bands, "lead": lead})


def band(name: str, quantity: Quantity) -> dict[str, Any]:
    """What the browser must know of a quantity to draw it: its words, its colours, its ends."""
    scale = scale_of(quantity.kind, quantity.domain, quantity.values)
    ends = {
        "scale": scale.role,
        "bent": scale.bent,
        "low": scale.low,
        "high": scale.high,
        "ends": [number(scale.low), number(scale.high)],
    }
    return {
        "quantity": name,
        "name": quantity.symbol,
        "label": quantity.label,
        "reading": _reading(name),
        **ends,
    }


def blind_guess(trace: Trace) -> float:
    """The bits of surprise of someone who guesses blindly among all tokens: the upper end of the surprise
    scale.

    It is fixed by the model, so that colours do not jump; a greater surprise is drawn as this one.
    """
    return math.log2(max(len(trace.labels.get("vocab", ())), 2))


def sentence_of(trace: Trace, step: int | None) -> dict[str, Any]:
    """What every panel knows of the sentence; ``text`` names it, so that panels notice a new one."""
    name = hashlib.blake2b(repr(trace.tokens).encode("ascii", "backslashreplace"), digest_size=8).hexdigest()
    return {
        "tokens": [sign(token) for token in trace.tokens],
        "names": _names(trace.tokens),
        "text": name,
        "step": step,
    }


def _guesses(trace: Trace) -> dict[str, Any]:
    """What is expected after each step, likeliest first: ``guess`` (steps, ranks) points into ``signs``."""
    ids = trace["out.topk.id"].values[:, :GUESSES]
    used, places = np.unique(ids, return_inverse=True)
    tokens = [trace.labels["vocab"][index] for index in used]
    places_of = {token: place for place, token in enumerate(tokens)}
    return {
        "signs": [sign(token) for token in tokens],
        "guess": places.reshape(ids.shape).astype(np.uint16),
        "chance": _floats(trace["out.topk.prob"].values[:, :GUESSES]),
        "came": [places_of.get(token, -1) for token in trace.tokens],
    }


def _names(tokens: Sequence[str]) -> dict[str, str]:
    """For each step whose sign says too little (``▯``, ``␣``) the number and name of its character."""
    return {
        str(step): code_point(token)
        for step, token in enumerate(tokens)
        if len(token) == 1 and sign(token) in (HIDDEN_SIGN, "␣")
    }


def _reading(name: str) -> Mapping[str, Any] | None:
    reading = READINGS.get(gate_of(name))
    return reading._asdict() if reading else None


def _floats(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)
