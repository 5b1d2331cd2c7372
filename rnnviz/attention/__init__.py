"""Attention: where a network looks, every number of it.

The forms of the papers as pure functions, (query, key, value, mask) -> `Attention`, in which everything that
can be seen has a name; small modules that hold the weights of those that learn; and, in place of `torch.nn`'s
modules of the same parameter names, multi-head attention and the two sides of the transformer, encoder and
decoder, that have a `trace`.

    from rnnviz import attention

    weights = attention.scaled_dot(q, k, v, attention.causal_mask(len(q))).weights
    heads = attention.MultiHeadAttention(64, 4)
    output, mean = heads(x, x, x)                  # as torch.nn.MultiheadAttention
    heads.trace(x, x, x).weights                   # of every head, (B, K, T, S)

Shapes: B batch, T queries, S keys, D their numbers, E those of a value or of the model, K heads.
"""

from rnnviz.attention.decoder import (
    Cache,
    DecoderLayerTrace,
    DecoderTrace,
    TransformerDecoder,
    TransformerDecoderLayer,
)
from rnnviz.attention.encoder import (
    EncoderLayerTrace,
    EncoderTrace,
    TransformerEncoder,
    TransformerEncoderLayer,
)
from rnnviz.attention.functions import Attention, additive, dot, general, scaled_dot
from rnnviz.attention.masks import causal_mask, padding_mask
from rnnviz.attention.modules import (
    SCORES,
    AdditiveAttention,
    DotAttention,
    GeneralAttention,
    ScaledDotAttention,
    SelfAttention,
)
from rnnviz.attention.multihead import MultiHeadAttention, MultiHeadTrace
from rnnviz.attention.positions import sinusoidal

__all__ = [
    "SCORES", "AdditiveAttention", "Attention", "Cache", "DecoderLayerTrace", "DecoderTrace", "DotAttention",
    "EncoderLayerTrace", "EncoderTrace", "GeneralAttention", "MultiHeadAttention", "MultiHeadTrace",
    "ScaledDotAttention", "SelfAttention", "TransformerDecoder", "TransformerDecoderLayer",
    "TransformerEncoder", "TransformerEncoderLayer", "additive", "causal_mask", "dot", "general",
    "padding_mask", "scaled_dot", "sinusoidal",
]  # fmt: skip
