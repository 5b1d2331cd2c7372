"""What a classifier looks at that weighs all steps for one answer: the quantities `attn.` of a pooling."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, scaled_dot_product_attention, softmax

from rnnviz.cells.unroll import StepEdit
from rnnviz.models.pooling import AttentionPooling
from rnnviz.record.told import Told


def pooled(pooling: AttentionPooling, h: Tensor, edit: StepEdit | None) -> tuple[Told, Tensor]:
    """h (T, 1, H) -> what it looked at, and the summary (1, H).

    edit(row, "attn.weights", value) may replace the weights of a row, (1, T): there is row 0 alone, or one
    for each unit.
    """
    found = pooling(h)
    weights, k = found.weights, found.k
    by_unit = weights.shape[1] > 1
    context = found.context
    if edit:
        asked = [edit(row, "attn.weights", value) for row, value in enumerate(weights.unbind(1))]
        weights = torch.stack(asked, 1)
        context = (weights * k.transpose(1, 2)).sum(-1) if by_unit else (weights @ k)[:, 0]
    values = {} if by_unit else {"attn.q": found.q[0]}
    values |= {"attn.k": k[0], "attn.v": found.v[0]}
    row: tuple[str, ...] = ("unit", "step") if by_unit else ("step",)
    rows = {"attn.scores": found.scores[0], "attn.weights": weights[0]}
    values |= {name: value if by_unit else value[0] for name, value in rows.items()}
    values["attn.context"] = context[0]
    dims = {
        "attn.q": ("unit",),
        "attn.k": ("step", "unit"),
        "attn.v": ("step", "unit"),
        "attn.scores": row,
        "attn.weights": row,
        "attn.context": ("unit",),
    }
    return Told(values, {name: dims[name] for name in values}, {}, {}), context


def pooling_differences(model: Any, values: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    """Pairs of what the trace of a classifier has, and what torch's functions make of its keys and values."""
    k, v, query = values["attn.k"], values["attn.v"], model.attn.weight
    if len(query) == 1:
        given = query[None], k[None]
        weights = scaled_dot_product_attention(*given, torch.eye(len(k)).to(k)[None], scale=1.0)[0, 0]
        context = scaled_dot_product_attention(*given, v[None], scale=1.0)[0, 0]
    else:
        weights = softmax(linear(query, k), -1)
        context = torch.einsum("ut,tu->u", weights, v)
    return [(values["attn.weights"], weights), (values["attn.context"], context)]
