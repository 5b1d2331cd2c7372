"""Terms of a unit made of plain numbers, by the equations written out: views need no model."""

import numpy as np

from rnnviz.quantities import CELL_MEANINGS
from rnnviz.terms import Terms
from rnnviz.traces import Quantity, Trace

GATES = {"lstm": "ifgo", "gru": "rzn", "rnn": "h", "rnn_relu": "h"}
ALL = {"lstm": "ifgoch", "gru": "rznh", "rnn": "h", "rnn_relu": "h"}
ACTIVATIONS = dict.fromkeys("ifozr", "sigmoid") | {"g": "tanh", "n": "tanh"}


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


class Made:
    """A layer of ``units`` units that reads ``width`` random numbers, or tokens one-hot, computed in float64.

    `.trace`, and `.sums(unit)`: letter -> Terms. start: whether it begins with a state that is not 0.
    """

    def __init__(
        self, cell="lstm", text="time", units=4, *, layer="l0", onehot=True, bias=True, start=False, seed=0
    ):
        self.random = np.random.default_rng(seed)
        self.cell, self.text, self.units, self.layer, self.onehot, self.bias = (
            cell,
            text,
            units,
            layer,
            onehot,
            bias,
        )
        self.tokens = sorted(set(text))
        self.width = len(self.tokens) if onehot else 3
        self.back = layer.endswith("r")
        gates, steps = GATES[cell], len(text)

        def draw(*shape):
            return self.random.normal(0, 0.7, shape)

        self.w_i, self.w_h = draw(len(gates), units, self.width), draw(len(gates), units, units)
        self.b_i, self.b_h = (draw(len(gates), units) * bias for _ in range(2))
        self.x = (
            np.eye(self.width)[[self.tokens.index(t) for t in text]] if onehot else draw(steps, self.width)
        )
        self.start = {name: draw(units) * start for name in "hc"}
        self.values = {name: np.zeros((steps, units)) for name in self._names()}
        state = dict(self.start)
        for step in reversed(range(steps)) if self.back else range(steps):
            state = self._step(step, state)
        kinds = CELL_MEANINGS[cell]
        quantities = {
            f"{layer}.{name}": Quantity(
                values,
                ("step", "unit"),
                kinds[name].symbol,
                kinds[name].label,
                kinds[name].kind,
                kinds[name].domain,
            )
            for name, values in self.values.items()
        }
        if start:
            quantities |= {f"{layer}.{s}0": Quantity(self.start[s], ("unit",)) for s in self._states()}
        meta = {
            "cell": cell,
            "layers": 1,
            "hidden": units,
            "directions": 1,
            "input": "onehot" if onehot else "numbers",
        }
        self.trace = Trace({"step": tuple(text)}, quantities, meta)

    def _names(self):
        return list(CELL_MEANINGS[self.cell])

    def _states(self):
        return "hc" if self.cell == "lstm" else "h"

    def _step(self, step, state):
        def put(name, value):
            self.values[name][step] = value

        a_x = self.w_i @ self.x[step] + self.b_i
        a_h = self.w_h @ state["h"] + self.b_h
        if self.cell == "lstm":
            for k, gate in enumerate("ifgo"):
                put(f"a_{gate}", a_x[k] + a_h[k])
                put(gate, (np.tanh if gate == "g" else sigmoid)(a_x[k] + a_h[k]))
            i, f, g, o = (self.values[gate][step] for gate in "ifgo")
            put("c", f * state["c"] + i * g)
            put("h", o * np.tanh(self.values["c"][step]))
        elif self.cell == "gru":
            for k, gate in enumerate("rz"):
                put(f"a_{gate}", a_x[k] + a_h[k])
                put(gate, sigmoid(a_x[k] + a_h[k]))
            put("n_x", a_x[2])
            put("n_h", a_h[2])
            put("a_n", a_x[2] + self.values["r"][step] * a_h[2])
            put("n", np.tanh(self.values["a_n"][step]))
            n, z = self.values["n"][step], self.values["z"][step]
            put("h", (1 - z) * n + z * state["h"])
        else:
            put("a", a_x[0] + a_h[0])
            put("h", np.maximum(a_x[0] + a_h[0], 0) if self.cell == "rnn_relu" else np.tanh(a_x[0] + a_h[0]))
        return {name: self.values[name][step] for name in self._states()}

    def before(self, name):
        values, first = self.values[name], self.start[name][None]
        return np.vstack([values[1:], first]) if self.back else np.vstack([first, values[:-1]])

    def sums(self, unit=0):
        return {letter: self._terms(letter, unit) for letter in ALL[self.cell]}

    def _terms(self, letter, unit):
        name = f"{self.layer}.{letter}"
        one = {key: values[:, unit, None] for key, values in self.values.items()}
        place = f"[{unit}]"
        if letter == "c":
            sources, weight = (
                (f"{self.layer}.c{place}", f"{self.layer}.g{place}"),
                np.hstack([one["f"], one["i"]]),
            )
            return self._made(
                name, unit, sources, weight, np.hstack([self.before("c")[:, unit, None], one["g"]])
            )
        if letter == "h" and self.cell == "lstm":
            return self._made(name, unit, (f"tanh({self.layer}.c{place})",), one["o"], np.tanh(one["c"]))
        if letter == "h" and self.cell == "gru":
            sources, z = (f"{self.layer}.n{place}", f"{self.layer}.h{place}"), one["z"]
            inputs = np.hstack([one["n"], self.before("h")[:, unit, None]])
            return self._made(name, unit, sources, np.hstack([1 - z, z]), inputs)
        return self._gate(letter, unit)

    def _gate(self, letter, unit):
        k, steps = GATES[self.cell].index(letter), len(self.text)
        ones = np.ones((steps, 1))
        if self.onehot:
            sources, weight, inputs = [""], (self.x @ self.w_i[k, unit])[:, None], ones
        else:
            sources = [f"x[{n}]" for n in range(self.width)]
            weight, inputs = np.tile(self.w_i[k, unit], (steps, 1)), self.x
        parts = [(sources, weight, inputs)]
        if self.bias:
            parts.append(([f"b_i{letter}"], ones * self.b_i[k, unit], ones))
        parts.append(
            (
                [f"{self.layer}.h[{n}]" for n in range(self.units)],
                np.tile(self.w_h[k, unit], (steps, 1)),
                self.before("h"),
            )
        )
        if self.bias:
            parts.append(([f"b_h{letter}"], ones * self.b_h[k, unit], ones))
        names = tuple(source for part in parts for source in part[0])
        weight, inputs = (np.hstack([part[n] for part in parts]) for n in (1, 2))
        scale = np.ones_like(weight)
        if letter == "n":
            state = [source.startswith((f"{self.layer}.h[", "b_h")) for source in names]
            scale[:, state] = self.values["r"][:, unit, None]
        return self._made(f"{self.layer}.{letter}", unit, names, weight, inputs, scale)

    def _made(self, name, unit, sources, weight, inputs, scale=None):
        letter = name.rpartition(".")[2]
        rnn = {"rnn": "tanh", "rnn_relu": "relu"}.get(self.cell)
        activation = rnn or ACTIVATIONS.get(letter, "identity")
        total = {"identity": letter}.get(activation, "a" if rnn else f"a_{letter}")
        scale = np.ones_like(weight) if scale is None else scale
        return Terms(
            name,
            unit,
            letter,
            tuple(sources),
            tuple(self.text) if self.onehot else (),
            weight,
            inputs,
            scale,
            self.values[total][:, unit],
            self.values[letter][:, unit],
            activation,
        )
