"""A cell of a few units with weights that somebody typed, and what it does with a typed sequence."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch

from rnnviz.cells import Cell, GRUCell, LSTMCell, RNNCell, unroll
from rnnviz.lessons.drawn import array

GATES: Mapping[str, str] = MappingProxyType({"rnn": "h", "lstm": "ifgo", "gru": "rzn"})
"""The letters of each kind's sums, in the order in which their weights are packed."""

_CELLS: Mapping[str, type[Cell]] = MappingProxyType({"rnn": RNNCell, "lstm": LSTMCell, "gru": GRUCell})


@dataclass(frozen=True, eq=False)
class OwnCell:
    """kind: a name in GATES. weights (G * H, D + 1 + H + 1): for each gate of each unit those of the inputs,
    b_ih, those of the units' state before, b_hh. Raises ValueError for what is no such table.
    """

    kind: str
    weights: np.ndarray

    def __post_init__(self) -> None:
        if self.kind not in GATES:
            raise ValueError(f"There is no cell {self.kind!r}; there are {', '.join(GATES)}.")
        weights = np.array(self.weights, dtype=np.float64)
        weights.flags.writeable = False
        object.__setattr__(self, "weights", weights)
        rows, columns = weights.shape
        if rows % len(GATES[self.kind]) or columns < self.units + 3:
            raise ValueError(f"A table of {rows} x {columns} weights makes no {self.kind} cell.")
        if not np.isfinite(weights).all():
            row, column = np.argwhere(~np.isfinite(weights))[0]
            raise ValueError(f"{self.rows[row]} × {self.columns[column]} has no weight: type a number, or 0.")

    @property
    def units(self) -> int:
        return len(self.weights) // len(GATES[self.kind])

    @property
    def inputs(self) -> int:
        return self.weights.shape[1] - self.units - 2

    @property
    def rows(self) -> list[str]:
        """The names of the sums: `i0`, `i1`, `f0`, ..."""
        return [f"{letter}{unit}" for letter in GATES[self.kind] for unit in range(self.units)]

    @property
    def columns(self) -> list[str]:
        """The names of what is multiplied: `x0`, ..., `b_ih`, `h0`, ..., `b_hh`."""
        inputs, units = range(self.inputs), range(self.units)
        return [*(f"x{i}" for i in inputs), "b_ih", *(f"h{i}" for i in units), "b_hh"]

    def cell(self) -> Cell:
        """The cell itself, in float64."""
        table = torch.tensor(self.weights)
        middle = self.inputs
        return _CELLS[self.kind](table[:, :middle], table[:, middle + 1 : -1], table[:, middle], table[:, -1])


@dataclass(frozen=True, eq=False)
class Run:
    """x (T, D); values: every gate, sum and state by its letter, (T, H) each; before: what the state carried
    into each step, by its letter, (T, H).
    """

    x: np.ndarray
    values: Mapping[str, np.ndarray]
    before: Mapping[str, np.ndarray]


def run(own: OwnCell, x: np.ndarray) -> Run:
    """The cell over a sequence x (T, D), from a state of zeros, in float64. Raises ValueError for an x that
    does not fit.
    """
    x = np.array(x, dtype=np.float64)
    if not len(x):
        raise ValueError("There is nothing to read: type a number.")
    if x.ndim != 2 or x.shape[1] != own.inputs:
        count = f"{own.inputs} number{'s' * (own.inputs > 1)}"
        raise ValueError(
            f"The cell reads {count} at each step, a table of (steps, {own.inputs}), not {x.shape}."
        )
    if not np.isfinite(x).all():
        step, column = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(f"x{column} has no number at step {step}: type one, or 0.")
    cell = own.cell()
    zeros = torch.zeros(1, own.units, dtype=torch.float64)
    steps = [
        step.values()
        for step in unroll(cell, torch.tensor(x)[:, None], cell.start(*[zeros] * len(cell.carried)))
    ]
    values = {name: array(torch.cat([step[name] for step in steps])) for name in steps[0]}
    before = {name: np.vstack([zeros.numpy(), values[name][:-1]]) for name in cell.carried}
    return Run(x, MappingProxyType(values), MappingProxyType(before))


@dataclass(frozen=True, eq=False)
class Preset:
    """title: what it is; look: what to look at; cell; x (T, D): a sequence that shows it."""

    title: str
    look: str
    cell: OwnCell
    x: np.ndarray


def preset(name: str, kind: str, units: int, inputs: int) -> Preset:
    """A preset by name; "zeros" is a table of the asked sizes without a weight. Raises ValueError."""
    if name == "zeros":
        empty = np.zeros((len(GATES[kind]) * units, inputs + units + 2))
        x = np.zeros((6, inputs))
        x[0] = 1
        return Preset("all zeros", "Type a weight and watch what it changes.", OwnCell(kind, empty), x)
    if name not in PRESETS:
        raise ValueError(f"There is no cell {name!r}; there are {', '.join(PRESETS)} and zeros.")
    return PRESETS[name]


def _table(kind: str, units: int, inputs: int, **rows: dict[str, float]) -> OwnCell:
    """A cell by its weights that are not zero: f0={"x1": -20, "b_ih": 10}."""
    names = OwnCell(kind, np.zeros((len(GATES[kind]) * units, inputs + units + 2)))
    table = np.array(names.weights)
    for row, weights in rows.items():
        for column, weight in weights.items():
            table[names.rows.index(row), names.columns.index(column)] = weight
    return OwnCell(kind, table)


# So far out that sigmoid gives 1 exactly, and 0 to 17 decimals: the numbers on the page are round.
_OPEN, _SHUT = {"b_ih": 40.0}, {"b_ih": -40.0}
_ON_WRITE, _ON_NO_WRITE = {"x1": 80.0, "b_ih": -40.0}, {"x1": -80.0, "b_ih": 40.0}

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "remembers": Preset(
            "a unit that remembers",
            "x₁ says when to write. Unit 0 then opens its input gate and shuts its forget gate, and keeps x₀ "
            "until the next time. Unit 1 has its forget gate always shut, and only repeats what it reads.",
            _table(
                "lstm", 2, 2,
                i0=_ON_WRITE, f0=_ON_NO_WRITE, g0={"x0": 1.0}, o0=_OPEN,
                i1=_OPEN, f1=_SHUT, g1={"x0": 1.0}, o1=_OPEN,
            ),
            np.array([[0.8, 1], [0.3, 0], [-0.9, 0], [0.5, 0], [-0.6, 1], [0.9, 0], [0.2, 0], [0.4, 0]]),
        ),
        "counter": Preset(
            "a counter",
            "c₀ goes up by one for each 1 that is read and down by one for each −1: it counts how many "
            "brackets are open. Unit 1 only counts the openings. h cannot: tanh ends at 1.",
            _table(
                "lstm", 2, 1,
                i0=_OPEN, f0=_OPEN, g0={"x0": 20.0}, o0=_OPEN,
                i1={"x0": 80.0, "b_ih": -40.0}, f1=_OPEN, g1=_OPEN, o1=_OPEN,
            ),
            np.array([[1.0], [1], [-1], [1], [1], [-1], [-1], [-1]]),
        ),
        "echo": Preset(
            "an echo",
            "Unit 0 says what is read now, unit 1 what was read a step ago, unit 2 two steps ago: each hands "
            "it on to the next, and tanh makes it a little less each time.",
            _table("rnn", 3, 1, h0={"x0": 1.0}, h1={"h0": 1.0}, h2={"h1": 1.0}),
            np.array([[0.9], [0], [0], [0], [-0.6], [0.3], [0], [0]]),
        ),
        "holds": Preset(
            "a GRU that holds on",
            "x₁ says when to write: then z₀ shuts and the new candidate comes in; else z₀ is open, which "
            "keeps the past. Unit 1 is half open always, and forgets by half at each step.",
            _table(
                "gru", 2, 2,
                z0=_ON_NO_WRITE, n0={"x0": 1.0}, n1={"x0": 1.0},
            ),
            np.array([[0.8, 1], [0.3, 0], [-0.9, 0], [0.5, 0], [-0.6, 1], [0.9, 0], [0.2, 0], [0.4, 0]]),
        ),
    }
)  # fmt: skip
"""Cells that somebody thought out, by name."""
