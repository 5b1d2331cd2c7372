"""Before the first step: there is no state yet, so it is zeros, of the shape that it will keep."""

from dataclasses import dataclass

import numpy as np
import torch

from rnnviz.lessons.drawn import array, layer, normal, seeded


@dataclass(frozen=True)
class Start:
    """carried: the names of what the cell carries, ("h",), or ("h", "c") of an LSTM; before and after: each
    of them before the first step and after one step, (layers × directions, B, H).
    """

    carried: tuple[str, ...]
    before: tuple[np.ndarray, ...]
    after: tuple[np.ndarray, ...]


def start(
    cell: str = "lstm",
    batch: int = 2,
    units: int = 4,
    layers: int = 1,
    both_ways: bool = False,
    inputs: int = 3,
    seed: int = 1,
) -> Start:
    """The state of a layer before and after its first step. cell: a name in `rnnviz.nn.LAYERS`."""
    draws = seeded(seed)
    rnn = layer(draws, cell, inputs, units, num_layers=layers, bidirectional=both_ways)
    with torch.no_grad():
        _, state = rnn(normal(draws, 1, batch, inputs))
    after = state if isinstance(state, tuple) else (state,)
    before = rnn.start(None, batch)
    return Start(rnn.cell_type.carried, tuple(map(array, before)), tuple(map(array, after)))
