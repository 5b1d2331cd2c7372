"""Terms: every product that a number inside a network is the sum of, at every step, as frozen numpy arrays.

`rnnviz.explain` makes them from a model and a trace; no torch here.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

COLUMNS = ("source", "weight", "input", "scale", "value")


@dataclass(frozen=True, eq=False)
class Terms:
    """One number of one unit at all T steps, taken apart into N terms: total = sum of weight * input * scale.

    name, unit: such as `l0.f`, 12. symbol: the letter of the papers.
    sources: where each term comes from, N names: a unit of a quantity, `l0.h[5]`, a column of a series, a
        bias such as `b_if`; "" for the token that was read, which is another at each step (see `source`).
    tokens: the tokens read, T; empty where the model reads numbers, and where a whole sequence has one sum.
    weight, input, scale: (T, N), read-only. scale is 1 but for the GRU's candidate, where it is r.
    total: (T,), the sum as the trace has it: the pre-activation, or for c and h the value itself.
    value: (T,), what the activation makes of it, as the trace has it.
    activation: `sigmoid`, `tanh`, `relu` or `identity`.

    Raises ValueError for arrays that do not fit together.
    """

    name: str
    unit: int
    symbol: str
    sources: tuple[str, ...]
    tokens: tuple[str, ...]
    weight: np.ndarray
    input: np.ndarray
    scale: np.ndarray
    total: np.ndarray
    value: np.ndarray
    activation: str

    def __post_init__(self) -> None:
        steps, terms = len(self.total), len(self.sources)
        wanted = {"weight": (steps, terms), "input": (steps, terms), "scale": (steps, terms)}
        for field, shape in (wanted | {"total": (steps,), "value": (steps,)}).items():
            array = np.array(getattr(self, field))
            if array.shape != shape:
                raise ValueError(f"{field} should have the shape {shape}, not {array.shape}.")
            array.setflags(write=False)
            object.__setattr__(self, field, array)
        if len(self.tokens) not in (0, steps):
            raise ValueError(f"There are {steps} steps, but {len(self.tokens)} tokens.")

    def source(self, term: int, step: int) -> str:
        """Where a term comes from at a step: the name of its source, or the token read there."""
        return self.sources[term] or self.tokens[step]

    def values(self, step: int) -> np.ndarray:
        """The products at a step, (N,), in float64, where a product of two float32 numbers is exact."""
        return self.weight[step].astype(np.float64) * self.input[step] * self.scale[step]

    def remainder(self, step: int) -> float:
        """What rounding left: the total that the network computed, less the sum of the products."""
        return float(self.total[step]) - float(self.values(step).sum())

    def at(self, step: int) -> pd.DataFrame:
        """The breakdown at one step as a table: source, weight, input, scale, value; a row for each term."""
        return pd.DataFrame(
            {
                "source": [self.source(term, step) for term in range(len(self.sources))],
                "weight": self.weight[step],
                "input": self.input[step],
                "scale": self.scale[step],
                "value": self.values(step),
            },
            columns=list(COLUMNS),
        )
