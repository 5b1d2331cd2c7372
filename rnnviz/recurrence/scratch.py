"""The engine `scratch`: our own loops over time, on the CPU, with the way back written by hand."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from rnnviz.cells import Cell, GRUCell, LSTMCell, RNNCell
from rnnviz.recurrence import library
from rnnviz.recurrence.function import WEIGHTS, Recurrence
from rnnviz.recurrence.gru import GRUPass
from rnnviz.recurrence.lstm import LSTMPass
from rnnviz.recurrence.passes import Pass, names_of, quietly
from rnnviz.recurrence.rnn import RNNPass
from rnnviz.recurrence.rows import Sizes
from rnnviz.recurrence.values import every_value, lstm_values

PASSES: dict[type[Cell], type[Pass]] = {RNNCell: RNNPass, LSTMCell: LSTMPass, GRUCell: GRUPass}
FEW_ROWS = 8  # up to which torch's LSTM, and all gates after it, are faster than our loop with them


def can_run(cell: Cell, x: Tensor) -> bool:
    """Whether the loops can compute this: plain float32 or float64 numbers on the CPU.

    They write into memory that numpy shares, which autocast's half precision, the transforms of `torch.func`,
    slopes that go forwards and compilers cannot follow.
    """
    weight = cell.weight_hh
    plain = weight.device.type == "cpu" and weight.dtype in (torch.float32, torch.float64)
    followed = (
        torch.is_autocast_enabled("cpu")
        or torch.compiler.is_compiling()
        or torch.jit.is_tracing()
        or forward_ad._current_level >= 0
        or torch._C._are_functorch_transforms_active()
    )
    return type(cell) in PASSES and plain and not followed


def read(cell: Cell, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None) -> dict[str, Tensor]:
    """x (T, B, D), or ids (T, B), from a start state, (B, H) each -> h, or h and c, (T, B, H) each."""
    outputs = Recurrence.apply(PASSES[type(cell)], _maker(cell), sizes, x, *cell.weights, *start)
    return dict(zip(cell.carried, outputs, strict=True))


@quietly
def trace(cell: Cell, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None) -> dict[str, Tensor]:
    """The same, and every other value of the cell."""
    if torch.is_grad_enabled() and any(v is not None and v.requires_grad for v in (x, *cell.weights, *start)):
        carried = read(cell, x, start, sizes)
        return every_value(cell, x, start, carried["h"]) | carried
    if isinstance(cell, LSTMCell) and x.shape[1] <= FEW_ROWS:
        return lstm_values(cell, x, start, library.read(cell, x, start, sizes))
    return PASSES[type(cell)].forward(cell, x, start, sizes, keep=True).values()


def _maker(cell: Cell) -> Callable[..., Cell]:
    """What makes a cell of the same kind from four weights."""
    kept: dict[str, Any] = {name: getattr(cell, name) for name in names_of(type(cell))[WEIGHTS:]}
    return partial(type(cell), **kept)
