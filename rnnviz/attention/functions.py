"""Four forms of attention, as pure functions of queries, keys and values.

    score_ts = how well query t fits key s             the forms differ in this line alone
    weight_ts = exp(score_ts) / sum_s' exp(score_ts')  over the keys that it may look at
    context_t = sum_s weight_ts v_s

Everything is batch-first: (..., T, D) queries and (..., S, D) keys, with any axes before them.
"""

import math
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import linear

from rnnviz.attention.masks import masked_scores, softmax_over_keys


class Attention(NamedTuple):
    """What was looked at, and everything that led there.

    context (..., T, E): the values, weighed; weights (..., T, S): each row sums to 1, or is 0 where nothing
    may be looked at; scores (..., T, S): before the mask; masked: after it, -inf where it is shut.
    q (..., T, D), k (..., S, D), v (..., S, E): queries, keys and values as they met: after the projections
    of a form that has some. hidden (..., T, S, A): tanh(q_t + k_s), of additive attention alone.
    """

    context: Tensor
    weights: Tensor
    scores: Tensor
    masked: Tensor
    q: Tensor
    k: Tensor
    v: Tensor
    hidden: Tensor | None = None


def dot(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Attention:
    """score_ts = q_t . k_s (Luong, Pham, Manning 2015, arXiv 1508.04025, "dot").

    query (..., T, D), key (..., S, D), value (..., S, E), mask: see `masks`. With one query, T = 1, the
    scores are `torch.bmm(states, h.unsqueeze(2))` of encoder-decoder tutorials. Raises ValueError where the
    shapes do not fit together.
    """
    _check(query, key, value)
    scores = query @ key.transpose(-2, -1)
    return _attend(scores, query, key, value, mask)


def scaled_dot(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Attention:
    """score_ts = q_t . k_s / sqrt(D) (Vaswani et al. 2017, arXiv 1706.03762, equation 1).

    The root keeps scores of many numbers from growing so large that the softmax saturates. Shapes, mask and
    errors as of `dot`; the same numbers as `torch.nn.functional.scaled_dot_product_attention`.
    """
    _check(query, key, value)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return _attend(scores, query, key, value, mask)


def general(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor, mask: Tensor | None = None
) -> Attention:
    """score_ts = q_t . W k_s (Luong, Pham, Manning 2015, "general"); weight W (Dq, Dk).

    query (..., T, Dq), key (..., S, Dk): they need not be of the same width. `k` of the result is W k.
    """
    return dot(query, linear(key, weight), value, mask)


def additive(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    weight_q: Tensor,
    weight_k: Tensor,
    weight: Tensor,
    mask: Tensor | None = None,
) -> Attention:
    """score_ts = w . tanh(W_q q_t + W_k k_s) (Bahdanau, Cho, Bengio 2015, arXiv 1409.0473, A.1.2).

    query (..., T, Dq), key (..., S, Dk), weight_q (A, Dq), weight_k (A, Dk), weight (A,); the paper's letters
    are W_a, U_a and v_a. `q` and `k` of the result are W_q q and W_k k.
    """
    q = linear(query, weight_q)
    k = linear(key, weight_k)
    _check(q, k, value)
    hidden = (q.unsqueeze(-2) + k.unsqueeze(-3)).tanh()
    return _attend(hidden @ weight, q, k, value, mask)._replace(hidden=hidden)


def _attend(scores: Tensor, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Attention:
    masked = masked_scores(scores, mask)
    weights = softmax_over_keys(masked, mask)
    context = weights @ v
    return Attention(context, weights, scores, masked, q, k, v)


def _check(q: Tensor, k: Tensor, v: Tensor) -> None:
    if min(q.dim(), k.dim(), v.dim()) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        shapes = ", ".join(str(tuple(each.shape)) for each in (q, k, v))
        raise ValueError(
            "Queries (..., T, D), keys (..., S, D) and values (..., S, E) are wanted, with the same D and S; "
            f"got {shapes}."
        )
