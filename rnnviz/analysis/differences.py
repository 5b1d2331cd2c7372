"""Two traces of equal steps against one another: what is different, from where on, and what it costs."""

from typing import NamedTuple

import numpy as np

from rnnviz.traces import Quantity, Trace, TraceError

LEFT = 20  # steps after which is said how much of a difference is left


def difference(original: Trace, other: Trace) -> Trace:
    """other - original, quantity by quantity, of all that both have in the same shape, but for ids of tokens.

    The domain of each is twice as wide as its own, since two states of -1 and 1 are 2 apart; a gate's is
    -1..1. Its steps have the tokens of the other one. Raises TraceError where one has more steps.
    """
    if len(original) != len(other):
        raise TraceError(f"Traces of {len(original)} and {len(other)} steps cannot be subtracted.")
    quantities = {
        name: _difference(original[name], other[name])
        for name in other.names
        if name in original
        and original[name].values.shape == other[name].values.shape
        and other[name].kind != "token"
    }
    return Trace(other.labels, quantities, other.meta)


def _difference(a: Quantity, b: Quantity) -> Quantity:
    label = f"difference in the {b.label}"
    end = None if b.domain is None else (b.domain[1] - b.domain[0])
    return Quantity(
        b.values - a.values, b.dims, b.symbol, label, "state", None if end is None else (-end, end)
    )


class Parting(NamedTuple):
    """How the states of the last layer part. first: the step at which they begin to differ, None if they
    never do; largest: the step where they are farthest apart; apart: |difference| of h at each step, (T,).
    """

    first: int | None
    largest: int
    apart: np.ndarray


def parting(original: Trace, other: Trace) -> Parting:
    """Where two readings part, by the length of the difference of the last layer's h."""
    if len(original) != len(other):
        raise TraceError(f"Traces of {len(original)} and {len(other)} steps cannot be compared step by step.")
    top = f"l{other.meta['layers'] - 1}"
    names = [name for name in (f"{top}.h", f"{top}r.h") if name in other]
    squares = sum(
        (np.square(other[name].values.astype(float) - original[name].values).sum(axis=1) for name in names),
        start=np.zeros(len(other)),
    )
    apart = np.sqrt(squares)
    differ = np.flatnonzero(apart)
    return Parting(int(differ[0]) if differ.size else None, int(apart.argmax()), apart)


def consequences(original: Trace, edited: Trace) -> str:
    """What followed from an edit, in plain text: where the states part, what is left of it, what it costs.

    Quotes tokens as they were read: escape it where it is drawn.
    """
    found = parting(original, edited)
    if found.first is None:
        return "Nothing follows from it: every number is exactly what it was."
    told = [f"The states part at step {found.first} “{edited.tokens[found.first]}”."]
    last = min(found.largest + LEFT, len(edited) - 1)
    if last > found.largest:
        left = found.apart[last] / found.apart[found.largest]
        steps = last - found.largest
        told.append(
            f"They are farthest apart at step {found.largest}; {steps} step{'s' * (steps > 1)} later "
            f"{_share(left)} of that is left."
        )
    if "out.surprise" in original and len(original) > 1:
        told.append(_costs(original, edited))
    elif "answer" in original.meta:
        told.append(_answers(original, edited))
    return " ".join(told)


def _share(share: float) -> str:
    return f"{100 * share:.3g} %"


def _costs(original: Trace, edited: Trace) -> str:
    """What an edit costs in surprise, a character, and where most of it."""
    cost = edited["out.surprise"].values - original["out.surprise"].values
    if not np.any(np.nan_to_num(cost)):
        return "No prediction changes."
    mean, worst = float(np.nanmean(cost)), int(np.nanargmax(np.abs(cost)))
    more = "more" if mean > 0 else "less"
    at = f"{abs(cost[worst]):.3g} bits {'more' if cost[worst] > 0 else 'less'}"
    return (
        f"The text is {abs(mean):.3g} bits a character {more} surprising; "
        f"most of all “{edited.tokens[worst]}” at step {worst}, {at}."
    )


def _answers(original: Trace, edited: Trace) -> str:
    before, after = original.meta["answer"], edited.meta["answer"]
    if isinstance(before, str):
        was, now = (f"{t.meta['answer']} ({_share(t.meta['chance'])})" for t in (original, edited))
        return f"The answer was {was} and is {now}."
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    return f"{changed} of {len(after)} answers change."
