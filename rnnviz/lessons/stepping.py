"""A cell stepped by hand, and the layer that reads everything at once: the same numbers."""

from dataclasses import dataclass

import numpy as np
import torch

from rnnviz.lessons.drawn import array, difference, layer, normal, seeded
from rnnviz.nn import torch_twin


@dataclass(frozen=True)
class Stepping:
    """x (B, T, D): batch first. weight_ih (D, H) and weight_hh (H, H), turned so that x_t is multiplied from
    the left; bias_ih and bias_hh (1, H). states: h before the first step and after each, (B, H) each.
    output (B, T, H) and last (1, B, H): the layer's. by_hand: the largest difference between the output and
    the states; from_torch: between the output and that of torch.nn.RNN with the same weights.
    """

    x: np.ndarray
    weight_ih: np.ndarray
    weight_hh: np.ndarray
    bias_ih: np.ndarray
    bias_hh: np.ndarray
    states: tuple[np.ndarray, ...]
    output: np.ndarray
    last: np.ndarray
    by_hand: float
    from_torch: float


def stepping(batch: int = 1, steps: int = 3, inputs: int = 4, units: int = 2, seed: int = 1) -> Stepping:
    """An RNN with `batch_first`, and its cell one step after the other."""
    draws = seeded(seed)
    rnn = layer(draws, "rnn", inputs, units, batch_first=True)
    x = normal(draws, batch, steps, inputs)
    cell = rnn.cell()
    with torch.no_grad():
        state = cell.start(torch.zeros(batch, units))
        states = [state.h]
        for t in range(steps):
            state = cell.update(cell.gates(x[:, t], state.h), state)
            states.append(state.h)
        output, last = rnn(x)
        theirs, _ = torch_twin(rnn)(x)
    weight_ih, weight_hh, bias_ih, bias_hh = rnn.parameters()
    return Stepping(
        x=array(x),
        weight_ih=array(weight_ih.T),
        weight_hh=array(weight_hh.T),
        bias_ih=array(bias_ih[None]),
        bias_hh=array(bias_hh[None]),
        states=tuple(map(array, states)),
        output=array(output),
        last=array(last),
        by_hand=difference(torch.stack(states[1:], dim=1), output),
        from_torch=difference(theirs, output),
    )
