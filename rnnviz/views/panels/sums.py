"""What the panels that look into one unit share: which unit it is, and its neighbours in time."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from rnnviz.terms import Terms
from rnnviz.traces import Trace
from rnnviz.views.words import layer_of

BIAS = re.compile(r"b_(out|[ih][a-z])")
ADDENDS = ("input", "bias_i", "state", "bias_h")
ACTIVATIONS = {"rnn": "tanh", "rnn_relu": "relu"}


class Place(NamedTuple):
    """layer: such as `l0r`; unit: in it, from 0."""

    layer: str
    unit: int

    @property
    def backwards(self) -> bool:
        """Whether this layer reads from right to left: its step before is the one at the right."""
        return self.layer.endswith("r")


def place_of(trace: Trace, sums: Mapping[str, Terms]) -> Place:
    """The unit whose sums these are. Raises ValueError for none, for several units, or for another trace."""
    if not sums:
        raise ValueError("There is no sum to look into; give at least one, such as {'f': terms}.")
    places = {Place(each.name.rpartition(".")[0], each.unit) for each in sums.values()}
    if len(places) > 1:
        named = ", ".join(sorted(f"{each.name} of unit {each.unit}" for each in sums.values()))
        raise ValueError(f"These sums should be of one unit of one layer, but they are {named}.")
    lengths = {len(each.total) for each in sums.values()}
    if lengths != {len(trace)}:
        raise ValueError(f"The trace has {len(trace)} steps, but the sums have {sorted(lengths)}.")
    return places.pop()


def about(trace: Trace, place: Place) -> dict[str, Any]:
    """What a panel says of the unit, and how its letters are to be read."""
    cell = trace.meta["cell"]
    return {
        "layer": place.layer,
        "unit": place.unit,
        "backwards": place.backwards,
        "where": layer_of(f"{place.layer}.h"),
        "cell": cell.partition("_")[0],
        "squash": ACTIVATIONS.get(cell, "tanh"),
        "units": trace[f"{place.layer}.h"].values.shape[1],
        "precision": str(trace[f"{place.layer}.h"].values.dtype),
    }


def before(trace: Trace, place: Place, letter: str) -> np.ndarray:
    """A state of the unit as each step meets it, (T,): that of the step before, or the start state."""
    values = trace[f"{place.layer}.{letter}"].values[:, place.unit]
    if not len(values):
        return values
    start = f"{place.layer}.{letter}0"
    first = trace[start].values[place.unit] if start in trace else values.dtype.type(0)
    return np.append(values[1:], first) if place.backwards else np.append(first, values[:-1])


def is_bias(source: str) -> bool:
    """Whether a term is a bias, by the name of its source."""
    return bool(BIAS.fullmatch(source))


def addends(terms: Terms, scaled: bool = True) -> np.ndarray:
    """The four parts of a sum, (T, 4) in float64: from the input, its bias, from the state, its bias.

    scaled: with the scale that the GRU's candidate has on its state's half, or without it.
    """
    layer = terms.name.rpartition(".")[0]
    products = terms.weight.astype(np.float64) * terms.input
    products = products * terms.scale if scaled else products
    parts = np.array([ADDENDS.index(_addend(source, layer)) for source in terms.sources], dtype=np.int64)
    return np.stack([products[:, parts == part].sum(axis=1) for part in range(len(ADDENDS))], axis=1)


def _addend(source: str, layer: str) -> str:
    if is_bias(source):
        return "bias_h" if source.startswith("b_h") else "bias_i"
    return "state" if source.startswith(f"{layer}.h[") else "input"
