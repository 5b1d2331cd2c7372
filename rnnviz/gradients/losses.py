"""What a model's losses on one sequence are, each with the step that it belongs to."""

from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier

NOT_COUNTED = -100  # torch's class for a step that has no loss


class Losses(NamedTuple):
    """The losses of a sequence; L = sum of shares * values is the loss that is trained.

    values (N,): each step's own, in nats, or its mean square error. shares (N,): of each in L; they add up to
    1. heard (N,): the step whose h each is computed from; None for the one loss of a whole sequence.
    ahead: how many steps after `heard` a loss belongs to, 1 for what was expected of the next character.
    of: what the losses are of, in words.
    """

    values: Tensor
    shares: Tensor
    heard: list[int] | None
    ahead: int
    of: str

    @property
    def total(self) -> Tensor:
        """L."""
        return (self.shares * self.values).sum()

    def rows(self, steps: int) -> list[int]:
        """The row of each loss in a table of all steps, or of the one loss of `steps` steps."""
        return [0] if self.heard is None else [step + self.ahead for step in self.heard]

    def row_count(self, steps: int) -> int:
        """How many rows that table has."""
        return 1 if self.heard is None else steps


def losses_of(model: Any, h: Tensor, x: Tensor, target: Any) -> Losses:
    """The losses of a model whose last layer has put out h, (T, 1, width), when it read x, as autograd sees
    them. target: as for `state_gradients`. Raises ValueError for one that does not fit.
    """
    if isinstance(model, LanguageModel):
        if target is not None:
            raise ValueError("A language model's target is the text itself: give none.")
        if len(x) < 2:
            raise ValueError("The first character is expected by nobody: a loss takes at least two.")
        values = cross_entropy(model.out(h[:-1, 0]), x[1:, 0], reduction="none")
        return Losses(values, _equal(values), list(range(len(values))), 1, "the next characters")
    one = isinstance(model, Classifier)
    answers = model.out(model.summary(h) if one else h[:, 0])
    if model.classes is None:
        return _square_errors(answers, target)
    plural = "" if one else "s"
    if target is None:
        wanted, of = answers.detach().argmax(-1), f"the model's own likeliest answer{plural}"
    else:
        wanted, of = _classes(target, model.classes, answers, one), f"the answer{plural} given"
    counted = (wanted != NOT_COUNTED).nonzero()[:, 0]
    values = cross_entropy(answers[counted], wanted[counted], reduction="none")
    return Losses(values, _equal(values), None if one else counted.tolist(), 0, of)


def _equal(values: Tensor) -> Tensor:
    return torch.full_like(values, 1 / len(values)).detach()


def _square_errors(answers: Tensor, target: Any) -> Losses:
    if target is None:
        raise ValueError("The model's own numbers have no loss: give the target, (steps, outputs).")
    wanted = torch.as_tensor(np.asarray(target, dtype=np.float64)).to(answers)
    wanted = wanted[:, None] if wanted.dim() == 1 else wanted
    if wanted.shape != answers.shape:
        raise ValueError(
            f"The target should have the shape {tuple(answers.shape)}, not {tuple(wanted.shape)}."
        )
    there = ~wanted.isnan()
    if not there.any():
        raise ValueError("There is no target at any step.")
    counted = there.any(1).nonzero()[:, 0]
    numbers = there[counted].sum(1).to(answers)
    squares = torch.where(there, answers - wanted.nan_to_num(), 0)[counted].square().sum(1)
    return Losses(squares / numbers, numbers / numbers.sum(), counted.tolist(), 0, "the numbers given")


def _classes(target: Any, classes: Sequence[str], answers: Tensor, one: bool) -> Tensor:
    """The number of the class of each answer, NOT_COUNTED for None."""
    wanted = [target] if one else list(target)
    if len(wanted) != len(answers):
        raise ValueError(f"There are {len(wanted)} targets for {len(answers)} steps.")
    ids = [_class(each, classes) for each in wanted]
    if set(ids) == {NOT_COUNTED}:
        raise ValueError("There is no target at any step.")
    return torch.tensor(ids, device=answers.device)


def _class(wanted: Any, classes: Sequence[str]) -> int:
    if wanted is None:
        return NOT_COUNTED
    if isinstance(wanted, str) and wanted in classes:
        return classes.index(wanted)
    if not isinstance(wanted, str) and 0 <= index(wanted) < len(classes):
        return index(wanted)
    raise ValueError(f"There is no class {wanted!r:.40}; there are: {', '.join(classes)}.")
