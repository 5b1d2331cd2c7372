"""How much memory a training takes, told before it takes it: what is too much would end more than the run."""

import os

from rnnviz.settings import Settings
from rnnviz.tasks.base import Problem
from rnnviz.tasks.batches import Batch

SHARE = 0.5  # of the machine's memory that one run may take
GATES = {"rnn": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}
BYTES_OF_A_WEIGHT = 20  # itself, its gradient, Adam's two averages, and the best one so far, 4 each
VALUES_OF_A_UNIT = 18  # that a step keeps for its way back, measured over the cells


def check_memory(problem: Problem, settings: Settings, batch: Batch) -> None:
    """Raises ValueError, with the numbers, for a training that is too large for this machine."""
    needed, there = estimate(problem, settings, batch), SHARE * _installed()
    if needed > there:
        raise ValueError(
            f"This needs some {needed / 1e9:.1f} GB of memory, and a run may take {there / 1e9:.1f} GB here: "
            "choose fewer units, layers, rows of a batch or steps back in time."
        )


def estimate(problem: Problem, settings: Settings, batch: Batch) -> float:
    """Bytes, roughly, beyond those of the libraries."""
    words = len(problem.vocabulary) if problem.vocabulary else 0
    first = words or batch.x.shape[-1]
    width = settings.hidden * settings.directions
    rows = GATES[settings.cell] * settings.hidden * settings.directions
    weights = rows * (first + settings.hidden) + (settings.layers - 1) * rows * (width + settings.hidden)
    weights += width * words
    places = batch.x.shape[0] * batch.x.shape[1]
    values = places * (VALUES_OF_A_UNIT * width * settings.layers + 3 * words)
    return float(BYTES_OF_A_WEIGHT * weights + 4 * values)


def _installed() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return float("inf")
