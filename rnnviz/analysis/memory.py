"""What the gradients and the gates say about memory, in words; and the numbers that the words speak of."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rnnviz.analysis.decay import Decay
from rnnviz.analysis.forgetting import HalfLives
from rnnviz.analysis.story import percent

STEPS = 20
EXPLODES = 10.0  # from how many times its length on a gradient is said to explode
LARGE = 7  # from which power of ten on a number is told by it
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
GROWS = 1.005  # from where on "100 %" would not be true


class Left(NamedTuple):
    """What is left of each model's gradient after some steps back: shares by the models' names, NaN where
    there was none, or what there was is no number.
    """

    steps: int
    shares: Mapping[str, float]


def gradient_left(decays: Mapping[str, Decay], steps: int = STEPS) -> Left | None:
    """What is left after so many steps, or after as many as all of them reach; None where that is none."""
    reached = min([steps, *(len(found.left) - 1 for found in decays.values())])
    if not decays or reached < 1:
        return None
    return Left(reached, {name: float(found.left[reached]) for name, found in decays.items()})


def gradient_story(decays: Mapping[str, Decay], steps: int = STEPS) -> str:
    """How much of the gradient of one model, or of several, by their names, is left after some steps.

    Says it of fewer steps where the text has fewer, and that there is nothing to say where it has one. The
    numbers are those of `gradient_left`.
    """
    left = gradient_left(decays, steps)
    if left is None:
        return "There is no step to go back to: nothing can be forgotten yet. Type on."
    shrunk = {name: share for name, share in left.shares.items() if share < GROWS}
    grown = {name: share for name, share in left.shares.items() if share >= GROWS}
    after = f"After {_steps(left.steps)}"
    sentences = []
    if shrunk:
        parts = [f"{percent(share)} of {_the(name)}’s" for name, share in shrunk.items()]
        sentences.append(f"{after}, {_listed(parts)} gradient is left.")
    for name, share in grown.items():
        begin = f"{after}, {_the(name)}’s" if not sentences else f"{_the(name, capital=True)}’s"
        gradient = " gradient" if not sentences else ""
        sentences.append(f"{begin}{gradient} {_growth(share)}.")
    for name in left.shares:
        if name not in shrunk and name not in grown:
            lost = np.isfinite(decays[name].mean).all()
            what = "has nothing to go back from" if lost else "is no number any more: it has exploded"
            sentences.append(f"{_the(name, capital=True)}’s gradient {what}.")
    return " ".join(sentences)


class Memory(NamedTuple):
    """The longest half-life with its unit, and the median of all units; in steps. never: how many units never
    forget, their half-life being inf.
    """

    unit: int
    longest: float
    median: float
    never: int


def longest_memory(found: HalfLives) -> Memory:
    """The unit that keeps longest."""
    unit = int(found.order[0])
    with np.errstate(invalid="ignore"):
        median = float(np.quantile(found.steps, 0.5, method="lower"))  # half of inf and a number is no number
    return Memory(unit, float(found.steps[unit]), median, int(np.isinf(found.steps).sum()))


def memory_story(found: HalfLives) -> str:
    """Which unit keeps longest, and how long the others do; the numbers are those of `longest_memory`."""
    memory, count = longest_memory(found), len(found.steps)
    if memory.never:
        who = (
            f"Unit {memory.unit} never forgets" if memory.never == 1 else f"{memory.never} units never forget"
        )
        return f"{who}: the gate {found.gate} was wide open at every step."
    if count == 1:
        return f"The only unit forgets half of what it holds in {_long(memory.longest)}."
    return (
        f"The longest memory is unit {memory.unit}’s: it forgets half of what it holds in "
        f"{_long(memory.longest)}; the middle unit does so in {_long(memory.median)}."
    )


def clipping_story(before: float, after: float, by: str) -> str:
    """What clipping did to a gradient of the norm before, of which the norm after was left; by: "norm" or
    "value".
    """
    if not np.isfinite(before):
        return "The gradient is no number any more: clipping cannot help."
    if after >= before:
        return f"The gradient’s norm is {_size(before)}: nothing was clipped."
    kept = "It points where it did" if by == "norm" else "Where it points has changed as well"
    return f"The gradient’s norm was {_size(before)}, and the optimiser saw {_size(after)}. {kept}."


def _growth(share: float) -> str:
    if not np.isfinite(share):
        return "has grown beyond all numbers: it explodes"
    return f"is {_size(share)} times as long" + (": it explodes" if share >= EXPLODES else "")


def _size(value: float) -> str:
    """Three digits, or all that are before the point: `2.5`, `30,000`, `4.36×10¹⁴`."""
    digits, _, exponent = f"{value:.2e}".partition("e")
    if np.isfinite(value) and int(exponent) >= LARGE:
        return f"{float(digits):g}×10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _the(name: str, capital: bool = False) -> str:
    return f"{'T' if capital else 't'}he {name}"


def _steps(count: int) -> str:
    return f"{count:,} step{'' if count == 1 else 's'}"


def _long(steps: float) -> str:
    told = _size(steps)
    return f"{told} step{'' if told == '1' else 's'}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
