"""Some terms of a sum, and where they come from."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from torch import Tensor

from rnnviz.traces import Trace

ONE = np.ones((1, 1))


class Products(NamedTuple):
    """Some terms of a sum: N sources by name; weight, input and scale broadcast to (T, N)."""

    sources: Sequence[str]
    weight: np.ndarray
    input: np.ndarray
    scale: np.ndarray = ONE

    def filled(self, steps: int, dtype: Any) -> Self:
        """The same with arrays (T, N) of one type."""
        shape = (steps, len(self.sources))
        return self._replace(
            weight=np.broadcast_to(self.weight, shape).astype(dtype),
            input=np.broadcast_to(self.input, shape).astype(dtype),
            scale=np.broadcast_to(self.scale, shape).astype(dtype),
        )


class Sum(NamedTuple):
    """What is added up; the name of the quantity that it is; the activation, and the quantity it makes."""

    products: list[Products]
    total: str
    activation: str
    value: str


def units_of(trace: Trace, names: Sequence[str]) -> list[str]:
    """The units of some layers one after the other, by name: `l0.h[0]`, `l0.h[1]`, ..."""
    return [f"{name}[{unit}]" for name in names for unit in range(trace[name].values.shape[1])]


def values_of(trace: Trace, names: Sequence[str]) -> np.ndarray:
    """Their values side by side, (T, N)."""
    return np.concatenate([trace[name].values for name in names], axis=1)


def numbers(weights: Tensor) -> np.ndarray:
    """Weights as an array."""
    values: np.ndarray = weights.detach().cpu().numpy()
    return values
