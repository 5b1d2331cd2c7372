"""One sequence with every gate told: rnnviz, the naive loop; and torch.nn, which shows none."""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.naive import Naive
from benchmarks.plan import PARTS, Case
from benchmarks.problems import Problem
from benchmarks.timing import Contender, Sample, race
from rnnviz.nn import Recurrent


def measure(case: Case, seconds: float, seed: int) -> Sample:
    """Forwards only, in inference mode, which all of them gain by."""
    with torch.inference_mode():
        return race(builders(Problem(case)), PARTS[case.part].references, seconds, seed)


def builders(problem: Problem) -> dict[str, Callable[[], Contender]]:
    """The contenders by name; each tells h at the end, and what it has made besides is thrown away."""
    rows, ids, last = problem.rows, problem.ids, f"l{problem.reference.num_layers - 1}.h"

    def naive(layer: Naive) -> Contender:
        return lambda: layer.trace(rows)[last]

    def ours(layer: Recurrent, x: Tensor) -> Contender:
        return lambda: layer.trace(x).values[last]

    return {
        "naive loop": lambda: naive(Naive(problem.reference)),
        "torch.nn": lambda: lambda: problem.reference(rows)[0],
        "rnnviz": lambda: ours(problem.layer(), rows),
        "rnnviz (ids)": lambda: ours(problem.layer(), ids),
    }
