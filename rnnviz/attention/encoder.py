"""The transformer encoder (Vaswani et al. 2017, 3.1), in place of `torch.nn`'s modules of the same names."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu, relu

from rnnviz.attention.multihead import MultiHeadAttention, MultiHeadTrace

LayerEdit = Callable[[int, Tensor], Tensor]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "gelu": gelu}


class EncoderLayerTrace(NamedTuple):
    """What happens in a layer, in its order; (T, B, E), or (B, T, E) with batch_first, but for what is said.

    attention: see `MultiHeadTrace`; mid: x with what attention found added to it (post-norm: normed then);
    a, hidden (..., F): the sums into the units of the feed-forward network, and what the activation makes of
    them; ff: what that network answers; output: mid with that added (post-norm: normed then). norm1, norm2:
    what the two norms return.
    """

    output: Tensor
    attention: MultiHeadTrace
    norm1: Tensor
    mid: Tensor
    a: Tensor
    hidden: Tensor
    ff: Tensor
    norm2: Tensor


class _Found(NamedTuple):
    """What attention found, and nothing of how."""

    output: Tensor


class EncoderTrace(NamedTuple):
    """output: what the call returns, normed where there is a last norm; layers: each with all it did."""

    output: Tensor
    layers: tuple[EncoderLayerTrace, ...]


class TransformerEncoderLayer(nn.Module):
    """Each step looks at all, then thinks by itself; what it finds is added to what it was.

        post-norm (as in the paper)               pre-norm, norm_first (easier to train)
        z = norm1(x + attention(x))               z = x + attention(norm1(x))
        y = norm2(z + W_2 phi(W_1 z + b_1) + b_2) y = z + W_2 phi(W_1 norm2(z) + b_1) + b_2

    The constructor, the call, the parameters' names and the start weights from the same seed are those of
    `torch.nn.TransformerEncoderLayer`; activation is relu or gelu, by name. And there is `trace`.
    """

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
        self.self_attn = MultiHeadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **made)
        self.linear1 = nn.Linear(d_model, dim_feedforward, bias, **made)
        self.linear2 = nn.Linear(dim_feedforward, d_model, bias, **made)
        self.norm1 = nn.LayerNorm(d_model, layer_norm_eps, bias=bias, **made)
        self.norm2 = nn.LayerNorm(d_model, layer_norm_eps, bias=bias, **made)
        self.dropout, self.activation, self.norm_first = dropout, activation, norm_first

    def reset_parameters(self) -> None:
        """Drawn anew, in `torch.nn`'s order."""
        for part in (self.self_attn, self.linear1, self.linear2, self.norm1, self.norm2):
            part.reset_parameters()

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """src (T, B, E), (B, T, E) with batch_first, or (T, E) -> the same shape. Masks as `torch.nn`'s, True
        where a step may not look; is_causal without src_mask: no step looks beyond itself.
        """

        def attend(x: Tensor) -> _Found:
            return _Found(
                self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]
            )

        return self._read(src, attend).output

    def trace(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
        edit: Callable[[Tensor], Tensor] | None = None,
    ) -> EncoderLayerTrace:
        """The same computation, with everything that happens. The inputs are those of the call; edit: as of
        `MultiHeadAttention.trace`.
        """

        def attend(x: Tensor) -> MultiHeadTrace:
            return self.self_attn.trace(x, x, x, src_key_padding_mask, src_mask, is_causal, edit)

        return self._read(src, attend)

    def _read(self, src: Tensor, attend: Callable[[Tensor], Any]) -> EncoderLayerTrace:
        """attend: x -> something with an `.output`, and with all the rest if that is to be told."""
        if self.norm_first:
            norm1 = self.norm1(src)
            attention = attend(norm1)
            mid = src + self._dropped(attention.output)
            norm2 = self.norm2(mid)
            a, hidden, ff = self._think(norm2)
            output = mid + self._dropped(ff)
        else:
            attention = attend(src)
            mid = norm1 = self.norm1(src + self._dropped(attention.output))
            a, hidden, ff = self._think(mid)
            output = norm2 = self.norm2(mid + self._dropped(ff))
        return EncoderLayerTrace(output, attention, norm1, mid, a, hidden, ff, norm2)

    def _think(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The feed-forward network, each step by itself: its sums, its units, what it says."""
        a = self.linear1(x)
        hidden = ACTIVATIONS[self.activation](a)
        return a, hidden, self.linear2(self._dropped(hidden))

    def _dropped(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


class TransformerEncoder(nn.Module):
    """Layers one upon the other, and a last norm if given (pre-norm layers need one).

    The constructor, the call and the parameters' names are those of `torch.nn.TransformerEncoder`: a layer,
    of which num_layers copies are made. Each begins with weights of its own, while torch's begin alike.
    """

    def __init__(
        self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: nn.Module | None = None
    ) -> None:
        super().__init__()
        if num_layers < 1:
            raise ValueError(f"num_layers is at least 1, not {num_layers}.")
        copies = [deepcopy(encoder_layer) for _ in range(num_layers)]
        for copy in copies[1:]:
            copy.reset_parameters()
        self.layers = nn.ModuleList(copies)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """src (T, B, E), (B, T, E) with batch_first, or (T, E) -> the same shape; masks as of a layer."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)

    def trace(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
        edit: LayerEdit | None = None,
    ) -> EncoderTrace:
        """The same computation, with everything that happens in each layer. edit(layer, weights) -> weights
        may replace those of any layer, from 0 on.
        """
        told: list[EncoderLayerTrace] = []
        for place, layer in enumerate(self.layers):
            asked = None if edit is None else partial(edit, place)
            told.append(layer.trace(src, mask, src_key_padding_mask, is_causal, asked))  # type: ignore[operator]
            src = told[-1].output
        return EncoderTrace(src if self.norm is None else self.norm(src), tuple(told))
