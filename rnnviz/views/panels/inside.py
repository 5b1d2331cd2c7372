"""From the events of a run to what its weights, gradients and gates were like while it learned."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.views.gates import gate_words, kept
from rnnviz.views.panels.panel import Panel
from rnnviz.views.tokens import number
from rnnviz.views.words import PARTS, layer_of, part_of

Event = Mapping[str, Any]

BEND = 1e-4  # of the largest gradient: where their scale begins to go by ratio
_BANDS = "line: the middle one, strong: half of them, pale: nine in ten"


def layers_of(events: Iterable[Event]) -> tuple[str, ...]:
    """The layers whose weights were looked at, as they are named: ("emb", "l0", "l1", "out")."""
    names = [name for event in kept(events) for name in event["weights"]]
    return tuple(dict.fromkeys(map(part_of, names)))


def weights(events: Iterable[Event], layer: str = "l0") -> Panel:
    """How the weights of a layer spread, matrix by matrix and gate by gate, at each kept step of a training.

    All have one scale. Raises ValueError, with the layers there are, for another layer.
    """
    steps, names, values = _quantiles(events, "weights", layer)
    return _panel(f"Weights, {_layer(layer)}", _BANDS, steps, names, values, end=_nice(values))


def gradients(events: Iterable[Event], layer: str = "l0") -> Panel:
    """As `weights`, of the gradients of the step, before clipping. They differ by powers of ten, from gate to
    gate and over time, so their scale is even about 0 and goes by ratio beyond. Where b_hh has those of b_ih
    it is left out.
    """
    steps, names, values = _distinct(*_quantiles(events, "gradients", layer))
    end = 10.0 ** math.ceil(math.log10(_largest(values)))
    caption = f"{_BANDS}; even up to ±{number(end * BEND)}, by ratio beyond"
    return _panel(f"Gradients, {_layer(layer)}", caption, steps, names, values, end=end, unit=end * BEND)


def gates(events: Iterable[Event]) -> Panel:
    """Which share of each gate's values is nearly 0 and which nearly 1, at each kept step of a training."""
    looks = kept(events)
    names = list(dict.fromkeys(name for event in looks for name in event["saturated"]))
    return Panel(
        "bands",
        {
            "title": "Gates that are saturated",
            "caption": "the rest is in between",
            "keys": ["below 0.1: shut", "above 0.9: open"],
            "kind": "shares",
            "steps": [event["step"] for event in looks],
            "names": [gate_words(name) for name in names],
            "values": _table([event["saturated"] for event in looks], names, 2),
            "columns": _side_by_side(names),
            "low": 0.0,
            "high": 1.0,
            "unit": None,
            "ends": ["0", "100 %"],
        },
    )


def _panel(
    title: str,
    caption: str,
    steps: list[int],
    names: list[str],
    values: np.ndarray,
    end: float,
    unit: float | None = None,
) -> Panel:
    shown = [name.removeprefix(part_of(name) + ".").replace(".", " ") for name in names]
    return Panel(
        "bands",
        {
            "title": title,
            "caption": caption,
            "keys": [],
            "kind": "quantiles",
            "steps": steps,
            "names": shown,
            "values": values,
            "columns": _side_by_side(names),
            "low": -end,
            "high": end,
            "unit": unit,
            "ends": [number(-end), number(end)],
        },
    )


def _quantiles(events: Iterable[Event], what: str, layer: str) -> tuple[list[int], list[str], np.ndarray]:
    """The steps, the names, and the quantiles (name, step, quantile); NaN where there are none."""
    looks = kept(events)
    names = [
        name
        for name in dict.fromkeys(name for event in looks for name in event["weights"])
        if part_of(name) == layer
    ]
    if looks and not names:
        raise ValueError(f"There is no layer {layer!r}; there are: {', '.join(layers_of(looks))}.")
    return [event["step"] for event in looks], names, _table([event[what] for event in looks], names, 5)


def _distinct(
    steps: list[int], names: list[str], values: np.ndarray
) -> tuple[list[int], list[str], np.ndarray]:
    """Without b_hh where its gradients are those of b_ih, since both are added to the same sum."""
    same = [
        ".b_hh" in name
        and np.array_equal(values[k], values[names.index(name.replace("b_hh", "b_ih"))], equal_nan=True)
        for k, name in enumerate(names)
    ]
    return steps, [name for k, name in enumerate(names) if not same[k]], values[[not each for each in same]]


def _table(
    rows: Sequence[Mapping[str, Sequence[float | None]]], names: Sequence[str], numbers: int
) -> np.ndarray:
    empty = [None] * numbers
    told = [[row.get(name) or empty for row in rows] for name in names]
    return np.array(told, dtype=np.float32).reshape(len(names), len(rows), numbers)


def _side_by_side(names: Sequence[str]) -> int:
    """How many stand side by side: the gates of a matrix, so that they can be compared."""
    heads = [name.rpartition(".")[0] for name in names]
    return max((heads.count(head) for head in heads), default=1)


def _layer(layer: str) -> str:
    return layer_of(f"{layer}.h") or {"out": "output", **PARTS}.get(layer, layer)


def _largest(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _nice(values: np.ndarray) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7, 10, ...: a scale that rests while the weights grow."""
    largest = _largest(values)
    decade = 10.0 ** math.floor(math.log10(largest))
    return next(step * decade for step in (1, 1.5, 2, 3, 5, 7, 10) if step * decade >= largest * (1 - 1e-9))
