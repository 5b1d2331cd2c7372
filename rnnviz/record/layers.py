"""What recurrent layers did, in order, and how far that is from `torch.nn`."""

from collections.abc import Iterable

import torch
from torch import Tensor

from rnnviz.nn import LayerTrace, Recurrent, State, torch_twin
from rnnviz.quantities import CELL_MEANINGS
from rnnviz.recurrence.values import every_value


def difference_from_torch(layer: Recurrent, rows: Tensor, state: State | None, trace: LayerTrace) -> float:
    """How far a trace is from `torch.nn`'s layer with the same weights, and from the readable cells.

    max |a - b| / max(1, max |b|), a and b being the output of the trace, (T, B, H), and torch's; and, in each
    layer and direction, h_t of the trace and what the cell's equations make of x_t and of the h_{t-1} that
    the trace shows. So it speaks of every number that is shown, whoever computed it. state: what the trace
    started from.
    """
    pairs = [(trace.output, torch_twin(layer)(rows, state)[0])]
    starts = layer.start(state, rows.shape[1])
    x, place = rows, 0
    for k in range(layer.num_layers):
        outputs = []
        for way in range(layer.num_directions):
            outputs.append(trace.values[f"l{k}{'r' * way}.h"])
            seen, shown = (v.flip(0) if way else v for v in (x, outputs[-1]))
            start = [part[place] for part in starts]
            pairs.append((shown, every_value(layer.cell(k, way), seen, start, shown)["h"]))
            place += 1
        x = torch.cat(outputs, dim=-1) if layer.bidirectional else outputs[0]
    return largest(pairs)


def largest(pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
    """The largest max |a - b| / max(1, max |b|) of some pairs a, b."""
    return max(float((a - b).abs().max() / b.abs().max().clamp(min=1)) for a, b in pairs)


def start_values(layer: Recurrent, state: State | None) -> dict[str, Tensor]:
    """A state that the reading of one sequence began with, by name: `l0.h0`, `l0r.c0`, (H,) each."""
    if state is None:
        return {}
    ways = layer.num_directions
    return {
        f"l{place // ways}{'r' * (place % ways)}.{letter}0": values[0]
        for letter, part in zip(layer.cell_type.carried, layer.start(state, 1), strict=True)
        for place, values in enumerate(part)
    }


def listed(values: dict[str, Tensor], cell: str) -> dict[str, Tensor]:
    """The values layer by layer, in the order in which they are listed to people."""
    order = list(CELL_MEANINGS[cell])

    def place(name: str) -> tuple[str, int]:
        prefix, _, letter = name.partition(".")
        return prefix, order.index(letter)

    return {name: values[name] for name in sorted(values, key=place)}
