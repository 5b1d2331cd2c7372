"""The product with one and the same matrix at each step: nearly all of the arithmetic."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from rnnviz.recurrence.rows import Sizes, steps

MANY_WEIGHTS = 2**19
FEW_ROWS = 3


def adding_product(weight: Tensor) -> Callable[[Tensor, Tensor, Tensor], object]:
    """weight (N, K) -> a function of y (B, N), x (B, K) and out, which becomes y + x weight^T; it may be y.

    The matrix product of torch's CPU builds is Intel's MKL, which lays a matrix out anew each time. On other
    makers' processors oneDNN, which torch brings along as well, is a fifth faster on large matrices, given
    one that it has laid out once.
    """
    if weight.dtype == torch.float32 and weight.numel() >= MANY_WEIGHTS and _onednn_is_faster():
        laid_out = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
        product = torch.ops.mkldnn._linear_pointwise.default
        return lambda y, x, out: torch.add(y, product(x, laid_out, None, "none", [], ""), out=out)
    transposed = weight.t()
    return lambda y, x, out: torch.addmm(y, x, transposed, out=out)


@cache
def _onednn_is_faster() -> bool:
    """Whether this is an x86 processor that MKL is not at home on, and torch has oneDNN's product."""
    processor = torch.cpu.get_capabilities()
    if processor.get("architecture") != "x86_64" or "intel" in processor.get("cpu_name", "intel").lower():
        return False
    # Both are called by code that torch compiles, so not promised to us: without them MKL serves.
    known = all(hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight"))
    return known and bool(torch.backends.mkldnn.is_available())


class HandingOn:
    """dh_{t-1} = what the loss sees of h_{t-1} + W_hh^T da_t, step after step in one and the same place.

    dh_seen (T, B, H); dh (B, H): filled with what the loss sees of the last step, to begin with.
    """

    def __init__(self, weight_hh: Tensor, dh_seen: Tensor, dh: Tensor, sizes: Sizes) -> None:
        # Of few rows MKL sums down the columns of a matrix, with three times the rounding of along its rows.
        few = (sizes[-1] if sizes else len(dh)) <= FEW_ROWS
        self._add_product = adding_product(weight_hh.t().contiguous() if few else weight_hh.t())
        self._sizes, self._dh, self._all_seen = sizes, dh, dh_seen
        self._seen = steps([torch.zeros_like(dh), *dh_seen[:-1]], sizes)
        self._places = steps([dh] * len(dh_seen), sizes)
        self._places[-1].copy_(dh_seen[-1, : len(self._places[-1])])

    def __call__(self, t: int, da: Tensor) -> None:
        """From step t to the one before; da (rows read at t, G*H)."""
        self._add_product(self._seen[t], da, self._places[t])
        if self._sizes and t and self._sizes[t] < self._sizes[t - 1]:
            # The rows that end at t - 1 set out on their way back.
            rows = slice(self._sizes[t], self._sizes[t - 1])
            self._dh[rows] = self._all_seen[t - 1, rows]
