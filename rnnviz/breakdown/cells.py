"""How each value of a cell comes about: the equations of `rnnviz.cells`, product by product."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from rnnviz.breakdown.products import ONE, Products, Sum, numbers, units_of, values_of
from rnnviz.models.reader import Reader
from rnnviz.quantities import GATES
from rnnviz.traces import Trace


class Layer:
    """One layer in one direction, and one unit of it: where its sums come from. prefix: such as `l0r`."""

    def __init__(self, model: Reader, trace: Trace, prefix: str, unit: int) -> None:
        self.model, self.trace, self.prefix, self.unit = model, trace, prefix, unit
        self.number, self.way = int(prefix[1:].removesuffix("r")), int(prefix.endswith("r"))
        self.cell = model.rnn.cell(self.number, self.way)

    def name(self, letter: str) -> str:
        """The quantity of a letter: `l0.f`."""
        return f"{self.prefix}.{letter}"

    def source(self, letter: str) -> str:
        """This unit of it: `l0.f[12]`."""
        return f"{self.prefix}.{letter}[{self.unit}]"

    def values(self, letter: str) -> np.ndarray:
        """A value of the unit at each step, (T, 1)."""
        return self.trace[self.name(letter)].values[:, self.unit, None]

    def before(self, letter: str) -> np.ndarray:
        """A state as each step meets it, (T, H): as the step before left it; in the reverse direction, the
        step after. At its first step it is what the trace began with.
        """
        values = self.trace[self.name(letter)].values
        kept = self.name(f"{letter}0")
        start = self.trace[kept].values[None] if kept in self.trace else np.zeros_like(values[:1])
        return np.concatenate([values[1:], start] if self.way else [start, values[:-1]])

    def below(self) -> list[str]:
        """The states that it reads, of the layer below; none in the first layer."""
        ways = ("", "r")[: self.model.directions]
        return [f"l{self.number - 1}{way}.h" for way in ways] if self.number else []

    def input(self) -> np.ndarray:
        """What it reads at each step, (T, D)."""
        below = self.below()
        return values_of(self.trace, below) if below else self.trace["emb"].values

    def from_input(self, gate: str) -> list[Products]:
        """W_ih x_t and its bias, into a gate."""
        weights = numbers(self.cell.weight_ih[self._row(gate)])
        bias = self._bias("i", gate, self.cell.bias_ih)
        x, below = self.input(), self.below()
        if below:
            return [Products(units_of(self.trace, below), weights, x), *bias]
        if self.model.input == "onehot":  # every other product is with a zero
            return [Products([""], weights[x.argmax(axis=1), None], ONE), *bias]
        return [Products(_input_names(self.model, self.trace), weights, x), *bias]

    def from_state(self, gate: str) -> list[Products]:
        """W_hh h_{t-1} and its bias, into a gate."""
        weights = numbers(self.cell.weight_hh[self._row(gate)])
        sources = units_of(self.trace, [self.name("h")])
        return [Products(sources, weights, self.before("h")), *self._bias("h", gate, self.cell.bias_hh)]

    def sum(self, gate: str, products: list[Products], activation: str) -> Sum:
        """What goes into a gate or candidate."""
        return Sum(products, self.name(f"a_{gate}"), activation, self.name(gate))

    def itself(self, letter: str, products: list[Products]) -> Sum:
        """What a value is the sum of, with no activation after it."""
        return Sum(products, self.name(letter), "identity", self.name(letter))

    def _row(self, gate: str) -> int:
        return GATES[self.model.cell].index(gate) * self.model.hidden + self.unit

    def _bias(self, half: str, gate: str, bias: Tensor | None) -> list[Products]:
        """Named as in the equations: b_if is the forget gate's on the side of the input."""
        return [] if bias is None else [Products([f"b_{half}{gate}"], numbers(bias[self._row(gate)]), ONE)]


def rnn(layer: Layer, letter: str) -> Sum:
    """h = phi(a), a = W_ih x + b_ih + W_hh h_{t-1} + b_hh"""
    phi = "relu" if layer.model.cell == "rnn_relu" else "tanh"
    products = layer.from_input("h") + layer.from_state("h")
    return Sum(products, layer.name("a"), phi, layer.name("h"))


def lstm(layer: Layer, letter: str) -> Sum:
    """c = f * c_{t-1} + i * g; h = o * tanh(c)"""
    if letter == "c":
        kept = Products([layer.source("c")], layer.values("f"), layer.before("c")[:, layer.unit, None])
        written = Products([layer.source("g")], layer.values("i"), layer.values("g"))
        return layer.itself("c", [kept, written])
    if letter == "h":
        shown = Products([f"tanh({layer.source('c')})"], layer.values("o"), np.tanh(layer.values("c")))
        return layer.itself("h", [shown])
    gate = letter.removeprefix("a_")
    products = layer.from_input(gate) + layer.from_state(gate)
    return layer.sum(gate, products, "tanh" if gate == "g" else "sigmoid")


def gru(layer: Layer, letter: str) -> Sum:
    """n = tanh(n_x + r * n_h); h = (1 - z) * n + z * h_{t-1}"""
    if letter == "h":
        z = layer.values("z")
        written = Products([layer.source("n")], 1 - z, layer.values("n"))
        kept = Products([layer.source("h")], z, layer.before("h")[:, layer.unit, None])
        return layer.itself("h", [written, kept])
    if letter == "n_x":
        return layer.itself("n_x", layer.from_input("n"))
    if letter == "n_h":
        return layer.itself("n_h", layer.from_state("n"))
    gate = letter.removeprefix("a_")
    if gate == "n":
        heard = [part._replace(scale=layer.values("r")) for part in layer.from_state("n")]
        return layer.sum("n", layer.from_input("n") + heard, "tanh")
    return layer.sum(gate, layer.from_input(gate) + layer.from_state(gate), "sigmoid")


RULES: dict[str, Callable[[Layer, str], Sum]] = {"rnn": rnn, "rnn_relu": rnn, "lstm": lstm, "gru": gru}
"""For each cell, how a value of a layer comes about, by its letter."""


def _input_names(model: Reader, trace: Trace) -> list[str]:
    """The numbers that the first layer reads at a step: `emb[3]`, or a column's name, or `x[3]`."""
    count = trace["emb"].values.shape[1]
    if model.input == "embedding":
        return [f"emb[{number}]" for number in range(count)]
    columns = trace.labels.get("input") or ("",) * count
    return [column or f"x[{number}]" for number, column in enumerate(columns)]
