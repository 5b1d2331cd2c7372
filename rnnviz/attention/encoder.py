"""The transformer encoder (Vaswani et al. 2017, 3.1), in place of `torch.nn`'s modules of the same names."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor, nn

from rnnviz.attention.layer import Found, Stack, TransformerLayer
from rnnviz.attention.multihead import MultiHeadAttention, MultiHeadTrace

LayerEdit = Callable[[int, Tensor], Tensor]


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


class EncoderTrace(NamedTuple):
    """output: what the call returns, normed where there is a last norm; layers: each with all it did."""

    output: Tensor
    layers: tuple[EncoderLayerTrace, ...]


class TransformerEncoderLayer(TransformerLayer):
    """Each step looks at all, then thinks by itself; what it finds is added to what it was.

        post-norm (as in the paper)               pre-norm, norm_first (easier to train)
        z = norm1(x + attention(x))               z = x + attention(norm1(x))
        y = norm2(z + W_2 phi(W_1 z + b_1) + b_2) y = z + W_2 phi(W_1 norm2(z) + b_1) + b_2

    The constructor, the call, the parameters' names and the start weights from the same seed are those of
    `torch.nn.TransformerEncoderLayer`; activation is relu or gelu, by name. And there is `trace`.
    """

    attentions = ("self_attn",)
    self_attn: MultiHeadAttention

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

        def attend(x: Tensor) -> Found:
            return Found(
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
        attention, norm1, mid = self._add(src, self.norm1, attend)
        ff, norm2, output = self._add(mid, self.norm2, self._think)
        return EncoderLayerTrace(output, attention, norm1, mid, ff.a, ff.hidden, ff.output, norm2)


class TransformerEncoder(Stack):
    """Layers one upon the other, and a last norm if given (pre-norm layers need one).

    The constructor, the call and the parameters' names are those of `torch.nn.TransformerEncoder`: a layer,
    of which num_layers copies are made. Each begins with weights of its own, while torch's begin alike.
    """

    def __init__(
        self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: nn.Module | None = None
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)

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
        return self._normed(src)

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
        return EncoderTrace(self._normed(src), tuple(told))
