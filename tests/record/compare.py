"""A model with weights that show something, and how its trace is held against the truth."""

from typing import TypeVar

import numpy as np
import torch

from rnnviz.models.reader import Reader

CELLS = ["rnn", "rnn_relu", "lstm", "gru"]

Model = TypeVar("Model", bound=Reader)


def lively(model: Model, dtype: torch.dtype = torch.float64) -> Model:
    """A random model with larger weights: gates that open and shut, guesses that differ."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3 if model.cell != "rnn_relu" else 1)
    return model.to(dtype).eval()


def weights_of(model) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in model.state_dict().items()}


def assert_tells(trace, truth, tolerance) -> None:
    """Every quantity there is, and no other, equal to tolerance by max|a - b| / max(1, max|b|)."""
    assert set(trace.names) == set(truth)
    for name, wanted in truth.items():
        told = trace[name].values
        assert told.shape == wanted.shape, name
        assert np.array_equal(np.isnan(told), np.isnan(wanted)), name
        error = np.abs(np.nan_to_num(told - wanted)).max() / max(1, np.abs(np.nan_to_num(wanted)).max())
        assert error <= tolerance, (name, error)
