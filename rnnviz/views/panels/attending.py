"""From a trace to the panel that shows where it looks: the matrix of weights between two sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.panels.judged import MANY, WRONG, judged
from rnnviz.views.panels.looks import (
    END,
    WRITING,
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
from rnnviz.views.tokens import prose, sign

GUESSES = 5
TITLES = {
    "written": "Where it looks as it writes",
    "back": "What it looks back at as it writes",
    "asked": "What each token looks at",
    "pooled": "What the answer looks at",
    "by unit": "What each unit of the answer looks at",
}


def attending(
    trace: Trace,
    name: str | None = None,
    *,
    head: int | None = None,
    step: int | None = None,
    cell: tuple[int, int] | None = None,
    target: str | Sequence[str] | None = None,
    forced: Mapping[int, Sequence[float]] | None = None,
) -> Panel:
    """The weights of an attention as a matrix with tokens on both sides, below the two sentences with lines
    between their words, as strong as the weight. Under the pointer a word tells what it looks at and what
    looks at it. What a model writes appears step by step, with its best guesses.

    name: of the weights, with the axes (step, source), (step, written), (query, key), (step,) of a classifier
    that pools, or (unit, step) of one that pools unit by unit; where there are several heads, before these
    (head,). If not given, those that `first_of` shows first. head:
    the one to show; None is their mean. step: as in `heatmap`; cell: the (row, column) that is opened at
    first. target: what should have been written, or everything that would have been right: errors are marked.
    forced: the rows whose weights somebody set by hand, with these weights, which the trace was recorded
    with.

    A click on a cell is told as the state ``cell``: {"row", "column", "head", "layer"}, head None for the
    mean; a step at rest as ``step``. Raises ValueError for weights, a head, cell or row that do not exist.
    """
    looks = looks_of(trace, first_of(trace) if name is None else name)
    weights = matrix_of(trace, looks, "weights", checked_head(looks, head))
    opened, begin = checked_cell(cell, looks, step)
    return Panel(
        "attending",
        {
            **looking(trace, looks, head, begin),
            "title": TITLES[looks.kind],
            "weights": weights,
            "shut": shut_of(trace, looks),
            "forced": checked_forced(forced, weights),
            "cell": opened,
            "guesses": _guesses(trace, looks),
            "judged": None if target is None else _judged(looks, target),
        },
    )


def _guesses(trace: Trace, looks: Looks) -> dict[str, Any] | None:
    """The likeliest tokens of each row and the one that came, likeliest first; None where none are recorded.

    What is written at a step was chosen among its guesses; what is read after a step was awaited by it.
    """
    if looks.kind not in (*WRITING, "asked") or "out.topk.id" not in trace:
        return None
    if looks.kind == "asked" and "source" in trace.labels:  # an encoder expects nothing
        return None
    ids = trace["out.topk.id"].values[:, :GUESSES]
    used, places = np.unique(ids, return_inverse=True)
    vocabulary = trace.labels["vocab"]
    tokens = [vocabulary[index] for index in used]
    came = looks.rows if looks.kind in WRITING else looks.rows[1:]
    return {
        "signs": ["end" if token == END else sign(token) for token in tokens],
        "guess": places.reshape(ids.shape).astype(np.uint16),
        "chance": np.asarray(trace["out.topk.prob"].values[:, :GUESSES], dtype=np.float32),
        "came": [tokens.index(token) if token in tokens else -1 for token in came],
    }


def _judged(looks: Looks, target: str | Sequence[str]) -> dict[str, Any]:
    """Whether what was written is right: `right`, `wanted` (the nearest right answer), and the rows that are
    `wrong`: what would have to be changed or taken away to come to it.
    """
    if looks.kind not in WRITING:
        raise ValueError(
            f"Only what is written can be compared with a target, and {looks.name} writes nothing."
        )
    answers = (target,) if isinstance(target, str) else tuple(target)
    if not answers:
        raise ValueError("There is no right answer among the targets; give None if none is known.")
    found = judged([token for token in looks.rows if token != END], answers)
    wrong = {letter.place for letter in found.letters if letter.kind in (WRONG, MANY)}
    ended = looks.rows[-1:] == (END,)
    return {
        "right": found.right and ended,
        "wanted": prose(found.wanted),
        "wrong": sorted(place for place in wrong if place is not None),
        "ended": ended,
    }
