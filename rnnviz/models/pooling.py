"""One answer of many steps: looking for it where it is."""

import math

import torch
from torch import Tensor, nn

from rnnviz.attention import Attention, padding_mask
from rnnviz.attention.masks import masked_scores, softmax_over_keys

READOUTS = ("last", "mean", "attention", "attention_by_unit")


class AttentionPooling(nn.Module):
    """The mean of all steps, each weighed by how well it answers a question that was learned.

        score_t = w . h_t                       weight_t = softmax over the steps
        summary = sum_t weight_t h_t

    by_unit: W (H, H) instead of w, a question for each unit, each with its own weights over the steps:

        score_tu = W_u . h_t                    weight_tu = softmax over the steps, for each unit u
        summary_u = sum_t weight_tu h_tu

    The first is dot-product attention with one learned query, as in hierarchical attention networks (Yang et
    al. 2016), without their tanh; the second is what tutorials write as `softmax(linear(h), dim=steps)` times
    h, summed up. A bias would add the same to the scores of all steps and change nothing: there is none.
    """

    def __init__(self, width: int, by_unit: bool = False) -> None:
        super().__init__()
        bound = 1 / math.sqrt(width)
        self.weight = nn.Parameter(torch.empty(width if by_unit else 1, width))
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, h: Tensor, lengths: Tensor | None = None) -> Attention:
        """h (T, B, H), the rows' lengths (B,) if they differ -> context (B, H), the summary; weights, scores
        and masked (B, A, T), with A = 1, or H by unit; q (A, H); k and v, h as (B, T, H).
        """
        k = h.transpose(0, 1)
        scores = self.weight @ k.transpose(1, 2)
        mask = None if lengths is None else padding_mask(lengths, len(h))
        masked = masked_scores(scores, mask)
        weights = softmax_over_keys(masked, mask)
        context = (weights @ k)[:, 0] if len(self.weight) == 1 else (weights * k.transpose(1, 2)).sum(-1)
        return Attention(context, weights, scores, masked, self.weight, k, k)


def mean_of(h: Tensor, lengths: Tensor | None) -> Tensor:
    """h (T, B, H) -> the mean of each row's steps, (B, H), whatever stands after its end."""
    if lengths is None:
        return h.mean(0)
    inside = padding_mask(lengths, len(h))[:, 0].t()
    return h.masked_fill(~inside[..., None], 0.0).sum(0) / lengths[:, None]


def last_of(h: Tensor, lengths: Tensor | None) -> Tensor:
    """h (T, B, H) -> each row's last step, (B, H)."""
    return h[-1] if lengths is None else h[lengths - 1, torch.arange(h.shape[1], device=h.device)]
