"""Writing character by character: `layer.step`, and torch.nn called with sequences of one step."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmarks.plan import PARTS, Case
from benchmarks.problems import Problem
from benchmarks.timing import Contender, Sample, race

Read = Callable[[int, Any], tuple[Tensor, Any]]
"""The id of a character, the state so far -> h (1, H), the new state."""


def measure(case: Case, seconds: float, seed: int) -> Sample:
    """One sequence, in inference mode."""
    with torch.inference_mode():
        return race(builders(Problem(case)), PARTS[case.part].references, seconds, seed)


def builders(problem: Problem) -> dict[str, Callable[[], Contender]]:
    """The contenders by name."""
    rows = torch.eye(problem.reference.input_size)
    ids = torch.arange(problem.reference.input_size)
    ours, theirs = problem.layer(), problem.reference

    def by_library(k: int, state: Any) -> tuple[Tensor, Any]:
        output, state = theirs(rows[k : k + 1, None], state)
        return output[0], state

    return {
        "torch.nn, T=1": lambda: writing(problem, by_library),
        "rnnviz": lambda: writing(problem, lambda k, state: ours.step(rows[k : k + 1], state)),
        "rnnviz (ids)": lambda: writing(problem, lambda k, state: ours.step(ids[k : k + 1], state)),
    }


def writing(problem: Problem, read: Read) -> Contender:
    """Reads, weighs and draws a character after the other -> the last one's chances.

    What is read next is given, so that a draw which a last digit decides leads nobody elsewhere.
    """
    text, head = problem.ids[:, 0].tolist(), problem.head

    def write() -> Tensor:
        state = None
        for k in text:
            h, state = read(k, state)
            chances = head(h[0]).softmax(0)
            int(torch.multinomial(chances, 1))
        return chances

    return write
