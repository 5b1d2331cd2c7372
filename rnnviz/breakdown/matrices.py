"""One step of a layer as the matrices that are multiplied in it."""

from typing import NamedTuple

import numpy as np

from rnnviz.breakdown.cells import Layer
from rnnviz.breakdown.explaining import check_same_model
from rnnviz.breakdown.products import numbers
from rnnviz.models.base import Model
from rnnviz.models.reader import as_reader
from rnnviz.quantities import GATES
from rnnviz.traces import Trace, TraceError


class StepMatrices(NamedTuple):
    """What a layer multiplies and adds in a step, as it stands in an equation with rows of a batch.

        x W_ih + b_ih  and  h W_hh + b_hh

    x (1, D): what is read, h (1, H): the state before; weight_ih (D, G*H), weight_hh (H, G*H): transposed as
    torch.nn keeps them; bias_ih, bias_hh (1, G*H), None in a layer without. gates: the letters of the G
    blocks of columns. values: by letter what the step makes of the sums, (1, H) each.
    """

    x: np.ndarray
    h: np.ndarray
    weight_ih: np.ndarray
    weight_hh: np.ndarray
    bias_ih: np.ndarray | None
    bias_hh: np.ndarray | None
    gates: str
    values: dict[str, np.ndarray]


def step_matrices(model: Model, trace: Trace, layer: str, step: int) -> StepMatrices:
    """The matrices of a step of a layer such as `l0`, or `l0r` for the direction from right to left.

    model, trace: a model, and what `rnnviz.trace` told of it. Raises ValueError for a trace of another model,
    and for a layer or step that does not exist.
    """
    model = as_reader(model, "is made of such matrices")
    check_same_model(model, trace)
    if f"{layer}.h" not in trace:
        layers = [name.removesuffix(".h") for name in trace.names if name.endswith(".h")]
        raise TraceError(f"There is no layer {layer!r} here; there are: {', '.join(layers)}.")
    if not 0 <= step < len(trace):
        raise TraceError(f"There is no step {step}: there are {len(trace)}, 0 to {len(trace) - 1}.")
    found = Layer(model, trace, layer, 0)
    cell, gates = found.cell, GATES[model.cell]
    bias = [None if b is None else numbers(b)[None] for b in (cell.bias_ih, cell.bias_hh)]
    return StepMatrices(
        x=found.input()[step, None],
        h=found.before("h")[step, None],
        weight_ih=numbers(cell.weight_ih).T,
        weight_hh=numbers(cell.weight_hh).T,
        bias_ih=bias[0],
        bias_hh=bias[1],
        gates=gates,
        values={letter: trace[f"{layer}.{letter}"].values[step, None] for letter in (*gates, "h")},
    )
