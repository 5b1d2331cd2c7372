"""From a trace to the panel that opens one weight: every number that it came from and went to."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.panels.looks import (
    Looks,
    checked_cell,
    checked_forced,
    checked_head,
    first_of,
    looking,
    looks_of,
    matrix_of,
    shut_of,
)
from rnnviz.views.panels.panel import Panel

PARTS = ("q", "k", "v", "scores", "context")
FORMS = ("dot", "scaled_dot", "general", "additive")
CLOSE = 1e-5  # of what is summed up, whatever its signs: more than rounding leaves in single precision


def weight(
    trace: Trace,
    name: str | None = None,
    row: int | None = None,
    column: int | None = None,
    head: int | None = None,
    *,
    form: str | None = None,
    vector: np.ndarray | None = None,
    unit: int | None = None,
    step: int | None = None,
    shown: int = 8,
    forced: Mapping[int, Sequence[float]] | None = None,
) -> Panel:
    """One weight opened, in three sums that each end where the next begins: the score, q . k and its scale,
    as the sum of its products, and the mask; the softmax, with every e^score of the row; the context, a unit
    of it, as the sum of all weights times values. What rounding leaves has a row of its own.

    name, forced: as in `attending`. row, column: the cell; the step's row if not given, and what it looks at
    most. head: which one; there must be one if there are several, their mean has no scores. form: how the
    scores were made, of FORMS; if not given, what the trace says, or what its numbers say. `k` of a trace is
    W k for "general"; for "additive", q and k are what meets within tanh, and vector (A,) is what that is
    multiplied with, the trace's `attn.w` if not given. unit: of the context; where the weight adds most, if
    not given. shown: rows until the reader asks for all. All cells of the head travel to the browser, so that
    another one opens at once.

    Raises ValueError for what does not exist, and where the numbers of the trace are not those of the form:
    a picture must not claim a sum that is not true.
    """
    name = first_of(trace) if name is None else name
    looks = looks_of(trace, name)
    if looks.heads > 1 and head is None:
        raise ValueError(
            f"The mean of heads has no scores of its own: choose a head, 0 to {looks.heads - 1}."
        )
    head = checked_head(looks, head)
    missing = [part for part in PARTS if looks.prefix + part not in trace]
    if missing or looks.kind == "by unit":
        what = "it weighs each unit for itself" if not missing else f"there is no {', '.join(missing)} of it"
        raise ValueError(f"{name} cannot be opened: {what}.")
    if (row is None) != (column is None):
        raise ValueError("A cell has a row and a column: give both, or neither.")
    cell = None if row is None or column is None else (row, column)
    opened, begin = checked_cell(cell, looks, step)
    parts = {part: matrix_of(trace, looks, part, head) for part in (*PARTS, "weights")}
    if unit is not None and not 0 <= unit < parts["v"].shape[1]:
        raise ValueError(f"There is no unit {unit} of the context: there are 0 to {parts['v'].shape[1] - 1}.")
    if vector is None and f"{looks.prefix}w" in trace:
        vector = trace[f"{looks.prefix}w"].values
    form = _checked_form(looks, parts, form or trace.meta.get("attention"), vector)
    return Panel(
        "weight",
        {
            **looking(trace, looks, head, begin),
            **parts,
            "shut": shut_of(trace, looks),
            "form": form,
            "width": parts["q"].shape[1],
            "vector": None if form != "additive" else np.asarray(vector),
            "forced": checked_forced(forced, parts["weights"]),
            "cell": opened,
            "unit": unit,
            "shown": shown,
            "precision": str(parts["scores"].dtype),
        },
    )


def scores_of(form: str, q: np.ndarray, k: np.ndarray, vector: np.ndarray | None) -> np.ndarray:
    """The scores (rows, columns) in float64, of q (rows, D) and k (columns, D); vector (D,) of additive."""
    exact_q, exact_k = q.astype(np.float64), k.astype(np.float64)
    if form == "additive":
        return np.tanh(exact_q[:, None] + exact_k) @ np.asarray(vector, dtype=np.float64)
    return exact_q @ exact_k.T / (math.sqrt(q.shape[1]) if form == "scaled_dot" else 1.0)


def _checked_form(looks: Looks, parts: Mapping[str, np.ndarray], form: Any, vector: np.ndarray | None) -> str:
    """The form that the scores really have; of those that may be meant the one that comes nearest."""
    q, k, scores = parts["q"], parts["k"], parts["scores"]
    if form is not None and form not in FORMS:
        raise ValueError(f"The scores are made as {', '.join(FORMS)}, not as {form!r:.40}.")
    if form == "additive" and (vector is None or vector.shape != (q.shape[1],)):
        raise ValueError(f"The sum of additive scores needs their vector, of {q.shape[1]} numbers.")
    tried = [form] if form else ["dot", "scaled_dot", *(["additive"] if vector is not None else [])]
    error = {each: np.abs(scores_of(each, q, k, vector) - scores) for each in tried}
    nearest = min(tried, key=lambda each: float(error[each].max(initial=0)))
    size = np.abs(q) @ np.abs(k).T
    if nearest == "additive":
        size = np.abs(vector).sum() * (1 + np.abs(q).max(1)[:, None] + np.abs(k).max(1))  # type: ignore[arg-type]
    if not (error[nearest] <= CLOSE * size + 1e-12).all():
        raise ValueError(
            f"The scores of {looks.name} are not what {' or '.join(tried)} makes of its q and k."
        )
    return nearest
