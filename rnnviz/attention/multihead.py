"""Multi-head attention (Vaswani et al. 2017, 3.2.2), in place of `torch.nn.MultiheadAttention`."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear, scaled_dot_product_attention

from rnnviz.attention.functions import scaled_dot
from rnnviz.attention.masks import causal_mask


class MultiHeadTrace(NamedTuple):
    """What `trace` returns, of K heads with D = E / K numbers each.

    output: as the call returns it. weights, scores, masked (B, K, T, S): see `Attention`; q and context
    (B, K, T, D), k and v (B, K, S, D). Of one sequence without a batch, all without B.
    """

    output: Tensor
    weights: Tensor
    scores: Tensor
    masked: Tensor
    q: Tensor
    k: Tensor
    v: Tensor
    context: Tensor


class MultiHeadAttention(nn.Module):
    """K heads look at the same sequence, each for something of its own.

        q, k, v = W_q x + b_q, W_k y + b_k, W_v z + b_v, cut into K pieces
        context_head = softmax(q_head k_head^T / sqrt(E / K)) v_head
        output = W_out [context_1 ... context_K] + b_out

    The constructor, the call, the parameters' names (`in_proj_weight`, `out_proj.weight`, ...) and the start
    weights from the same seed are those of `torch.nn.MultiheadAttention`, without `add_bias_kv` and
    `add_zero_attn`; and there is `trace`. kdim, vdim: numbers of a key and of a value that comes in, if not
    embed_dim. dropout: of the weights, while training. batch_first: (B, T, E) instead of (T, B, E).

    Unlike torch's, a query that may look at nothing gets the context 0 and not NaN, and weights are told as
    they were before dropout, so that they sum to 1. Raises ValueError where heads do not divide embed_dim.
    """

    in_proj_weight: nn.Parameter
    """W_q, W_k and W_v; three parameters of their own, `q_proj_weight` and so on, where widths differ."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f"embed_dim is a multiple of num_heads, both above 0, not {embed_dim} and {num_heads}."
            )
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        self.dropout, self.batch_first = dropout, batch_first
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        widths = {"q": embed_dim, "k": self.kdim, "v": self.vdim}
        self._joined = set(widths.values()) == {embed_dim}
        shapes = {f"{letter}_proj_weight": (embed_dim, width) for letter, width in widths.items()}
        for name, shape in (
            {"in_proj_weight": (3 * embed_dim, embed_dim)} if self._joined else shapes
        ).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape, **made)))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * embed_dim, **made)) if bias else None
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias, **made)
        self._draw_inputs()

    def reset_parameters(self) -> None:
        """Drawn anew, in `torch.nn`'s order: the same seed gives the same weights."""
        self.out_proj.reset_parameters()
        self._draw_inputs()

    def _draw_inputs(self) -> None:
        for weight in [self.in_proj_weight] if self._joined else self._in_weights():
            nn.init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            nn.init.zeros_(self.in_proj_bias)
            nn.init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """As `torch.nn`: query (T, B, E), key (S, B, E), value (S, B, E), with batch_first (B, T, E), or one
        sequence (T, E) -> output, like the query, and the weights, (B, T, S), the mean of the heads, or
        (B, K, T, S) of each; without need_weights None, which is faster.

        key_padding_mask (B, S) and attn_mask (T, S) or (B * K, T, S): True where a query may *not* look, or
        numbers that are added. is_causal without attn_mask: no query looks beyond its own step.
        """
        if need_weights:
            told = self.trace(query, key, value, key_padding_mask, attn_mask, is_causal)
            return told.output, told.weights.mean(-3) if average_attn_weights else told.weights
        q, k, v = self._project(query, key, value)
        alone = is_causal and attn_mask is None and key_padding_mask is None and q.shape[2] == k.shape[2]
        mask = None if alone else self._mask(q, k, key_padding_mask, attn_mask, is_causal)
        share = self.dropout if self.training else 0.0
        context = scaled_dot_product_attention(q, k, v, mask, share, is_causal=alone)
        return self._leave(context, query), None

    def trace(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        attn_mask: Tensor | None = None,
        is_causal: bool = False,
        edit: Callable[[Tensor], Tensor] | None = None,
    ) -> MultiHeadTrace:
        """The same computation, with every value of every head. The inputs are those of the call.

        edit(weights) -> weights, (B, K, T, S), may replace them before the context is made of them.
        """
        q, k, v = self._project(query, key, value)
        found = scaled_dot(q, k, v, self._mask(q, k, key_padding_mask, attn_mask, is_causal))
        weights, context = found.weights, found.context
        if edit is not None:
            weights = edit(weights)
        if edit is not None or (self.training and self.dropout):
            context = dropout(weights, self.dropout, self.training) @ v
        told = [weights, found.scores, found.masked, q, k, v, context]
        if query.dim() == 2:
            told = [value[0] for value in told]
        return MultiHeadTrace(self._leave(context, query), *told)

    def keys_and_values(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """k and v, each (B, K, S, D), of key and value (S, B, E) as in the call, for who looks at them again
        and again.
        """
        (_, w_k, w_v), (_, b_k, b_v) = self._in_weights(), self._in_biases()
        return self._heads(linear(key, w_k, b_k)), self._heads(linear(value, w_v, b_v))

    def look(self, query: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """The output for query (T, B, E), as in the call, of keys and values at hand. mask: (B, 1, T, S), or
        what broadcasts to it, True where a query may look.
        """
        q = self._heads(linear(query, self._in_weights()[0], self._in_biases()[0]))
        return self._leave(scaled_dot_product_attention(q, k, v, mask), query)

    def _project(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        """-> q, k, v, each (B, K, steps, D)."""
        self._check(query, key, value)
        if query is key and key is value and self._joined:
            found = linear(query, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
            return [self._heads(each) for each in found]
        given = zip((query, key, value), self._in_weights(), self._in_biases(), strict=True)
        return [self._heads(linear(x, weight, bias)) for x, weight, bias in given]

    def _in_weights(self) -> list[Tensor]:
        """W_q, W_k, W_v."""
        if self._joined:
            return list(self.in_proj_weight.chunk(3))
        return [getattr(self, f"{letter}_proj_weight") for letter in "qkv"]

    def _in_biases(self) -> Sequence[Tensor | None]:
        """b_q, b_k, b_v."""
        return (None, None, None) if self.in_proj_bias is None else self.in_proj_bias.chunk(3)

    def _heads(self, x: Tensor) -> Tensor:
        """Cut into heads: (T, B, E), (B, T, E) or (T, E) -> (B, K, T, D)."""
        pieces = x.unflatten(-1, (self.num_heads, self.head_dim))
        if x.dim() == 2:
            return pieces.transpose(0, 1)[None]
        return pieces.permute(0, 2, 1, 3) if self.batch_first else pieces.permute(1, 2, 0, 3)

    def _leave(self, context: Tensor, query: Tensor) -> Tensor:
        """Joined again, (B, K, T, D) -> like the query, and through the last matrix."""
        if query.dim() == 2:
            joined = context[0].transpose(0, 1)
        else:
            joined = context.permute(0, 2, 1, 3) if self.batch_first else context.permute(2, 0, 1, 3)
        output: Tensor = self.out_proj(joined.flatten(-2))
        return output

    def _mask(
        self, q: Tensor, k: Tensor, padding: Tensor | None, attn: Tensor | None, is_causal: bool
    ) -> Tensor | None:
        """torch's two masks, True where a query may not look -> one for `scaled_dot`, True where it may."""
        parts = []
        if padding is not None:
            parts.append(padding.view(-1, 1, 1, k.shape[2]))
        if attn is not None:
            parts.append(attn if attn.dim() == 2 else attn.view(-1, self.num_heads, *attn.shape[1:]))
        elif is_causal:
            parts.append(~causal_mask(max(q.shape[2], k.shape[2]), q.device)[: q.shape[2], : k.shape[2]])
        if not parts:
            return None
        if all(part.dtype == torch.bool for part in parts):
            return ~(parts[0] | parts[-1])
        zero = torch.zeros((), dtype=q.dtype, device=q.device)
        added = [
            zero.masked_fill(part, -torch.inf) if part.dtype == torch.bool else part.to(q.dtype)
            for part in parts
        ]
        return added[0] if len(added) == 1 else added[0] + added[1]

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        wanted = (self.embed_dim, self.kdim, self.vdim)
        got = tuple(each.shape[-1] for each in (query, key, value))
        same = key.shape[:-1] == value.shape[:-1] and query.dim() == key.dim() in (2, 3)
        if got != wanted or not same:
            shapes = ", ".join(str(tuple(each.shape)) for each in (query, key, value))
            raise ValueError(
                f"Query, key and value have {wanted[0]}, {wanted[1]} and {wanted[2]} numbers a step here, in "
                f"two or three axes alike, and there are as many keys as values; got {shapes}."
            )

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"
