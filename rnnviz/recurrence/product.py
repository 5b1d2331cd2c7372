"""The product with one and the same matrix at each step: nearly all of the arithmetic."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

MANY_WEIGHTS = 2**19


def adding_product(weight: Tensor) -> Callable[[Tensor, Tensor], object]:
    """weight (N, K) -> a function of y (B, N) and x (B, K) that adds x weight^T to y in place.

    The matrix product of torch's CPU builds is Intel's MKL, which lays a matrix out anew each time. On other
    makers' processors oneDNN, which torch brings along as well, is a fifth faster on large matrices, given
    one that it has laid out once.
    """
    if weight.dtype == torch.float32 and weight.numel() >= MANY_WEIGHTS and _onednn_is_faster():
        laid_out = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
        product = torch.ops.mkldnn._linear_pointwise.default
        return lambda y, x: y.add_(product(x, laid_out, None, "none", [], ""))
    transposed = weight.t()
    return lambda y, x: y.addmm_(x, transposed)


@cache
def _onednn_is_faster() -> bool:
    """Whether this is an x86 processor that MKL is not at home on, and torch has oneDNN's product."""
    processor = torch.cpu.get_capabilities()
    if processor.get("architecture") != "x86_64" or "intel" in processor.get("cpu_name", "intel").lower():
        return False
    # Both are called by code that torch compiles, so not promised to us: without them MKL serves.
    known = all(hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight"))
    return known and bool(torch.backends.mkldnn.is_available())
