"""What all tasks share that are learned from examples with their answers."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnnviz.models.vocabulary import Vocabulary
from rnnviz.tasks.base import Task

if TYPE_CHECKING:
    from rnnviz.tasks.examples import SupervisedProblem

NOT_COUNTED = -100  # a class that stands for none, as in torch


class Examples(NamedTuple):
    """N sequences of up to T steps, and what should be answered.

    x: ids (N, T), numbers (N, T, D), or bytes (N, T, D), that are pixels and read as 0..1.
    y: classes, one a sequence (N,) or one a step (N, T); or numbers a step (N, T, O). Where nothing is to be
    answered stands NOT_COUNTED, or NaN.
    lengths: steps of each, (N,), where they differ.
    """

    x: np.ndarray
    y: np.ndarray
    lengths: np.ndarray | None = None

    @classmethod
    def padded(cls, rows: Sequence[Sequence[int]], answers: Sequence[Any]) -> "Examples":
        """From rows of ids of different lengths; answers: a class for each row, or for each of its steps."""
        lengths = np.array([len(row) for row in rows])
        return cls(
            _filled(rows, lengths, 0),
            np.array(answers) if np.isscalar(answers[0]) else _filled(answers, lengths, NOT_COUNTED),
            lengths,
        )


class Data(NamedTuple):
    """What a task learns from.

    held_out: None for a task that is judged on what it learns. inputs: the vocabulary of the ids, or how many
    numbers a step has. outputs: the names of the classes (a vocabulary where these are its tokens), or how
    many numbers are answered. in_order: each example goes on where the one before stopped, and those held out
    follow the others. told: what else config.json should say of the data, such as its columns and scaling.
    """

    train: Examples
    held_out: Examples | None
    inputs: Vocabulary | int
    outputs: Vocabulary | tuple[str, ...] | int
    in_order: bool = False
    told: Mapping[str, Any] = {}


class SupervisedTask(Task):
    """Examples with their answers. Abstract."""

    @abstractmethod
    def data(self) -> Data:
        """All examples. Raises ValueError, saying what to do, where they cannot be had."""

    @abstractmethod
    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        """What a model does now, to be shown; see `Problem.sample`."""

    def findings(self, problem: "SupervisedProblem", model: Any) -> list[str]:
        """What was measured on a model that learned this, besides its metric, as sentences."""
        return []

    def problem(self) -> "SupervisedProblem":
        from rnnviz.tasks.examples import problem_of

        return problem_of(self, self.data())


def _filled(rows: Sequence[Sequence[Any]], lengths: np.ndarray, rest: int) -> np.ndarray:
    """Rows of different lengths as one array (N, T), with the same after the end of each."""
    filled = np.full((len(rows), lengths.max()), rest)
    for row, into in zip(rows, filled, strict=True):
        into[: len(row)] = row
    return filled
