"""From the sums of one unit to the data of the panel that shows every product of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.terms import Terms
from rnnviz.traces import Trace
from rnnviz.views.panels.builders import sentence_of
from rnnviz.views.panels.panel import Panel
from rnnviz.views.panels.sums import about, place_of
from rnnviz.views.words import READINGS


def products(
    trace: Trace,
    sums: Mapping[str, Terms],
    *,
    gate: str | None = None,
    step: int | None = None,
    shown: int = 12,
) -> Panel:
    """Every term of a sum as a bar, the largest first, each beginning where the last ended; below them the
    activation, and on it the point that the sum comes to. What rounding left has a row of its own.

    sums: by letter, all of one unit, such as {"i": terms, "f": ...}: the gates to choose from. gate: the one
    to begin with; the first if not given. step: as in `heatmap`. shown: how many rows there are until the
    reader asks for all.

    The reader's choice of a gate is told as the state ``gate``, a letter; a click on a term that comes from
    another unit as ``follow``: {"layer", "unit", "step", "gate"}. Raises ValueError for a gate that is not
    among the sums, and for sums of several units or of another trace.
    """
    place = place_of(trace, sums)
    if gate is not None and gate not in sums:
        raise ValueError(f"There is no sum {gate!r} here; there are: {', '.join(sums)}.")
    inputs: list[np.ndarray] = []
    gates = [_gate(letter, terms, trace, inputs) for letter, terms in sums.items()]
    own = {
        "gate": gate,
        "shown": shown,
        "gates": gates,
        "inputs": [_columns(values) for values in inputs],
        "start": _start(trace, place.layer),
    }
    return Panel("products", {**sentence_of(trace, step), **about(trace, place), **own})


def _gate(letter: str, terms: Terms, trace: Trace, inputs: list[np.ndarray]) -> dict[str, Any]:
    """One sum. What its weights meet is kept in ``inputs``, once for all gates that share it."""
    shared = next((k for k, values in enumerate(inputs) if np.array_equal(values, terms.input)), len(inputs))
    if shared == len(inputs):
        inputs.append(terms.input)
    reading = READINGS.get(letter)
    return {
        "letter": letter,
        "label": trace[terms.name].label,
        "symbol": trace[terms.name].symbol,
        "activation": terms.activation,
        "sources": terms.sources,
        "input": shared,
        "weight": _columns(terms.weight),
        "scale": _columns(terms.scale),
        "total": terms.total,
        "value": terms.value,
        "reading": reading._asdict() if reading else None,
    }


def _columns(values: np.ndarray) -> dict[str, Any]:
    """A (T, N) array without what repeats: a first row, and the columns that are other at other steps.

    ``values`` has one column for each of ``moving``, or a single one that is all of theirs.
    """
    fixed = values[0] if len(values) else np.zeros(values.shape[1], values.dtype)
    moving = np.flatnonzero((values != fixed).any(axis=0))
    several = values[:, moving]
    same = len(moving) > 1 and bool((several == several[:, :1]).all())
    return {
        "fixed": fixed,
        "moving": moving.astype(np.int32),
        "values": several[:, :1] if same else several,
    }


def _start(trace: Trace, layer: str) -> str:
    """What is to be said of the state before the first step."""
    given = f"{layer}.h0" in trace
    return "as it was given" if given else "0"
