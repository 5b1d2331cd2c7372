"""Rows of different lengths, read side by side.

Rows stand in the order of their lengths, the longest first, so that those which are still being read at a
step are always the first ones: a step works on `values[t, :sizes[t]]`, and leaves alone what has ended.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

Sizes = Sequence[int] | None
"""How many rows are read at each step, never more than at the step before; None where all go to the end."""


def steps(values: Iterable[Any], sizes: Sizes) -> list[Any]:
    """values (T, B, ...), a tensor or an array -> T views, (rows read at t, ...)."""
    return list(values) if sizes is None else [step[:n] for step, n in zip(values, sizes, strict=True)]


def before_and_after(values: Iterable[Any], sizes: Sizes) -> tuple[list[Any], list[Any]]:
    """values (T + 1, B, ...), the start in front -> what each of T steps finds, and what it leaves."""
    views = list(values)
    return steps(views[:-1], sizes), steps(views[1:], sizes)


def buffer(like: Tensor, sizes: Sizes, *shape: int) -> Tensor:
    """A tensor to be written step by step; zero where a row has ended and nothing will be written."""
    return like.new_empty(shape) if sizes is None else like.new_zeros(shape)


def lengths(sizes: Sequence[int] | Tensor) -> Tensor:
    """The length of each row, (B,)."""
    sizes = torch.as_tensor(sizes)
    return (sizes[:, None] > torch.arange(int(sizes[0]))).sum(0)


def last(values: Tensor, sizes: Sizes) -> Tensor:
    """values (T, B, ...) -> each row's last one, (B, ...)."""
    if sizes is None:
        return values[-1]
    return values[lengths(sizes).to(values.device) - 1, torch.arange(sizes[0], device=values.device)]


def reverse_time(values: Tensor, sizes: Sizes) -> Tensor:
    """Each row of values (T, B, ...) backwards within its own length; applied twice, values itself."""
    if sizes is None:
        return values.flip(0)
    step = torch.arange(len(values), device=values.device)[:, None]
    length = lengths(sizes).to(values.device)
    return values[
        torch.where(step < length, length - 1 - step, step), torch.arange(sizes[0], device=values.device)
    ]
