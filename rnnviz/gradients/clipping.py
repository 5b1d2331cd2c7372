"""What the optimiser sees of a gradient that was clipped, against what there was."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch.nn.utils import clip_grad_value_, clip_grads_with_norm_, get_total_norm

from rnnviz.gradients.reading import read
from rnnviz.gradients.weights import whole_gradients
from rnnviz.models.base import Model

CLIP_BY = ("norm", "value")


@dataclass(frozen=True, eq=False)
class Clipped:
    """dL/dW before and after clipping.

    clip, by: the limit, of the norm of all gradients together or of each number. norm_before, norm_after:
    that norm. before, after: the norm of each parameter's gradient by its name. cut: the share of all numbers
    that were made smaller. cosine: of the angle between the two, 1 where the direction is kept, as clipping
    by norm does; NaN where there is no gradient. of: what L is the loss of, in words.
    """

    clip: float
    by: str
    norm_before: float
    norm_after: float
    before: Mapping[str, float]
    after: Mapping[str, float]
    cut: float
    cosine: float
    of: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", MappingProxyType(dict(self.before)))
        object.__setattr__(self, "after", MappingProxyType(dict(self.after)))


def clipped(model: Model, input: Any, clip: float, by: str = "norm", target: Any = None) -> Clipped:
    """The gradient of a sequence's loss, as training would clip it, with torch's own functions.

    model, input, target: as for `state_gradients`. clip: above 0. by: "norm", the whole gradient made shorter
    if it is longer than that, by one factor; or "value", every number held within -clip and clip. Pascanu,
    Mikolov, Bengio, "On the difficulty of training recurrent neural networks", 2013. Raises ValueError for an
    input, target or setting that does not fit.
    """
    if by not in CLIP_BY:
        raise ValueError(f"Gradients are clipped by {' or '.join(CLIP_BY)}, not by {by!r}.")
    if not clip > 0:
        raise ValueError(f"Gradients are clipped to a number above 0, not to {clip}.")
    gradients, of = whole_gradients(read(model, input, "has gradients of its weights"), target)
    seen = [torch.nn.Parameter(torch.empty_like(gradient)) for gradient in gradients.values()]
    for weight, gradient in zip(seen, gradients.values(), strict=True):
        weight.grad = gradient.clone()
    if by == "norm":
        clip_grads_with_norm_(seen, clip, get_total_norm(gradients.values()))
    else:
        clip_grad_value_(seen, clip)
    after = {
        name: weight.grad for name, weight in zip(gradients, seen, strict=True) if weight.grad is not None
    }
    before, left = (
        {name: float(torch.linalg.vector_norm(found, dtype=torch.float64)) for name, found in all_of.items()}
        for all_of in (gradients, after)
    )
    there, seen_of_it = (float(np.sqrt(sum(norm**2 for norm in norms.values()))) for norms in (before, left))
    inner = sum(float((gradients[name].double() * after[name].double()).sum()) for name in gradients)
    smaller = sum(int((gradients[name].abs() > after[name].abs()).sum()) for name in gradients)
    numbers = sum(gradient.numel() for gradient in gradients.values())
    return Clipped(
        float(clip), by, there, seen_of_it, before, left, smaller / numbers,
        min(1.0, inner / (there * seen_of_it)) if there * seen_of_it > 0 else np.nan, of,
    )  # fmt: skip
