"""Weights of attention that somebody sets by hand, as the hook that a recording asks."""

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnviz.cells.unroll import StepEdit

Forced = tuple[str, int | None, int, int]
"""The name of the weights, the head (None for all), the row, and the column it has to look at alone."""


def forcing(rows: Sequence[Forced]) -> StepEdit:
    """`edit(step, name, value)` that lets some rows of weights look at one column alone: 1 there, else 0.

    A column that a row does not have leaves it as it is. So does one that a decoder, looking back at what it
    has written ("dec.l0.attn.weights"), writes only later: that depends on this row.
    """

    def edit(step: int, name: str, value: Tensor) -> Tensor:
        back = name.startswith("dec.") and name.endswith(".attn.weights")
        columns = min(value.shape[-1], step + 1) if back else value.shape[-1]
        for wanted, head, row, column in rows:
            if (name, step) != (wanted, row) or column >= columns:
                continue
            alone = torch.zeros_like(value)
            alone[..., column] = 1
            if head is not None:
                heads = torch.arange(value.shape[-2], device=value.device)[:, None]
                alone = torch.where(heads == head, alone, value)
            value = alone
        return value

    return edit
