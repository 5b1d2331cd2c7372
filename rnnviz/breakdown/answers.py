"""How an answer comes about, from the units of the last layer."""

from typing import Any

import numpy as np

from rnnviz.breakdown.products import ONE, Products, Sum, numbers, units_of, values_of
from rnnviz.traces import Trace

ANSWERS = ("out.logits", "out.answer")


def answer(model: Any, trace: Trace, name: str, unit: int) -> Sum:
    """Of a class, an output or a token: its score, or its number."""
    shown = [f"l{model.layers - 1}{way}.h" for way in ("", "r")[: model.directions]]
    h, sources = values_of(trace, shown), units_of(trace, shown)
    if model.config["type"] == "classifier":
        if model.readout not in ("last", "mean"):
            raise ValueError(
                f"An answer from a mean by {model.readout.replace('_', ' ')} is not taken apart: its weights "
                "are no inputs."
            )
        if model.readout == "mean":
            sources = [f"mean {source}" for source in sources]
        h = _summaries(model, h)
    if not hasattr(model.out, "weight"):  # no head: h itself is the answer
        return Sum([Products([sources[unit]], ONE, h[:, unit, None])], name, "identity", name)
    bias = Products(["b_out"], numbers(model.out.bias[unit]), ONE)
    return Sum([Products(sources, numbers(model.out.weight[unit]), h), bias], name, "identity", name)


def _summaries(model: Any, h: np.ndarray) -> np.ndarray:
    """h (T, width) -> what a classifier's answer is made of, were each step the last; read both ways, of the
    whole sequence alone, (1, width).
    """
    if model.directions == 2:
        both = (
            h.mean(axis=0) if model.readout == "mean" else np.r_[h[-1, : model.hidden], h[0, model.hidden :]]
        )
        return both[None]
    return (
        h.cumsum(axis=0) / np.arange(1, len(h) + 1, dtype=h.dtype)[:, None] if model.readout == "mean" else h
    )
