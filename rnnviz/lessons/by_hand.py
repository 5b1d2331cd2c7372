"""The smallest recurrent network: one unit, three weights, no activation. A pencil is enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ByHand:
    """What the unit computed, (T,) each.

    x: what it read; before: the state it had, s_{t-1}; s: its new state; o: its output. u, w, v: its weights.
    """

    x: np.ndarray
    before: np.ndarray
    s: np.ndarray
    o: np.ndarray
    u: float
    w: float
    v: float


def by_hand(
    x: Sequence[float] = (1, 2, 3), u: float = 1, w: float = 1, v: float = 2, start: float = 1
) -> ByHand:
    """s_t = x_t u + s_{t-1} w and o_t = s_t v, in float64, from the state `start`.

    u is the weight of what is read, w that of the state before, v that of the output. Raises ValueError for
    an empty x.
    """
    if not len(x):
        raise ValueError("There is nothing to read: give at least one number.")
    states = [float(start)]
    for number in x:
        states.append(float(number) * u + states[-1] * w)
    before, s = (np.array(part) for part in (states[:-1], states[1:]))
    values = np.asarray(x, dtype=np.float64), before, s, s * v
    for each in values:
        each.flags.writeable = False
    return ByHand(*values, u=u, w=w, v=v)
