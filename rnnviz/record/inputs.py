"""What a model is given to read, in words or numbers, as its layers take it."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnnviz.models.base import Model
from rnnviz.models.vocabulary import Vocabulary


class Given(NamedTuple):
    """x: ids (T, 1), or numbers (T, 1, D). labels: of the axes step and input. facts: for `Trace.meta`."""

    x: Tensor
    labels: dict[str, tuple[str, ...]]
    facts: dict[str, Any]


def given(model: Model, input: Any) -> Given:
    """An input as the model reads it. Raises ValueError for one that it cannot read, saying what it can."""
    return _numbers(model, input) if model.vocabulary is None else _text(model, model.vocabulary, input)


def _text(model: Model, vocabulary: Vocabulary, text: Any) -> Given:
    if not isinstance(text, str):
        raise ValueError(f"This model reads text, not {type(text).__name__}.")
    if not text:
        raise ValueError("There is no text to read: give at least one character.")
    facts = {"text": text, "unknown": vocabulary.unknown(text)}
    return Given(model.ids(text)[:, None], {"step": tuple(text)}, facts)


def _numbers(model: Model, numbers: Any) -> Given:
    width = model.inputs
    wanted = f"This model reads numbers, an array of the shape (steps, {width})"
    if isinstance(numbers, str):
        raise ValueError(f"{wanted}, not text.")
    try:
        array = np.asarray(numbers.detach().cpu() if isinstance(numbers, Tensor) else numbers)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{wanted}; this {type(numbers).__name__} is no such array.")
    if array.ndim == 1 and width == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != width:
        raise ValueError(f"{wanted}; this one has the shape {array.shape}.")
    if not len(array):
        raise ValueError("There is nothing to read: give at least one step.")
    weight = next(model.parameters())
    shares = array / 255 if array.dtype == np.uint8 else array.astype(np.float64)
    x = torch.from_numpy(shares).to(weight)
    bad = (~x.isfinite()).nonzero()
    if len(bad):
        step, column = bad[0].tolist()
        raise ValueError(
            f"The number at step {step}, column {column} is {array[step, column]}: too much to read."
        )
    labels = {"step": tuple(str(step) for step in range(1, len(array) + 1))}
    named = {"input": model.columns} if len(model.columns) == width else {}
    return Given(x[:, None], labels | named, {})
