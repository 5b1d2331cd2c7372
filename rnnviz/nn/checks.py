"""What a layer refuses, with `torch.nn`'s types of error."""

import warnings
from typing import Any

import torch
from torch import Tensor

from rnnviz.recurrence.engines import check
from rnnviz.recurrence.inputs import are_ids, transformed


def check_settings(layer: Any) -> None:
    """The constructor's checks, with `torch.nn`'s types of error."""
    kind = type(layer).__name__
    if layer.proj_size:
        raise ValueError(
            f"rnnviz.nn.{kind} does not support proj_size, got {layer.proj_size}; leave it at 0."
        )
    check(layer.engine)
    if not isinstance(layer.hidden_size, int):
        raise TypeError(f"hidden_size should be of type int, got {type(layer.hidden_size).__name__}.")
    for name in ("hidden_size", "num_layers"):
        if getattr(layer, name) <= 0:
            raise ValueError(f"{name} must be greater than zero, got {getattr(layer, name)}.")
    if not 0 <= layer.dropout <= 1:
        raise ValueError(f"dropout is a probability, 0 to 1, got {layer.dropout}.")
    if layer.dropout and layer.num_layers == 1:
        warnings.warn(f"dropout={layer.dropout} acts between layers, and there is only one.", stacklevel=5)


def check_input(layer: Any, x: Tensor) -> None:
    """x is (T, B, D), or ids (T, B)."""
    kind, width = type(layer).__name__, layer.input_size
    if len(x) == 0:
        raise RuntimeError(f"{kind}: expected a sequence of at least one step, got none.")
    if are_ids(x):
        _check_ids(kind, x, width)
        return
    dtype = layer.weight_ih_l0.dtype
    if x.dtype != dtype and not torch.is_autocast_enabled(x.device.type):
        raise ValueError(f"{kind}: the weights are {dtype}, the input is {x.dtype}; use input.to({dtype}).")
    if x.shape[-1] != width:
        raise RuntimeError(f"{kind}: input.size(-1) must be input_size, {width}, got {x.shape[-1]}.")


def _check_ids(kind: str, x: Tensor, width: int) -> None:
    """Where they can be seen: those of a GPU would have to be waited for."""
    unseen = torch.compiler.is_compiling() or transformed(x)
    if not unseen and x.device.type == "cpu" and x.numel():
        for worst in x.aminmax():
            if not 0 <= int(worst) < width:
                raise IndexError(f"{kind}: ids run from 0 to {width - 1}, got {int(worst)}.")


def check_state(part: Tensor, shape: tuple[int, int, int], dims: int, dtype: torch.dtype) -> None:
    """part: one value of the start state; shape: what it has with a batch; dims: 3, or 2 without a batch."""
    wanted = shape if dims == 3 else (shape[0], shape[2])
    if tuple(part.shape) != wanted:
        axes = "(layers * directions, batch, units)" if dims == 3 else "(layers * directions, units)"
        raise RuntimeError(f"Expected hidden size {wanted}, {axes}, got {tuple(part.shape)}.")
    if part.dtype != dtype and not torch.is_autocast_enabled(part.device.type):
        raise RuntimeError(f"Expected a hidden state of {dtype}, as the input, got {part.dtype}.")
