"""A training step: torch.nn, rnnviz with each of its engines, the naive loop."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from benchmarks.naive import Naive
from benchmarks.plan import PARTS, Case
from benchmarks.problems import Problem
from benchmarks.timing import Contender, Sample, race

CLIP = 1.0
RATE = 5e-5  # small: the weights stay where a network is while it learns


def measure(case: Case, seconds: float, seed: int) -> Sample:
    """Every contender's steps on the same batch, from the same weights."""
    return race(builders(Problem(case)), PARTS[case.part].references, seconds, seed)


def builders(problem: Problem) -> dict[str, Callable[[], Contender]]:
    """The contenders by name. Ids are less work than rows: no product with the input, in no direction."""
    rows = partial(step_of, problem, x=problem.rows)
    return {
        "torch.nn": lambda: rows(deepcopy(problem.reference)),
        "rnnviz": lambda: rows(problem.layer()),
        "rnnviz (torch)": lambda: rows(problem.layer("torch")),
        "rnnviz (readable)": lambda: rows(problem.layer("readable")),
        "naive loop": lambda: rows(Naive(problem.reference)),
        "rnnviz (ids)": lambda: step_of(problem, problem.layer(), x=problem.ids),
    }


def step_of(problem: Problem, layer: nn.Module, x: Tensor) -> Contender:
    """A whole training step of a layer under the problem's output layer -> its loss."""
    head, targets = deepcopy(problem.head), problem.targets
    weights = [*layer.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights, lr=RATE, fused=True)

    def step() -> Tensor:
        found = layer(x)
        output = found if isinstance(found, Tensor) else found[0]
        loss = cross_entropy(head(output).flatten(0, 1), targets)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(weights, CLIP)
        optimizer.step()
        return loss.detach()

    return step
