"""One step of a trained layer as matrices: what is read and what was kept, times the weights, as sizes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnviz.views.panels.matrices import Line, Matrix, Sum, matrices
from rnnviz.views.panels.panel import Panel
from rnnviz.views.tokens import sign

if TYPE_CHECKING:
    from rnnviz.breakdown import StepMatrices

ACTIVATIONS = {"rnn": "tanh", "rnn_relu": "relu"}


def step(of: "StepMatrices", cell: str, *, tokens: Sequence[str] = ()) -> Panel:
    """The two products of a step with their sizes, and the sums they make, in blocks of a gate each.

    of: as `rnnviz.breakdown.step_matrices` gives it; cell: "rnn", "rnn_relu", "lstm" or "gru"; tokens: what
    the columns of a one-hot x stand for.
    """
    units, single = of.h.shape[1], len(of.gates) == 1
    blocks = () if single else [(letter, units) for letter in of.gates]
    columns = "units" if single else "gates x units"
    signs = [sign(token) for token in tokens] if len(tokens) == of.x.shape[1] else ()
    read, kept = ("tokens" if signs else "numbers"), "units"
    x = Matrix("x", of.x, "batch", read, column_labels=signs)
    h = Matrix("h before", of.h, "batch", kept)
    w_ih = Matrix("W_ih", of.weight_ih, read, columns, row_labels=signs, column_parts=blocks)
    w_hh = Matrix("W_hh", of.weight_hh, kept, columns, column_parts=blocks)
    from_x = _half("from x", x, w_ih, "b_ih", of.bias_ih, columns, blocks)
    from_h = _half("from h", h, w_hh, "b_hh", of.bias_hh, columns, blocks)
    sums = [line[-1] for line in (from_x, from_h) if isinstance(line[-1], Matrix)]
    last: list[Matrix | str] = []
    if single:
        made = Sum(added=sums, function=ACTIVATIONS[cell])
        last = [f"{ACTIVATIONS[cell]}(", sums[0], "+", sums[1], ")", "=", _result("h", of.values["h"], made)]
    elif cell == "lstm":
        total = Sum(added=sums)
        last = [sums[0], "+", sums[1], "="]
        last.append(Matrix("a", total.values(), "batch", columns, column_parts=blocks, made=total))
    lines = [Line(from_x), Line(from_h)] + ([Line(last)] if last else [])
    return matrices(lines, caption=CAPTIONS[cell])


CAPTIONS = {
    "rnn": "the same two matrices at every step",
    "rnn_relu": "the same two matrices at every step",
    "lstm": "the same two matrices at every step; i, f and o go through a sigmoid, g through tanh",
    "gru": "the same two matrices at every step; r and z are sigmoids of the two added, n is tanh of "
    "the first and r times the second",
}


def _half(
    name: str,
    read: Matrix,
    weight: Matrix,
    bias_name: str,
    bias: np.ndarray | None,
    columns: str,
    blocks: Sequence[tuple[str, int]],
) -> list[Matrix | str]:
    """`x × W + b = ...`, a line of the picture."""
    parts: list[Matrix | str] = [read, "×", weight]
    added = []
    if bias is not None:
        added = [Matrix(bias_name, bias, "batch", columns, column_parts=blocks)]
        parts += ["+", added[0]]
    made = Sum(products=[(read, weight)], added=added)
    return [*parts, "=", Matrix(name, made.values(), "batch", columns, column_parts=blocks, made=made)]


def _result(name: str, values: np.ndarray, made: Sum) -> Matrix:
    return Matrix(name, values, "batch", "units", made=made)
