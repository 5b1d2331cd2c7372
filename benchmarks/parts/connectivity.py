"""Which input moved which output: all rows at once, and one backward pass for each step."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.plan import PARTS, Case
from benchmarks.problems import Problem
from benchmarks.timing import Contender, Sample, race


def measure(case: Case, seconds: float, seed: int) -> Sample:
    """|d score_s / d x_t| for all s and t, where score_s is a weighted sum of h_s."""
    return race(builders(Problem(case)), PARTS[case.part].references, seconds, seed)


def builders(problem: Problem) -> dict[str, Callable[[], Contender]]:
    """The contenders by name; all of them read the sequence as well."""
    rows = problem.rows[:, 0]
    weights = torch.randn(len(rows), problem.reference.hidden_size)
    ours = problem.layer()
    return {
        "T backward passes, readable": lambda: one_by_one(problem.layer("readable"), rows, weights),
        "T backward passes, torch.nn": lambda: one_by_one(problem.reference, rows, weights),
        "rnnviz": lambda: lambda: ours.sensitivity(rows, weights),
    }


def one_by_one(layer: nn.Module, rows: Tensor, weights: Tensor) -> Contender:
    """A backward pass for each score."""

    def passes() -> Tensor:
        x = rows.clone().requires_grad_()
        scores = (layer(x)[0] * weights).sum(1)
        gradients = [torch.autograd.grad(score, x, retain_graph=True)[0] for score in scores]
        return torch.stack(gradients).norm(dim=2)

    return passes
