"""How long each unit keeps what it holds, and how often each of its gates is shut or open."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.analysis import HalfLives, Saturation
from rnnviz.analysis.saturation import OPEN, SHUT
from rnnviz.views.panels.panel import Panel
from rnnviz.views.words import layer_of

GATES = {
    "i": "input gate", "f": "forget gate", "o": "output gate", "r": "reset gate", "z": "update gate",
}  # fmt: skip
LEAST, MOST = 0.1, 10.0  # steps: the axis of half-lives goes so far at least


def keeping(
    found: HalfLives, gates: Mapping[str, Saturation], *, unit: int | None = None, text: str = ""
) -> Panel:
    """The half-lives of all units, the longest first, and the saturation of every gate, a dot for each unit:
    the share of steps below 0.1 to the right, above 0.9 upwards. A dot that is clicked is the same unit in
    all of them.

    Karpathy, Johnson, Fei-Fei, "Visualizing and understanding recurrent networks", 2015, have the second.
    found, gates: as `rnnviz.analysis.half_lives` and `saturation` give them; text: names what was read.
    """
    plots: list[dict[str, Any]] = [
        {
            "name": GATES.get(letter, letter),
            "letter": letter,
            "shut": np.asarray(shares.shut, np.float32),
            "open": np.asarray(shares.open, np.float32),
        }
        for letter, shares in gates.items()
    ]
    own = {
        "title": f"How long each unit keeps what it holds, {layer_of(f'{found.layer}.h')}",
        "caption": f"half-life in steps, −1 / log₂ of the mean of {found.gate}; the longest memory first",
        "gate": found.gate,
        "steps": np.asarray(found.steps, np.float32),
        "mean": np.asarray(found.mean, np.float32),
        "order": np.asarray(found.order, np.int32),
        "ends": [LEAST, _end(found.steps)],
        "limits": [SHUT, OPEN],
        "plots": plots,
        "unit": unit,
        "of": text,
    }
    return Panel("keeping", own)


def _end(steps: np.ndarray) -> float:
    """The power of ten at or above the longest half-life that ends."""
    longest = float(steps[np.isfinite(steps)].max(initial=MOST))
    return float(10 ** math.ceil(math.log10(longest)))
