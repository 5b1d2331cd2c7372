"""The transformer decoder (Vaswani et al. 2017, 3.1), in place of `torch.nn`'s modules of the same names."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnviz.attention.layer import Found, Stack, TransformerLayer
from rnnviz.attention.multihead import MultiHeadAttention, MultiHeadTrace

DecoderEdit = Callable[[int, str, Tensor], Tensor]


class DecoderLayerTrace(NamedTuple):
    """What happens in a layer, in its order; (T, B, E), or (B, T, E) with batch_first, but for what is said.

    attention: the steps look at each other; looked: x with what was found added to it (post-norm: normed
    then); cross: they look at the memory; mid: looked with that added; a, hidden (..., F), ff: see
    `EncoderLayerTrace`; output: mid with that added. norm1, norm2, norm3: what the three norms return.
    """

    output: Tensor
    attention: MultiHeadTrace
    norm1: Tensor
    looked: Tensor
    cross: MultiHeadTrace
    norm2: Tensor
    mid: Tensor
    a: Tensor
    hidden: Tensor
    ff: Tensor
    norm3: Tensor


class DecoderTrace(NamedTuple):
    """output: what the call returns, normed where there is a last norm; layers: each with all it did."""

    output: Tensor
    layers: tuple[DecoderLayerTrace, ...]


class Cache(NamedTuple):
    """What the decoder has not to compute again as it writes on, of L layers of K heads with D = E / K.

    k, v (L, B, K, T, D): keys and values of the steps so far; memory_k, memory_v (L, B, K, S, D): of the
    memory. The second axis is the batch's, as in the state of a recurrent layer.
    """

    k: Tensor
    v: Tensor
    memory_k: Tensor
    memory_v: Tensor


class TransformerDecoderLayer(TransformerLayer):
    """Each step looks at those before it, then at the memory, which was read, then thinks by itself.

        post-norm (as in the paper)               pre-norm, norm_first (easier to train)
        u = norm1(x + attention(x))               u = x + attention(norm1(x))
        z = norm2(u + cross(u, memory))           z = u + cross(norm2(u), memory)
        y = norm3(z + W_2 phi(W_1 z + b_1) + b_2) y = z + W_2 phi(W_1 norm3(z) + b_1) + b_2

    The constructor, the call, the parameters' names (`multihead_attn` is the cross-attention) and the start
    weights from the same seed are those of `torch.nn.TransformerDecoderLayer`; activation is relu or gelu, by
    name. And there are `trace`, and `step` for who writes on.
    """

    attentions = ("self_attn", "multihead_attn")
    self_attn: MultiHeadAttention
    multihead_attn: MultiHeadAttention
    norm3: nn.LayerNorm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """tgt (T, B, E), memory (S, B, E); with batch_first the batch comes first; or both without one -> as
        tgt. Masks as `torch.nn`'s, True where a step may not look; tgt_is_causal without tgt_mask: no step
        looks beyond itself; memory_is_causal likewise.
        """

        def attend(x: Tensor) -> Found:
            return Found(
                self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]
            )

        def look(x: Tensor) -> Found:
            return Found(
                self.multihead_attn(
                    x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
                )[0]
            )

        return self._write(tgt, attend, look).output

    def trace(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        edit: Callable[[str, Tensor], Tensor] | None = None,
    ) -> DecoderLayerTrace:
        """The same computation, with everything that happens. The inputs are those of the call; edit(name,
        weights) -> weights may replace those of the "attn" or the "cross", (B, K, T, ...).
        """

        def attend(x: Tensor) -> MultiHeadTrace:
            asked = None if edit is None else partial(edit, "attn")
            return self.self_attn.trace(x, x, x, tgt_key_padding_mask, tgt_mask, tgt_is_causal, asked)

        def look(x: Tensor) -> MultiHeadTrace:
            asked = None if edit is None else partial(edit, "cross")
            return self.multihead_attn.trace(
                x, memory, memory, memory_key_padding_mask, memory_mask, memory_is_causal, asked
            )

        return self._write(tgt, attend, look)

    def step(self, x: Tensor, past: Cache, mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """One more step, x (1, B, E), of a layer without batch_first, the cache being this layer's alone,
        (B, K, ..., D), the mask (B, 1, 1, S) True where it may look -> its output, and the keys and values of
        all steps so far.
        """
        kept: list[Tensor] = []

        def attend(x: Tensor) -> Found:
            new = self.self_attn.keys_and_values(x, x)
            kept.extend(torch.cat(pair, 2) for pair in zip((past.k, past.v), new, strict=True))
            return Found(self.self_attn.look(x, *kept))

        def look(x: Tensor) -> Found:
            return Found(self.multihead_attn.look(x, past.memory_k, past.memory_v, mask))

        output = self._write(x, attend, look).output
        return output, kept[0], kept[1]

    def _write(
        self, x: Tensor, attend: Callable[[Tensor], Any], look: Callable[[Tensor], Any]
    ) -> DecoderLayerTrace:
        """attend, look: x -> something with an `.output`, and with all the rest if that is to be told."""
        attention, norm1, looked = self._add(x, self.norm1, attend)
        cross, norm2, mid = self._add(looked, self.norm2, look)
        ff, norm3, output = self._add(mid, self.norm3, self._think)
        return DecoderLayerTrace(
            output, attention, norm1, looked, cross, norm2, mid, ff.a, ff.hidden, ff.output, norm3
        )


class TransformerDecoder(Stack):
    """Layers one upon the other, and a last norm if given (pre-norm layers need one).

    The constructor, the call and the parameters' names are those of `torch.nn.TransformerDecoder`: a layer,
    of which num_layers copies are made. Each begins with weights of its own, while torch's begin alike.
    """

    def __init__(
        self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: nn.Module | None = None
    ) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """tgt (T, B, E), memory (S, B, E) -> as tgt; shapes and masks as of a layer."""
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        causal = (tgt_is_causal, memory_is_causal)
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, *causal)
        return self._normed(tgt)

    def trace(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        edit: DecoderEdit | None = None,
    ) -> DecoderTrace:
        """The same computation, with everything that happens in each layer. edit(layer, name, weights) ->
        weights may replace those of any layer, from 0 on, and its "attn" or "cross".
        """
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        causal = (tgt_is_causal, memory_is_causal)
        told: list[DecoderLayerTrace] = []
        for place, layer in enumerate(self.layers):
            asked = None if edit is None else partial(edit, place)
            told.append(layer.trace(tgt, memory, *masks, *causal, asked))  # type: ignore[operator]
            tgt = told[-1].output
        return DecoderTrace(self._normed(tgt), tuple(told))

    def begin(self, memory: Tensor) -> Cache:
        """The cache before anything is written: memory (S, B, E). Of layers without batch_first."""
        found = [layer.multihead_attn.keys_and_values(memory, memory) for layer in self.layers]  # type: ignore[operator, union-attr]
        k, v = (torch.stack(parts) for parts in zip(*found, strict=True))
        return Cache(k[:, :, :, :0], v[:, :, :, :0], k, v)

    def step(self, x: Tensor, past: Cache, mask: Tensor | None = None) -> tuple[Tensor, Cache]:
        """One more step, x (1, B, E), which may look at everything so far, and at the memory where the mask
        (B, 1, S) is True -> its output (1, B, E), and the cache with this step in it. What `forward` computes
        of all steps with tgt_is_causal, it computes of one, for a T-th of the work.
        """
        of_heads = None if mask is None else mask[:, None]
        kept = []
        for place, layer in enumerate(self.layers):
            x, k, v = layer.step(x, Cache(*(part[place] for part in past)), of_heads)  # type: ignore[operator]
            kept.append((k, v))
        k, v = (torch.stack(parts) for parts in zip(*kept, strict=True))
        return self._normed(x), past._replace(k=k, v=v)
