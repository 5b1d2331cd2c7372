"""How many answers are right, by the length of what was read."""

from typing import NamedTuple

import numpy as np

SURE = 1.959964  # standard deviations from the mean, within which a normal number is 95 times of 100


class ByLength(NamedTuple):
    """Groups of examples alike in length, (N,) each, the shortest first.

    length: the mean of theirs, in characters; count: how many examples; right: how many right answers; share:
    right / count; low, high: the 95 % interval of the share; first, last: the lengths that are in the group.
    """

    length: np.ndarray
    count: np.ndarray  # type: ignore[assignment]
    right: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    first: np.ndarray
    last: np.ndarray


def by_length(lengths: np.ndarray, right: np.ndarray, least: int = 20) -> ByLength:
    """lengths (M,): of what was read, in characters; right (M,): whether the answer was -> shares by length.

    Neighbouring lengths are joined until at least so many examples are in a group: so which groups there are
    depends on what was asked and not on what was answered. Raises ValueError where the two differ in length.
    """
    lengths, right = np.asarray(lengths), np.asarray(right, bool)
    if lengths.shape != right.shape or lengths.ndim != 1:
        raise ValueError(
            f"lengths and right are of the same examples, (M,), not {lengths.shape} and {right.shape}."
        )
    group = np.searchsorted(_firsts(lengths, least), lengths, side="right") - 1
    count, hits = np.bincount(group), np.bincount(group, right).astype(int)
    share = hits / count
    low, high = wilson(share, count)
    return ByLength(
        length=np.bincount(group, lengths) / count,
        count=count,
        right=hits,
        share=share,
        low=low,
        high=high,
        first=np.array([lengths[group == k].min() for k in range(len(count))], int),
        last=np.array([lengths[group == k].max() for k in range(len(count))], int),
    )


def wilson(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two ends of the 95 % interval of shares of so many (Wilson 1927).

    It stays within 0 and 1, and it does not shrink to nothing where all answers are right.
    """
    spread = SURE**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = np.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)  # but for what rounding adds


def _firsts(lengths: np.ndarray, least: int) -> list[int]:
    """The length that each group begins with."""
    firsts, count = [], least
    for length, many in zip(*np.unique(lengths, return_counts=True), strict=True):
        if count >= least:
            firsts.append(int(length))
            count = 0
        count += many
    if count < least and len(firsts) > 1:  # the longest are too few for a group of their own
        firsts.pop()
    return firsts
