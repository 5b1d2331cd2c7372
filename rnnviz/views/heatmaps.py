"""Rows by steps: any quantity of a trace as colours, a column for each token."""

from collections.abc import Sequence

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.figure import (
    Spec,
    View,
    checked_order,
    coloured,
    frame,
    quiet_axis,
    step_axis,
    steps_of,
    width_of,
)
from rnnviz.views.theme import BENT, scale_of
from rnnviz.views.tokens import escaped, number
from rnnviz.views.words import READINGS, gate_of, layer_of

ROW_NAMES = {
    "unit": "units",
    "input": "inputs",
    "vocab": "tokens of the vocabulary",
    "rank": "guesses, likeliest first",
    "class": "classes",
    "output": "outputs",
}
TALLEST = 520  # pixels of all rows together
PLACE = "step %{pointNumber[1]} '%{x}'"  # %{x} is the label of the column: its token, escaped


@View
def heatmap(
    trace: Trace,
    name: str = "l0.h",
    *,
    order: Sequence[int] | None = None,
    ordered: str = "",
    theme: str = "light",
) -> Spec:
    """Any quantity of rows by steps, such as ``l0.f``: time runs to the right, a row for each unit.

    order: the rows from top to bottom; all in their own order if not given. ordered: that order in words.
    The colours are fixed by what the quantity is, not by the numbers at hand; a missing value is drawn empty.
    Raises ValueError, with what there is, for a name, axes, rows or theme that do not fit.
    """
    quantity = trace[name]
    rows_axis = steps_of(trace, name, dims=2)[1]
    rows = checked_order(order, quantity.values.shape[1])
    scale = scale_of(quantity.kind, quantity.domain, quantity.values)
    labels = trace.labels.get(rows_axis)
    cells = {
        "type": "heatmap",
        "z": np.ascontiguousarray(quantity.values.T[rows], dtype=np.float32),
        "y": [escaped(labels[row]) if labels else str(row) for row in rows],
        "xgap": 1,
        "hovertemplate": f"{quantity.symbol}<sub>%{{y}}</sub> at {PLACE} = %{{z:.3g}}<extra></extra>",
        "meta": {"scale": scale.role, "bent": scale.bent, "quantity": name},
        **coloured(scale, theme),
    }
    return {
        "data": [cells],
        "layout": frame(
            theme,
            title_of(trace, name),
            caption_of(trace, name, len(rows), order is not None, ordered)
            + f"; colour from {number(scale.low)} to {number(scale.high)}",
            xaxis=step_axis(trace, theme),
            yaxis=quiet_axis(theme, type="category", autorange="reversed", nticks=18),
            height=104 + height_of(len(rows)),
            width=width_of(len(trace)),
        ),
    }


def height_of(rows: int) -> int:
    """The height of the cells: as many whole pixels a row as fit, so that all rows are equally high."""
    pixels = min(TALLEST // max(rows, 1), 14)
    return max(rows * pixels, 120) if pixels > 1 else TALLEST


def title_of(trace: Trace, name: str) -> str:
    """The letter and the words of a quantity: ``f: forget gate, layer 1``."""
    quantity = trace[name]
    words = ", ".join(part for part in (quantity.label, layer_of(name)) if part)
    return f"{quantity.symbol}: {words}"


def caption_of(trace: Trace, name: str, count: int, reordered: bool, ordered: str) -> str:
    """What the rows are, how they are sorted, and how to read a gate: ``128 units, by number; 0: the cell
    forgets,
    1: the cell remembers``."""
    quantity = trace[name]
    order = ordered or ("in the order given" if reordered else "by number")
    reading = READINGS.get(gate_of(name))
    words = f"; 0: {reading.low}, 1: {reading.high}" if reading else ""
    if scale_of(quantity.kind, quantity.domain, quantity.values).bent:
        words += f"; {BENT}"
    if quantity.dims[1] in ("source", "key"):
        return f"{count} tokens that are read, in their order{words}"
    if quantity.dims[1] == "written":
        return f"{count} tokens that were written before, the start first{words}"
    return f"{count} {ROW_NAMES.get(quantity.dims[1], quantity.dims[1])}, {order}{words}"
