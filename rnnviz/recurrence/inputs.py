"""What the inputs give to the sums of all steps, in one product, and what flows back to them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rnnviz.cells import Cell


def are_ids(x: Tensor) -> bool:
    """Whether x holds the numbers of one-hot rows, (T, B), rather than rows of numbers, (T, B, D)."""
    return x.dtype in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def transformed(x: Tensor) -> bool:
    """Whether a tensor stands for others, in a transform of `torch.func` or a batch of gradients."""
    functorch = torch._C._functorch
    return functorch.is_functorch_wrapped_tensor(x) or functorch.is_legacy_batchedtensor(x)


def both_biases(cell: Cell) -> Tensor | None:
    """b_ih + b_hh, of cells in which they meet in the same sums."""
    return None if cell.bias_ih is None or cell.bias_hh is None else cell.bias_ih + cell.bias_hh


def project(x: Tensor, weight: Tensor, bias: Tensor | None, out: Tensor | None = None) -> Tensor:
    """W_ih x_t + b of all steps: (T, B, D) -> (T, B, G*H), contiguous, and into `out` if given.

    For ids, (T, B), it is a row lookup in W_ih^T + b: the product with a one-hot row picks one column.
    """
    if out is None:
        out = weight.new_empty(*x.shape[:2], len(weight))
    flat = out.view(-1, len(weight))
    if are_ids(x):
        table = weight.t().contiguous()  # its rows are copied whole: five times faster than from columns
        torch.index_select(table if bias is None else table.add_(bias), 0, x.flatten(), out=flat)
    elif bias is None:
        torch.mm(x.flatten(0, 1), weight.t(), out=flat)
    else:
        torch.addmm(bias, x.flatten(0, 1), weight.t(), out=flat)
    return out


class InputGradients(NamedTuple):
    """dL/dx (T, B, D), dL/dW_ih (G*H, D) and dL/db (G*H,); None where not wanted."""

    x: Tensor | None
    weight: Tensor | None
    bias: Tensor | None


def unproject(
    x: Tensor, weight: Tensor, da: Sequence[Tensor], wanted: tuple[bool, bool, bool]
) -> InputGradients:
    """The way back through `project`; da: dL/da of all steps in pieces of columns, (T, B, ...) each."""
    flat = [piece.flatten(0, 1) for piece in da]
    of_x = of_weight = of_bias = None
    if wanted[0]:
        of_x = to_inputs(flat, weight).view_as(x)
    if wanted[1]:
        of_weight = _joined([_weight_gradient(x, piece, weight.shape[1]) for piece in flat])
    if wanted[2]:
        of_bias = _joined([piece.sum(0) for piece in flat])
    return InputGradients(of_x, of_weight, of_bias)


def to_inputs(da: Sequence[Tensor], weight: Tensor) -> Tensor:
    """W_ih^T da, da in pieces of columns, (N, ...) each -> (N, D)."""
    first, *others = weight.split([piece.shape[1] for piece in da])
    dx = da[0] @ first
    for piece, rows in zip(da[1:], others, strict=True):
        dx.addmm_(piece, rows)
    return dx


def _weight_gradient(x: Tensor, da: Tensor, width: int) -> Tensor:
    if are_ids(x):
        return da.new_zeros(width, da.shape[1]).index_add_(0, x.flatten(), da).t()
    return (x.flatten(0, 1).t() @ da).t()


def _joined(pieces: list[Tensor]) -> Tensor:
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces)
