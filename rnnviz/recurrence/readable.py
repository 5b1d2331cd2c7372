"""The engine that is there to be read: the unrolled cells, step by step, differentiated by autograd."""

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnviz.cells import Cell, unroll
from rnnviz.cells.unroll import StepEdit
from rnnviz.recurrence.rows import Sizes


def read(
    cell: Cell,
    x: Tensor,
    start: Sequence[Tensor],
    sizes: Sizes = None,
    edit: StepEdit | None = None,
    carried_only: bool = False,
) -> dict[str, Tensor]:
    """x (T, B, D), or ids (T, B), from a start state, (B, H) each -> the values, (T, B, H) each by letter.

    edit: see `cells.unroll`. carried_only: keep h, or h and c, and nothing else. What stands where a row has
    ended means nothing.
    """
    taken = [step.values() for step in unroll(cell, x, cell.start(*start), edit)]
    return {
        name: torch.stack([step[name] for step in taken])
        for name in (cell.carried if carried_only else taken[0])
    }
