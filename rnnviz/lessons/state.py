"""From a perceptron, which sees only the present, to a network with a state: one product more."""

from dataclasses import dataclass

import numpy as np
import torch

from rnnviz.cells import RNNCell
from rnnviz.lessons.drawn import array, normal, seeded


@dataclass(frozen=True)
class Memory:
    """x: what is read at two steps, (B, D) each; W_xh (D, H), b_h (1, H), W_hh (H, H): the weights.

    first (B, H): H_1, the same for both. without (B, H): H_2 of the perceptron; with_state: of the network.
    """

    x: tuple[np.ndarray, np.ndarray]
    W_xh: np.ndarray
    b_h: np.ndarray
    W_hh: np.ndarray
    first: np.ndarray
    without: np.ndarray
    with_state: np.ndarray


def memory(batch: int = 2, inputs: int = 3, units: int = 4, seed: int = 1) -> Memory:
    """tanh(X W_xh + b_h), and the same with + H_{t-1} W_hh, over two steps, the state before them zero."""
    draws = seeded(seed)
    x = normal(draws, batch, inputs), normal(draws, batch, inputs)
    W_xh, W_hh = normal(draws, inputs, units), normal(draws, units, units)
    b_h = normal(draws, units)
    cell = RNNCell(W_xh.T, W_hh.T, b_h)
    nothing = torch.zeros(batch, units)

    def step(x_t: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        after: torch.Tensor = cell.update(cell.gates(x_t, h), cell.start(h)).h
        return after

    first = step(x[0], nothing)
    without, with_state = step(x[1], nothing), step(x[1], first)
    told = (array(part) for part in (W_xh, b_h[None], W_hh, first, without, with_state))
    return Memory((array(x[0]), array(x[1])), *told)
