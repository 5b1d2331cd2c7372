"""How often each gate of each unit is as good as shut, or as good as open."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rnnviz.traces import Trace, TraceError

SHUT, OPEN = 0.1, 0.9


class Saturation(NamedTuple):
    """The share of steps, 0..1, at which a gate is shut, below `SHUT`, and open, above `OPEN`: (H,) each."""

    shut: np.ndarray
    open: np.ndarray


def saturation(trace: Trace, layer: str) -> Mapping[str, Saturation]:
    """The saturation of every gate of a layer such as `l0` by its letter; {} for an RNN, which has none.

    Karpathy, Johnson, Fei-Fei, "Visualizing and understanding recurrent networks", 2015, who draw one share
    over the other, a point for each unit. Raises TraceError for a layer that does not exist.
    """
    if f"{layer}.h" not in trace:
        layers = [name.removesuffix(".h") for name in trace.names if name.endswith(".h")]
        raise TraceError(f"There is no layer {layer!r}; there are: {', '.join(layers)}.")
    gates = {
        name.partition(".")[2]: quantity.values
        for name, quantity in trace.quantities.items()
        if name.partition(".")[0] == layer and quantity.kind == "gate"
    }
    return {
        letter: Saturation((values < SHUT).mean(axis=0), (values > OPEN).mean(axis=0))
        for letter, values in gates.items()
    }
