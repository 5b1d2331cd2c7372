"""How much memory a training takes, told before it takes it: what is too much would end more than the run."""

import os

from rnnviz.settings import TRANSFORMER, Settings
from rnnviz.tasks.base import Problem
from rnnviz.tasks.batches import Batch
from rnnviz.tasks.translation import PairsProblem
from rnnviz.weights import shapes_only

SHARE = 0.5  # of the machine's memory that one run may take
BYTES_OF_A_WEIGHT = 20  # itself, its gradient, Adam's two averages, and the best one so far, 4 each
VALUES_OF_A_UNIT = 18  # that a step keeps for its way back, measured over the cells
VALUES_OF_A_WIDTH = 40  # of a transformer's layer likewise, with a feed-forward network four times as wide


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
    with shapes_only():
        weights = sum(weight.numel() for weight in problem.model(settings).parameters())
    steps, rows = batch.x.shape[:2]
    transforms, writes = settings.cell == TRANSFORMER, isinstance(problem, PairsProblem)
    words = len(problem.vocabulary) if problem.vocabulary else 0
    of_a_unit = VALUES_OF_A_WIDTH if transforms else VALUES_OF_A_UNIT * settings.directions
    of_a_step = of_a_unit * settings.hidden
    heads = settings.heads * settings.layers if transforms else 0
    values = rows * steps * (settings.layers * of_a_step + 4 * heads * steps + 3 * words)
    if writes:
        looks = 4 * heads * (len(batch.y) + steps) if transforms else 4 * steps
        values += rows * len(batch.y) * ((settings.layers + 1) * of_a_step + looks)
    return float(BYTES_OF_A_WEIGHT * weights + 4 * values)


def _installed() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return float("inf")
