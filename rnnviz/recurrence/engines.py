"""The three ways to compute the same numbers, and which is taken when.

scratch     our loops over time, with backpropagation through time by hand; the usual one on the CPU
torch       the library's kernels on our weights, every gate found after them; the usual one on a GPU
readable    the unrolled cells; where there is an edit hook, and where the others cannot go
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from torch import Tensor

from rnnviz.cells import Cell
from rnnviz.recurrence import library, readable, scratch
from rnnviz.recurrence.rows import Sizes

Values = dict[str, Tensor]


class Engine(NamedTuple):
    """can_run: whether it can compute with a cell and an input.

    read and trace, of (cell, x, start, sizes): x (T, B, D), or ids (T, B); start (B, H) each; see `rows`. The
    one tells h, or h and c, the other every value; (T, B, H) each by its letter.
    """

    can_run: Callable[[Cell, Tensor], bool]
    read: Callable[..., Values]
    trace: Callable[..., Values]


ENGINES = {
    "scratch": Engine(scratch.can_run, scratch.read, scratch.trace),
    "torch": Engine(library.can_run, library.trace, library.trace),
    "readable": Engine(lambda cell, x: True, partial(readable.read, carried_only=True), readable.read),
}


def check(name: str | None) -> None:
    """Raises ValueError for a name that is not None and no engine's."""
    if name is not None and name not in ENGINES:
        raise ValueError(
            f"The engine is one of {', '.join(ENGINES)}, or None to have it chosen, not {name!r}."
        )


def choose(asked: str | None, cell: Cell, x: Tensor) -> str:
    """The engine's name: the one that was asked for, or the usual one, where it can go."""
    check(asked)
    name = asked or ("scratch" if cell.weight_hh.device.type == "cpu" else "torch")
    return name if ENGINES[name].can_run(cell, x) else "readable"


def read(name: str, cell: Cell, x: Tensor, start: Sequence[Tensor], sizes: Sizes, told: bool) -> Values:
    """One layer in one direction by an engine; told: every value is wanted, not only h and c."""
    engine = ENGINES[name]
    return (engine.trace if told else engine.read)(cell, x, start, sizes)
