"""The loop over time: the only one of the readable path."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from rnnviz.cells.base import Cell, keep

StepEdit = Callable[[int, str, Tensor], Tensor]
"""`edit(step, name, value) -> value`: the value to go on with, of the same shape (B, H)."""


class Step(NamedTuple):
    """One step of one layer: its index in the loop, its Gates and its State."""

    index: int  # type: ignore[assignment]  # the step's number, not tuple's method
    gates: Any
    state: Any

    def values(self) -> dict[str, Tensor]:
        """Every value of the step by its letter, (B, H) each."""
        return self.gates._asdict() | self.state._asdict()


def unroll(cell: Cell, x: Tensor, state: Any, edit: StepEdit | None = None) -> Iterator[Step]:
    """Run a cell over a sequence, x (T, B, D), from a start state, and yield its T steps.

    The steps are part of the autograd graph, so `autograd.grad(loss, [step.state.h for step in steps])` is
    the true dL/dh_t: what reaches the loss through all later steps included.

    `edit(step, name, value)` is asked about every name in `cell.editable`: each gate before it is used, c_t
    before h_t is computed from it, h_t before it leaves the step. What it returns is what the network goes
    on with; a sum a_* that stands before an edited gate is shown as it was computed.
    """
    for t, x_t in enumerate(x):
        gates = cell.gates(x_t, state.h)
        if edit:
            names = [name for name in gates._fields if name in cell.editable]
            gates = gates._replace(**{name: edit(t, name, getattr(gates, name)) for name in names})
        state = cell.update(gates, state, partial(edit, t) if edit else keep)
        yield Step(t, gates, state)
