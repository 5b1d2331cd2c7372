"""What is to be seen in shares of right answers by length, in two sentences at most."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rnnviz.analysis.lengths import ByLength

CLEAR = 2.576  # standard deviations: chance makes a greater difference once in a hundred times
HOLDS = 0.9  # the share that is right where it is said that a model holds


def length_story(
    found: Mapping[str, ByLength],
    trained_to: int | None = None,
    things: str = "examples",
    unit: str = "characters",
) -> str:
    """How many are right of short examples, and of long ones, by the models' names, in plain text.

    trained_to: the longest that was learned from; where nothing was longer, half of all are called short. A
    group with examples on both sides of that border is neither. A difference between short and long is only
    spoken of if it is larger than chance explains. things: what was asked, in the plural; unit: of its
    length. "" where there is nothing to tell.
    """
    known = {name: one for name, one in found.items() if one.count.sum()}
    if not known:
        return ""
    bound = _middle(next(iter(known.values()))) if trained_to is None else trained_to
    short = {name: _part(one, one.last <= bound) for name, one in known.items()}
    long = {name: _part(one, one.first > bound) for name, one in known.items()}
    if not all(count for _, count in (*short.values(), *long.values())):
        shares = [f"{name} {_per_cent(one.right.sum() / one.count.sum())}" for name, one in known.items()]
        return f"Of all {things} these are right: {', '.join(shares)}."
    told = [
        f"{name} gets {_per_cent(hits / count)} right" if place == 0 else f"{name} {_per_cent(hits / count)}"
        for place, (name, (hits, count)) in enumerate(short.items())
    ]
    rest = [_per_cent(hits / count) for hits, count in long.values()]
    taught = ", as they were taught," if trained_to is not None else ""
    never = ", which nobody taught them," if trained_to is not None else ""
    said = f"Of {things} up to {bound} {unit}{taught} {_listed(told)}; of longer ones{never} {_listed(rest)}"
    apart = [name for name in known if _differ(short[name], long[name])]
    if not apart:
        return f"{said}: length makes no more of a difference than chance does."
    falls = [(name, first) for name in apart if (first := _falls(known[name])) is not None]
    drops = [f"{name} at {first}{'' if place else f' {unit}'}" for place, (name, first) in enumerate(falls)]
    return f"{said}. Below nine of ten for good: {_listed(drops)}." if drops else f"{said}."


def _middle(one: ByLength) -> int:
    """The length up to which half of the examples are."""
    half = np.searchsorted(np.cumsum(one.count), one.count.sum() / 2)
    return int(one.last[min(half, len(one.last) - 1)])


def _part(one: ByLength, which: np.ndarray) -> tuple[int, int]:
    """How many of some groups are right, and how many there are."""
    return int(one.right[which].sum()), int(one.count[which].sum())


def _falls(one: ByLength) -> int | None:
    """The length from which on no group holds, None if the last one does."""
    holding = np.flatnonzero(one.share >= HOLDS)
    first = 0 if not len(holding) else int(holding[-1]) + 1
    return int(one.first[first]) if first < len(one.first) else None


def _differ(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two shares differ more than chance explains 99 times of 100."""
    both = (a[0] + b[0]) / (a[1] + b[1])
    spread = math.sqrt(both * (1 - both) * (1 / a[1] + 1 / b[1]))
    return abs(a[0] / a[1] - b[0] / b[1]) > CLEAR * spread


def _per_cent(share: float) -> str:
    """`86 %`, `99.6 %`, `100 %` only where all are right, `0 %` where none is."""
    shown = f"{100 * share:.0f}"
    if (shown == "100" and share < 1) or (shown == "0" and share > 0):
        shown = f"{100 * share:.1f}"
    return f"{shown}\u00a0%"  # no line ends before its sign


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
