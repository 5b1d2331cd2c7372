"""The engine `torch`: the library's kernels (oneDNN, cuDNN, ATen) on our own weights, without a copy.

They tell h, and c at the end; `values.every_value` finds the rest.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnviz.cells import Cell, GRUCell, LSTMCell, RNNCell
from rnnviz.recurrence.inputs import are_ids
from rnnviz.recurrence.rows import Sizes, lengths
from rnnviz.recurrence.values import every_value


def can_run(cell: Cell, x: Tensor) -> bool:
    """Whether the library has a kernel for this cell where it is."""
    return isinstance(cell, RNNCell | LSTMCell | GRUCell) and x.device.type != "meta"


def kernel(cell: Cell) -> Callable[..., tuple[Tensor, ...]]:
    """The library's function for a cell."""
    if isinstance(cell, RNNCell):
        return torch.rnn_relu if cell.nonlinearity == "relu" else torch.rnn_tanh
    return torch.lstm if isinstance(cell, LSTMCell) else torch.gru


def read_layers(
    cell: Cell,
    weights: Sequence[Tensor],
    x: Tensor,
    start: Sequence[Tensor],
    sizes: Sizes = None,
    layers: int = 1,
    dropout: float = 0.0,
    training: bool = False,
    bidirectional: bool = False,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """All layers and directions at once.

    cell: which kind; weights: of all, in `torch.nn`'s order; x (T, B, D), or ids (T, B); start (L, B, H) each
    -> the output (T, B, H or 2H), zero where a row has ended, and the state (L, B, H) each.
    """
    rows = one_hot(x, weights[0].shape[1]).to(weights[0].dtype) if are_ids(x) else x
    settings = (cell.bias_ih is not None, layers, dropout, training, bidirectional)
    state = tuple(start) if len(start) > 1 else start[0]
    if sizes is None:
        output, *final = kernel(cell)(rows, state, weights, *settings, False)
        return output, tuple(final)
    packed = pack_padded_sequence(rows, lengths(sizes))
    data, *final = kernel(cell)(packed.data, packed.batch_sizes, state, weights, *settings)
    return pad_packed_sequence(PackedSequence(data, packed.batch_sizes))[0], tuple(final)


def read(cell: Cell, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None) -> Tensor:
    """One layer, one direction: x (T, B, D), or ids (T, B); start (B, H) each -> h (T, B, H)."""
    weights = [weight for weight in cell.weights if weight is not None]
    return read_layers(cell, weights, x, [part[None] for part in start], sizes)[0]


def trace(cell: Cell, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None) -> dict[str, Tensor]:
    """Every value of one layer and direction, (T, B, H) by letter."""
    h = read(cell, x, start, sizes)
    return every_value(cell, x, start, h) | {"h": h}
