"""What the three cells share: their weights, and the names under which anything can be edited."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor
from torch.nn.functional import embedding, linear

Edit = Callable[[str, Tensor], Tensor]
"""`edit(name, value) -> value`: what one step asks before it uses a value."""


def keep(name: str, value: Tensor) -> Tensor:
    """The edit that changes nothing."""
    return value


@dataclass(frozen=True, eq=False)
class Cell(ABC):
    """The weights of one layer in one direction, packed and named as in `torch.nn`.

    Shapes, with G the number of gates (1 RNN, 4 LSTM, 3 GRU), D inputs and H units:
    weight_ih (G*H, D), weight_hh (G*H, H), bias_ih and bias_hh (G*H,) or None.

    A cell is two pure functions. `gates` is everything that reads the weights, `update` everything that
    makes the new state. Whatever can be seen is a named field of what they return.
    """

    gate_count: ClassVar[int]
    carried: ClassVar[tuple[str, ...]]
    """The fields of the state that the next step reads: h, or h and c."""
    editable: ClassVar[tuple[str, ...]]
    """The names an edit hook is asked about, in the order in which a step computes them."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None = None
    bias_hh: Tensor | None = None

    @property
    def weights(self) -> tuple[Tensor | None, ...]:
        """weight_ih, weight_hh, bias_ih, bias_hh."""
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def from_input(self, x: Tensor) -> Tensor:
        """W_ih x + b_ih: (B, D) -> (B, G*H).

        x may be the numbers of one-hot rows, (B,): each picks its column of W_ih.
        """
        if x.is_floating_point():
            return linear(x, self.weight_ih, self.bias_ih)
        table = self.weight_ih.t()
        columns = embedding(x, table if len(x) == 1 else table.contiguous())  # whole rows, if there are many
        return columns if self.bias_ih is None else columns + self.bias_ih

    def from_state(self, h: Tensor) -> Tensor:
        """W_hh h + b_hh: (B, H) -> (B, G*H)."""
        return linear(h, self.weight_hh, self.bias_hh)

    @abstractmethod
    def start(self, *carried: Tensor) -> Any:
        """The state before the first step, from its carried values, (B, H) each."""

    @abstractmethod
    def gates(self, x: Tensor, h: Tensor) -> Any:
        """Everything that reads the weights: x_t (B, D), h_{t-1} (B, H) -> Gates, (B, H) each."""

    @abstractmethod
    def update(self, gates: Any, prev: Any, edit: Edit = keep) -> Any:
        """Everything that makes the new state: Gates, State at t-1 -> State at t, (B, H) each."""
