"""What the layers of a transformer's encoder and decoder share (Vaswani et al. 2017, 3.1 and 3.3)."""

from abc import ABC
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu, relu

from rnnviz.attention.multihead import MultiHeadAttention

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "gelu": gelu}


class Found(NamedTuple):
    """What attention found, and nothing of how."""

    output: Tensor


class TransformerLayer(nn.Module, ABC):
    """Attention, by names of their own, and a network that each step goes through by itself. Abstract.

    attentions: the names of the modules of attention; there is a norm for each of them and for the network.
    The other settings are those of `torch.nn`, and so are the start weights from the same seed.
    """

    attentions: tuple[str, ...]
    norm1: nn.LayerNorm
    norm2: nn.LayerNorm

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"The activation is {' or '.join(ACTIVATIONS)}, not {activation!r}.")
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        for name in self.attentions:
            attention = MultiHeadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **made)
            self.add_module(name, attention)
        self.linear1 = nn.Linear(d_model, dim_feedforward, bias, **made)
        self.linear2 = nn.Linear(dim_feedforward, d_model, bias, **made)
        for place in range(len(self.attentions) + 1):
            self.add_module(f"norm{place + 1}", nn.LayerNorm(d_model, layer_norm_eps, bias=bias, **made))
        self.dropout, self.activation, self.norm_first = dropout, activation, norm_first

    def reset_parameters(self) -> None:
        """Drawn anew, in `torch.nn`'s order."""
        for part in self.children():
            part.reset_parameters()  # type: ignore[operator]

    def _add(self, x: Tensor, norm: nn.Module, part: Callable[[Tensor], Any]) -> tuple[Any, Tensor, Tensor]:
        """One part of the layer, such as attention, and what it finds added to x: -> what it found (with an
        `.output`), what the norm returned, and the sum; post-norm, the norm returns the sum.
        """
        if self.norm_first:
            normed = norm(x)
            found = part(normed)
            return found, normed, x + self._dropped(found.output)
        found = part(x)
        normed = norm(x + self._dropped(found.output))
        return found, normed, normed

    def _think(self, x: Tensor) -> "Thought":
        a = self.linear1(x)
        hidden = ACTIVATIONS[self.activation](a)
        return Thought(self.linear2(self._dropped(hidden)), a, hidden)

    def _dropped(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


class Thought(NamedTuple):
    """The feed-forward network, each step by itself: what it says, its sums, its units."""

    output: Tensor
    a: Tensor
    hidden: Tensor


class Stack(nn.Module, ABC):
    """Layers one upon the other, and a last norm if given (pre-norm layers need one). Abstract.

    A layer of which num_layers copies are made: each begins with weights of its own, torch's begin alike.
    """

    def __init__(self, layer: TransformerLayer, num_layers: int, norm: nn.Module | None = None) -> None:
        super().__init__()
        if num_layers < 1:
            raise ValueError(f"num_layers is at least 1, not {num_layers}.")
        copies = [deepcopy(layer) for _ in range(num_layers)]
        for copy in copies[1:]:
            copy.reset_parameters()
        self.layers = nn.ModuleList(copies)
        self.num_layers, self.norm = num_layers, norm

    def _normed(self, x: Tensor) -> Tensor:
        return x if self.norm is None else self.norm(x)
