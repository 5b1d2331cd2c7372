"""How much of a gradient is left, the further it goes back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, eq=False)
class Decay:
    """Lengths of gradients by how many steps they have gone back; read-only arrays of one length K.

    steps: 0, 1, ..., counted from the nearest state that is heard of at all: of a language model's loss, the
    state one character before. mean: of the lengths of all losses, or states, that reach so far; quantiles
    (Q, K): at `QUANTILES`; count: how many those are. left: the share that is left,

        left_k = sum_s |g_s at its k-th step back| / sum_s |g_s at its nearest step|

    with the same s in both sums, those that reach so far: like is compared with like. It begins with 1, and
    is NaN where there was nothing.
    """

    steps: np.ndarray
    mean: np.ndarray
    quantiles: np.ndarray
    count: np.ndarray
    left: np.ndarray

    def __post_init__(self) -> None:
        for values in (self.steps, self.mean, self.quantiles, self.count, self.left):
            values.setflags(write=False)


def decay(norms: np.ndarray, places: Sequence[int] | None = None, reverse: bool = False) -> Decay:
    """The decay of a table of lengths by the distance between its rows' steps and its columns.

    norms (S, T): of what row s hears of step t, such as `loss_to_states(...).norms["l0.h"]`, or one or more
    rows of `state_to_states(...).values`; rows of zeros are left out. places (S,): the step of each row, None
    for 0, 1, ..., and for the last step if there is one row, the first of a reverse direction. reverse:
    whether what is heard of comes after the row's step. Raises ValueError for places that do not fit.
    """
    norms = np.atleast_2d(np.asarray(norms, dtype=np.float64))
    rows, count = norms.shape
    if places is None:
        places = range(count) if rows == count else [0 if reverse else count - 1]
    at = np.asarray(places, dtype=int)
    if len(at) != rows or at.min() < 0 or at.max() >= count:
        raise ValueError(f"Each of {rows} rows needs a step of its own, of 0 to {count - 1}.")
    if reverse:
        norms, at = norms[:, ::-1], count - 1 - at
    heard = norms.any(axis=1)
    norms, at = norms[heard], at[heard]
    nearest = min(
        (step - int(np.flatnonzero(row)[-1]) for row, step in zip(norms, at, strict=True)), default=0
    )
    reach = at - nearest  # the column where each row begins to hear
    steps = np.arange(reach.max(initial=-1) + 1)
    lengths = [norms[reach >= k, reach[reach >= k] - k] for k in steps]
    begun = [norms[reach >= k, reach[reach >= k]].sum() for k in steps]
    with np.errstate(invalid="ignore", over="ignore"):  # between inf and inf there is no quantile
        quantiles = np.array([np.quantile(far, QUANTILES) for far in lengths])
        return Decay(
            steps,
            np.array([far.mean() for far in lengths]),
            quantiles.reshape(-1, len(QUANTILES)).T,
            np.array([len(far) for far in lengths], dtype=int),
            np.array(
                [far.sum() / near if near else np.nan for far, near in zip(lengths, begun, strict=True)]
            ),
        )
