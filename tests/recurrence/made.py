"""Small random problems for the loops over time: a cell's weights, a start state, a sequence."""

from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnviz.cells import Cell, GRUCell, LSTMCell, RNNCell
from rnnviz.recurrence import readable
from rnnviz.recurrence.function import Recurrence
from rnnviz.recurrence.rows import Sizes
from rnnviz.recurrence.scratch import PASSES

MAKERS = {
    "rnn": partial(RNNCell, nonlinearity="tanh"),
    "rnn_relu": partial(RNNCell, nonlinearity="relu"),
    "lstm": LSTMCell,
    "gru": GRUCell,
}
CELLS = list(MAKERS)
FALLING = [3, 3, 2, 1]  # how many rows are read at each of four steps: rows of 4, 3 and 2 steps


class Problem(NamedTuple):
    """What a cell is to read; inputs: x, the four weights and the start, as `Recurrence` takes them."""

    kind: str
    sizes: Sizes
    inputs: tuple[Tensor | None, ...]

    @property
    def x(self) -> Tensor:
        return self.inputs[0]

    @property
    def start(self) -> tuple[Tensor, ...]:
        return self.inputs[5:]

    def cell(self) -> Cell:
        return MAKERS[self.kind](*self.inputs[1:5])

    def apply(self, *inputs: Tensor | None) -> tuple[Tensor, ...]:
        """h, or h and c, of the inputs that are given, by the Function."""
        maker = MAKERS[self.kind]
        return Recurrence.apply(PASSES[type(self.cell())], maker, self.sizes, *(inputs or self.inputs))

    def readable(self) -> dict[str, Tensor]:
        """Every value by the unrolled cells."""
        return readable.read(self.cell(), self.x, self.start, self.sizes)

    def read(self) -> Tensor:
        """Which steps of which rows are read, (T, B, 1); all others mean nothing."""
        steps, rows = self.x.shape[:2]
        sizes = [rows] * steps if self.sizes is None else self.sizes
        return (torch.arange(rows) < torch.tensor(sizes)[:, None])[..., None]


def problem(
    kind: str,
    *,
    steps: int = 4,
    batch: int = 3,
    inputs: int = 2,
    units: int = 2,
    ids: bool = False,
    bias: bool = True,
    sizes: Sizes = None,
    dtype: torch.dtype = torch.float64,
    **wanted: Any,
) -> Problem:
    """Random numbers, gradients wanted of all of them; a relu's sums are far from its kink."""

    def numbers(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=dtype).requires_grad_()

    rows = MAKERS[kind](torch.empty(0), torch.empty(0)).gate_count * units
    for _ in range(1000):
        x = torch.randint(inputs, (steps, batch)) if ids else numbers(steps, batch, inputs)
        biases = [numbers(rows), numbers(rows)] if bias else [None, None]
        start = [numbers(batch, units) for _ in range(2 if kind == "lstm" else 1)]
        made = Problem(
            kind, sizes, (x, numbers(rows, inputs), numbers(rows, units), *biases, *start), **wanted
        )
        if kind != "rnn_relu" or far_from_the_kink(made):
            return made
    raise AssertionError("no sums far from zero in a thousand tries")


def far_from_the_kink(made: Problem) -> bool:
    """Whether all sums are away from zero, with some on each side of it."""
    a = made.readable()["a"]
    return bool(a.abs().min() > 1e-3 and a.min() < 0 < a.max())
