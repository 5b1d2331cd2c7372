"""What a model answers to examples that nobody has learned from."""

from collections.abc import Generator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnviz.models.answering import OneAnswer
from rnnviz.models.base import Model
from rnnviz.models.decoding import greedy
from rnnviz.models.speaker import exhausted, reading
from rnnviz.models.writer import Writer
from rnnviz.tasks.base import Task
from rnnviz.tasks.pairs import Pair

PIECE = 500_000_000  # multiplications between two yields: some 30 ms, with a core to itself
MOST_ROWS = 100  # that are read and written side by side
READ = 40  # tokens, about, that are read and written of a row
BEYOND = 2  # tokens that may be written beyond the longest right answer


class Exam(NamedTuple):
    """pairs: what was asked; answers: what a model said to each."""

    pairs: tuple[Pair, ...]
    answers: tuple[str, ...]

    @property
    def right(self) -> np.ndarray:
        """Which answers are right, from the first token to the last, (N,) bool."""
        return np.array([pair.right(answer) for pair, answer in zip(*self, strict=True)], bool)

    @property
    def lengths(self) -> np.ndarray:
        """Characters of what was read, (N,) int."""
        return np.array([len(pair.source) for pair in self.pairs], int)

    @property
    def share(self) -> float:
        """How many answers are right, 0 to 1."""
        return float(self.right.mean())


def exam(model: Model, task: Task, count: int = 1000, seed: int = 0) -> Exam:
    """Examples of a task that nobody has learned from, at most so many, and what a model answers.

    The same count and seed ask every model the same. Raises ValueError for a count below 1, a seed below 0, a
    task that asks nothing, and a model that neither writes nor knows classes of what it has read.
    """
    if count < 1:
        raise ValueError(f"At least one example is asked, not {count}.")
    if seed < 0:  # below 0 are the seeds of what weights were chosen by
        raise ValueError(f"The seed of an exam is 0 or more, not {seed}.")
    pairs = task.asked(count, seed)
    if not pairs:
        raise ValueError(f"The task {task.name} has no examples whose answers are right or wrong as a whole.")
    return examined(model, pairs)


def examined(model: Model, pairs: Sequence[Pair]) -> Exam:
    """What a model answers to some pairs, at most two tokens more than the longest right answer."""
    return exhausted(examined_in_pieces(model, pairs))


def examined_in_pieces(model: Model, pairs: Sequence[Pair]) -> Generator[None, None, Exam]:
    """The same for who has something else to do between two pieces."""
    found = [""] * len(pairs)
    # Alike in length side by side, so that little is read and written in vain.
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].source))
    size = max(min(PIECE // (model.parameter_count * READ), MOST_ROWS), 1)
    for start in range(0, len(order), size):
        some = order[start : start + size]
        longest = longest_answer([pairs[place] for place in some])
        said = answers(model, [pairs[place].source for place in some], longest)
        for place, answer in zip(some, said, strict=True):
            found[place] = answer
        yield
    return Exam(tuple(pairs), tuple(found))


def answers(model: Model, sources: Sequence[str], longest: int) -> list[str]:
    """What a model answers to some texts: the likeliest class; or what it writes, always the likeliest token,
    at most so many.
    """
    rows = [model.ids(source) for source in sources]
    x, lengths = pad_sequence(rows), torch.tensor([len(row) for row in rows], device=model.device)
    if isinstance(model, Writer):
        return [model.target_text(row) for row in greedy(model, x, lengths, longest).t()]
    if not isinstance(model, OneAnswer):
        named = model.name or "This model"
        raise ValueError(
            f"{named} is a {model.config['type']}: it neither writes nor names what it has read."
        )
    with reading(model):
        likeliest: Tensor = model(x, lengths).argmax(-1)
    return [model.classes[place] for place in likeliest.tolist()]


def longest_answer(pairs: Sequence[Pair]) -> int:
    """The most tokens that are written in answer to some pairs: a few more than are right."""
    return BEYOND + max(len(text) for pair in pairs for text in (pair.target, *pair.others))
