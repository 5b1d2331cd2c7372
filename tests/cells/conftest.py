"""Random cells of every kind."""

from collections.abc import Callable

import pytest
import torch

from rnnviz.cells import Cell, GRUCell, LSTMCell, RNNCell

CELLS = {
    "rnn": (RNNCell, {}),
    "rnn_relu": (RNNCell, {"nonlinearity": "relu"}),
    "lstm": (LSTMCell, {}),
    "gru": (GRUCell, {}),
}


@pytest.fixture(params=CELLS)
def make_cell(request) -> Callable[..., Cell]:
    """A function that makes a random cell of D inputs and H units, in float64."""
    kind, settings = CELLS[request.param]

    def make(inputs: int, units: int, bias: bool = True) -> Cell:
        rows = kind.gate_count * units
        shapes = [(rows, inputs), (rows, units), (rows,), (rows,)][: 4 if bias else 2]
        weights = [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
        return kind(*weights, **settings)

    return make
