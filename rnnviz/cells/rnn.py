"""The simple recurrent network (Elman, "Finding structure in time", 1990)."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from torch import Tensor, relu, tanh

from rnnviz.cells.base import Cell, Edit, keep

NONLINEARITIES = {"tanh": tanh, "relu": relu}


class Gates(NamedTuple):
    """An RNN has no gate, only the sum that goes into its activation."""

    a: Tensor


class State(NamedTuple):
    """h: the hidden state, the network's only memory."""

    h: Tensor


@dataclass(frozen=True, eq=False)
class RNNCell(Cell):
    """One step of a simple RNN, tanh or relu.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
    h_t = tanh(a_t)
    """

    gate_count: ClassVar[int] = 1
    carried: ClassVar[tuple[str, ...]] = ("h",)
    editable: ClassVar[tuple[str, ...]] = ("a", "h")

    nonlinearity: str = field(default="tanh", kw_only=True)

    def start(self, *carried: Tensor) -> State:
        return State(*carried)

    def gates(self, x: Tensor, h: Tensor) -> Gates:
        return Gates(a=self.from_input(x) + self.from_state(h))

    def update(self, gates: Gates, prev: State, edit: Edit = keep) -> State:
        phi = NONLINEARITIES[self.nonlinearity]
        h = edit("h", phi(gates.a))
        return State(h)
