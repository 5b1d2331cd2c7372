"""Which keys a query may look at, and the softmax over those.

A mask of truth values says True where a query may look, as `torch.nn.functional.scaled_dot_product_attention`
has it. (`torch.nn`'s modules, and ours in their place, say True where it may not.) A mask of numbers is added
to the scores; -inf shuts a key off.
"""

import torch
from torch import Tensor


def causal_mask(steps: int, device: torch.device | str | None = None) -> Tensor:
    """(T, T): query t may look at the keys up to its own, s <= t."""
    return torch.ones(steps, steps, dtype=torch.bool, device=device).tril()


def padding_mask(lengths: Tensor, steps: int) -> Tensor:
    """lengths (B,) -> (B, 1, S): every query of a row may look at the row's first keys, as many as it has."""
    return (torch.arange(steps, device=lengths.device) < lengths[:, None])[:, None]


def masked_scores(scores: Tensor, mask: Tensor | None) -> Tensor:
    """The scores (..., T, S) with -inf where a query may not look. Raises ValueError for an unfit mask."""
    if mask is None:
        return scores
    if mask.dtype != torch.bool and not mask.is_floating_point():
        raise ValueError(f"A mask is of truth values, or of numbers that are added, not {mask.dtype}.")
    try:
        fits = torch.broadcast_shapes(mask.shape, scores.shape) == scores.shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"A mask of the shape {tuple(mask.shape)} does not fit scores of the shape {tuple(scores.shape)}."
        )
    return scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask


def softmax_over_keys(masked: Tensor, mask: Tensor | None) -> Tensor:
    """exp(score) over the sum of those of its row, (..., T, S).

    A query that may look at nothing gives every key the weight 0, so its context is 0, and no gradient goes
    that way; a plain softmax would make NaN of it.
    """
    if mask is None:
        return masked.softmax(-1)
    looks = (mask if mask.dtype == torch.bool else mask > -torch.inf).any(-1, keepdim=True)
    return masked.masked_fill(~looks, 0.0).softmax(-1).masked_fill(~looks, 0.0)
