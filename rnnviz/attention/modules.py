"""The forms of attention with the weights that they learn."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from rnnviz.attention.functions import Attention, additive, dot, general, scaled_dot


class DotAttention(nn.Module):
    """score_ts = q_t . k_s: nothing to learn; queries and keys are of the same width. See `dot`."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        _check_same(query_size, key_size)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Attention:
        """query (..., T, D), key (..., S, D), value (..., S, E)."""
        return dot(query, key, value, mask)


class ScaledDotAttention(nn.Module):
    """score_ts = q_t . k_s / sqrt(D): nothing to learn; the same width. See `scaled_dot`."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        _check_same(query_size, key_size)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Attention:
        """query (..., T, D), key (..., S, D), value (..., S, E)."""
        return scaled_dot(query, key, value, mask)


class GeneralAttention(nn.Module):
    """score_ts = q_t . W k_s; `weight` is W (Dq, Dk). See `general`."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(_uniform(query_size, key_size))

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Attention:
        """query (..., T, Dq), key (..., S, Dk), value (..., S, E)."""
        return general(query, key, value, self.weight, mask)


class AdditiveAttention(nn.Module):
    """score_ts = w . tanh(W_q q_t + W_k k_s); `weight_q` (A, Dq), `weight_k` (A, Dk), `weight` w (A,).

    hidden: A, as wide as a query if None. See `additive`.
    """

    def __init__(self, query_size: int, key_size: int, hidden: int | None = None) -> None:
        super().__init__()
        width = query_size if hidden is None else hidden
        self.weight_q = nn.Parameter(_uniform(width, query_size))
        self.weight_k = nn.Parameter(_uniform(width, key_size))
        self.weight = nn.Parameter(_uniform(width))

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Attention:
        """query (..., T, Dq), key (..., S, Dk), value (..., S, E)."""
        return additive(query, key, value, self.weight_q, self.weight_k, self.weight, mask)


SCORES: dict[str, Callable[[int, int], nn.Module]] = {
    "dot": DotAttention,
    "scaled_dot": ScaledDotAttention,
    "general": GeneralAttention,
    "additive": AdditiveAttention,
}
"""The forms by name, each made of the widths of a query and of a key."""


class SelfAttention(nn.Module):
    """A sequence that looks at itself: q = x W_q^T + b_q and so on, then scaled dot-product attention.

    input_size: D; size: numbers of a query, of a key and of a value, D if None.
    """

    def __init__(self, input_size: int, size: int | None = None, bias: bool = True) -> None:
        super().__init__()
        width = input_size if size is None else size
        self.query = nn.Linear(input_size, width, bias)
        self.key = nn.Linear(input_size, width, bias)
        self.value = nn.Linear(input_size, width, bias)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Attention:
        """x (..., T, D) -> the context (..., T, E) of each step, and everything that led there."""
        return scaled_dot(self.query(x), self.key(x), self.value(x), mask)


def _uniform(*shape: int) -> Tensor:
    """Within +-1/sqrt(numbers that a row reads), as `torch.nn.Linear` begins."""
    bound = 1 / math.sqrt(shape[-1])
    return nn.init.uniform_(torch.empty(shape), -bound, bound)


def _check_same(query_size: Any, key_size: Any) -> None:
    if query_size != key_size:
        raise ValueError(
            f"A dot product needs queries and keys of the same width, not {query_size} and {key_size}: "
            "general and additive attention do not."
        )
