"""Two sentences side by side: which token stands beside which, and how far apart the states are there."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnnviz.traces import Quantity, Trace

GAP = -1
_OPEN, _EXTEND, _OTHER = 2, 1, 3
_FAR = 1 << 29
_DIAGONAL, _UP, _LEFT = 0, 1, 2


class Alignment(NamedTuple):
    """Columns in which two sentences stand below one another.

    first, second: (C,) for each column the step of the first and of the second sentence, `GAP` where the
    other one has something put in.
    """

    first: np.ndarray
    second: np.ndarray

    @property
    def shared(self) -> np.ndarray:
        """(C,) the columns in which both have a token, be it the same or not."""
        return (self.first != GAP) & (self.second != GAP)


def align(first: Sequence[str], second: Sequence[str]) -> Alignment:
    """The cheapest way to turn one sentence of tokens into the other.

    A gap costs 2 and 1 for each of its tokens (Gotoh, 1982), so that a word put in is one gap and not many
    small ones; another token in a place costs 3. As much as possible of the two beginnings is left as it is,
    since up to there the states are the same.
    """
    head = _common(first, second)
    tail = _common(first[head:][::-1], second[head:][::-1])
    a, b = first[head : len(first) - tail], second[head : len(second) - tail]
    middle = _path(a, b)
    columns = [
        *((k, k) for k in range(head)),
        *((i + head if i != GAP else GAP, j + head if j != GAP else GAP) for i, j in middle),
        *((len(first) - k, len(second) - k) for k in range(tail, 0, -1)),
    ]
    both = np.array(columns, dtype=int).reshape(-1, 2)
    return Alignment(both[:, 0], both[:, 1])


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many tokens two sentences have in common from their beginnings."""
    return next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _path(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """The columns of the cheapest alignment of a with b, by three tables of costs, a row at a time."""
    codes = {token: code for code, token in enumerate(dict.fromkeys([*a, *b]))}
    x, y = (np.array([codes[token] for token in each], dtype=np.int64) for each in (a, b))
    rows, columns = len(x), len(y)
    steps = np.arange(columns + 1)
    best = np.empty((rows + 1, columns + 1), dtype=np.int64)
    up = np.full_like(best, _FAR)  # the cheapest that ends with a token of a against a gap
    left = np.full_like(best, _FAR)
    left[0, 1:] = _OPEN + _EXTEND * steps[1:]
    best[0] = left[0]
    best[0, 0] = 0
    for row in range(1, rows + 1):
        up[row] = np.minimum(best[row - 1] + _OPEN, up[row - 1]) + _EXTEND
        here = up[row].copy()
        here[1:] = np.minimum(here[1:], best[row - 1, :-1] + _OTHER * (y != x[row - 1]))
        # A gap to the left begins at the cheapest of all columns before: a running minimum, not a loop.
        begun = np.minimum.accumulate(here - _EXTEND * steps)
        left[row, 1:] = begun[:-1] + _OPEN + _EXTEND * steps[1:]
        best[row] = np.minimum(here, left[row])
    return _back(x, y, best, up, left)


def _back(
    x: np.ndarray, y: np.ndarray, best: np.ndarray, up: np.ndarray, left: np.ndarray
) -> list[tuple[int, int]]:
    """The way through the tables of costs, from their end."""
    columns: list[tuple[int, int]] = []
    i, j, inside = len(x), len(y), _DIAGONAL
    while i or j:
        if inside == _DIAGONAL:
            if i and j and best[i, j] == best[i - 1, j - 1] + _OTHER * int(x[i - 1] != y[j - 1]):
                i, j = i - 1, j - 1
                columns.append((i, j))
                continue
            inside = _UP if best[i, j] == up[i, j] else _LEFT
        if inside == _UP:
            begins = up[i, j] == best[i - 1, j] + _OPEN + _EXTEND
            i -= 1
            columns.append((i, GAP))
        else:
            begins = left[i, j] == best[i, j - 1] + _OPEN + _EXTEND
            j -= 1
            columns.append((GAP, j))
        if begins:
            inside = _DIAGONAL
    return columns[::-1]


def spread(trace: Trace, places: np.ndarray) -> Trace:
    """A trace with a step for each column of an alignment; a gap has NaN for every number and no token.

    places: (C,) steps of the trace, or `GAP`. Numbers that cannot be missing (ids of tokens) and those that
    belong to no step are left out.
    """
    gaps = places == GAP
    quantities = {
        name: _spread(quantity, places, gaps)
        for name, quantity in trace.quantities.items()
        if "step" in quantity.dims and quantity.values.dtype.kind == "f"
    }
    tokens = tuple("" if gap else trace.tokens[place] for place, gap in zip(places, gaps, strict=True))
    return Trace({**trace.labels, "step": tokens}, quantities, trace.meta)


def _spread(quantity: Quantity, places: np.ndarray, gaps: np.ndarray) -> Quantity:
    axis = quantity.axis("step")
    values = np.moveaxis(quantity.values.take(places, axis=axis), axis, 0)
    values[gaps] = np.nan
    return Quantity(
        np.moveaxis(values, 0, axis),
        quantity.dims,
        quantity.symbol,
        quantity.label,
        quantity.kind,
        quantity.domain,
    )


class Apart(NamedTuple):
    """How far apart the last layer's states are, in the columns of an alignment.

    distance: (C,) |h - h'|, NaN in a gap. first: the first column in which they differ, None if there is
    none. usual: how far apart two states of the same sentence are on average, over all pairs of its steps:
    what to hold the distances against; NaN where no sentence has two steps.
    """

    distance: np.ndarray
    first: int | None
    usual: float


def apart(first: Trace, second: Trace, alignment: Alignment) -> Apart:
    """How far apart the states of two sentences are wherever both have a token.

    Both directions of a layer count. Read the two with one engine, token by token (as `rnnviz.edit` does):
    else what they have in common differs in its last digits.
    """
    a, b = (_states(trace) for trace in (first, second))
    distance = np.full(len(alignment.first), np.nan)
    shared = alignment.shared
    moved = b[alignment.second[shared]] - a[alignment.first[shared]]
    distance[shared] = np.sqrt(np.square(moved).sum(axis=1))
    differ = np.flatnonzero(np.nan_to_num(distance))
    return Apart(distance, int(differ[0]) if differ.size else None, _usual(a, b))


def _states(trace: Trace) -> np.ndarray:
    """(T, N) h of the last layer, both directions beside one another."""
    top = f"l{trace.meta['layers'] - 1}"
    names = [name for name in (f"{top}.h", f"{top}r.h") if name in trace]
    return np.concatenate([trace[name].values.astype(float) for name in names], axis=1)


def _usual(*sentences: np.ndarray) -> float:
    """The mean distance of two states of a sentence, over all pairs of steps of all sentences."""
    total, pairs = 0.0, 0
    for states in sentences:
        length = np.square(states).sum(axis=1)
        squares = length[:, None] + length[None, :] - 2 * states @ states.T
        above = np.triu_indices(len(states), 1)
        total += float(np.sqrt(np.maximum(squares[above], 0)).sum())
        pairs += len(above[0])
    return total / pairs if pairs else float("nan")
