"""What a cell needs to read a whole sequence, and to find its way back."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from rnnviz.recurrence.rows import Sizes

NUMBERS_OF_A_BLOCK = 2**16

quietly = np.errstate(all="ignore")
"""Around whatever runs a pass: a number beyond all bounds becomes inf, as in torch, without a warning."""


@dataclass(frozen=True, eq=False)
class Pass(ABC):
    """One pass of a cell over a sequence.

    The fields after `cell` are what the pass leaves behind: `forward` makes it in one loop over time,
    `backward` reads it in one loop the other way. Values of every step are (T, B, H); what is carried from
    step to step is (T + 1, B, H), with the start state in front.
    """

    cell: Any

    sums: ClassVar[int]
    """How many sums the weights go into: da_t has H columns for each."""
    from_state: ClassVar[slice]
    """The sums that W_hh h_{t-1} goes into, in the order of W_hh's rows."""
    from_input: ClassVar[tuple[slice, ...]]
    """The sums that W_ih x_t goes into, in the order of W_ih's rows."""

    @classmethod
    @abstractmethod
    def forward(
        cls, cell: Any, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None, keep: bool = False
    ) -> Self:
        """Read a sequence, x (T, B, D) or ids (T, B), from a start state, (B, H) each.

        keep: whether `values` will be asked for, which takes more memory.
        """

    @classmethod
    @abstractmethod
    def of_values(cls, cell: Any, values: dict[str, Tensor], start: Sequence[Tensor]) -> Self:
        """The pass that has left these values, (T, B, H) each, by their letters."""

    @property
    @abstractmethod
    def carried(self) -> tuple[Tensor, ...]:
        """h, or h and c: (T + 1, B, H) each."""

    @abstractmethod
    def values(self) -> dict[str, Tensor]:
        """Every value of the cell by its letter, (T, B, H) each; after a pass with keep."""

    @abstractmethod
    def backward(
        self, dh: Tensor, dc: Tensor, dh_seen: Tensor, dc_seen: Tensor | None, da: Tensor, sizes: Sizes = None
    ) -> Iterator[int]:
        """Backpropagation through time: from the last step to the first, each yielded when its da is there.

        dh_seen, dc_seen (T, B, H): what the loss sees of h_t and c_t by themselves, the parts of dL/dh_t and
            dL/dc_t that do not come through later steps; dc_seen None for zeros.
        dh, dc (B, H): what is handed on from step to step; dc zeros at first; in the end dL/dh_0 and dL/dc_0.
        da (T, B, sums*H): to be filled with dL/da_t.

        After the yield the gradient is handed on to the step before: who stops at step 0 saves that.
        A pass over a single row can be gone back for any number of rows, each with a loss of its own.
        """

    @property
    def left(self) -> list[Tensor | None]:
        """The fields after `cell`."""
        return [getattr(self, name) for name in names_of(type(self))[1:]]


@cache
def names_of(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields, looked up once: that takes as long as a short pass."""
    return tuple(field.name for field in fields(kind))


def kept(value: Tensor | None) -> Tensor:
    """A value of a pass with keep; of any other it raises ValueError."""
    if value is None:
        raise ValueError("This pass has not kept its sums: ask `forward` for them with keep=True.")
    return value


def block_size(numbers: int) -> int:
    """How many steps' local derivatives are taken at once; numbers: how many a value has in a step, B*H.

    Fewer and larger operations than step by step, and what they write is still in the processor's cache when
    the loop comes to read it.
    """
    return max(1, NUMBERS_OF_A_BLOCK // max(1, numbers))


def blocks_backwards(steps: int, size: int) -> Iterator[range]:
    """The steps in blocks of a size, the last block first."""
    for stop in range(steps, 0, -size):
        yield range(max(0, stop - size), stop)
