"""Two products or one: X W_xh + H W_hh is [X, H] times the two matrices, one on top of the other."""

from dataclasses import dataclass

import numpy as np
import torch

from rnnviz.lessons.drawn import array, difference, normal, seeded


@dataclass(frozen=True)
class Joined:
    """X (B, D), W_xh (D, H), H (B, H), W_hh (H, H); two (B, H): the sum of both products; side_by_side
    (B, D + H) and stacked (D + H, H): joined; one (B, H): their product; difference: between two and one.
    """

    X: np.ndarray
    W_xh: np.ndarray
    H: np.ndarray
    W_hh: np.ndarray
    two: np.ndarray
    side_by_side: np.ndarray
    stacked: np.ndarray
    one: np.ndarray
    difference: float


def joined(batch: int = 3, inputs: int = 1, units: int = 4, seed: int = 1) -> Joined:
    """Both ways, on random numbers."""
    draws = seeded(seed)
    X, W_xh = normal(draws, batch, inputs), normal(draws, inputs, units)
    H, W_hh = normal(draws, batch, units), normal(draws, units, units)
    two = X @ W_xh + H @ W_hh
    side_by_side, stacked = torch.cat([X, H], dim=1), torch.cat([W_xh, W_hh], dim=0)
    one = side_by_side @ stacked
    return Joined(
        X=array(X),
        W_xh=array(W_xh),
        H=array(H),
        W_hh=array(W_hh),
        two=array(two),
        side_by_side=array(side_by_side),
        stacked=array(stacked),
        one=array(one),
        difference=difference(two, one),
    )
