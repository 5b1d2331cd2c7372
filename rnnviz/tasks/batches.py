"""The rows that a step learns from. The batch of a step is a function of the seed and the step: nothing of it
has to be saved, and any step can be asked for.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rnnviz.randomness import BATCHES, generator


class Batch(NamedTuple):
    """x: what is read, ids (T, B) or numbers (T, B, D); y: what should be answered, at each step,
    (T, B, ...), or in the end, (B, ...); fresh: rows begin anew, with a state of zeros; lengths (B,):
    of shorter rows.
    """

    x: Tensor
    y: Tensor
    fresh: bool = True
    lengths: Tensor | None = None


Batches = Callable[[int], Batch]
"""step, counted from 1 -> its batch."""


def sequential(ids: Tensor, starts: Sequence[int], batch: int, length: int, seed: int) -> Batches:
    """The text as B long rows, read side by side, `length` steps at a time.

    Each batch goes on where the last one stopped. After each round the cuts move, so that windows do not
    always begin at the same characters. starts: not used; a row is cut where it has to be.
    """
    windows = (len(ids) - length) // batch // length  # as many as there is room for wherever a round begins

    def of_step(step: int) -> Batch:
        turn, window = divmod(step - 1, windows)
        offset = int(torch.randint(length, (), generator=generator(seed, BATCHES, turn)))
        steps = (len(ids) - 1 - offset) // batch
        start = window * length
        x, y = (ids[at : at + batch * steps].view(batch, steps).t() for at in (offset, offset + 1))
        return Batch(x[start : start + length], y[start : start + length], fresh=window == 0)

    return of_step


def random(ids: Tensor, starts: Sequence[int], batch: int, length: int, seed: int) -> Batches:
    """Each row from one of the starts that leave room for it, read with a new state."""
    places = torch.tensor([start for start in starts if start < len(ids) - length], device=ids.device)
    steps = torch.arange(length, device=ids.device)[:, None]

    def of_step(step: int) -> Batch:
        picked = torch.randint(len(places), (batch,), generator=generator(seed, BATCHES, step))
        at = places[picked.to(places.device)] + steps
        return Batch(ids[at], ids[at + 1])

    return of_step


SAMPLING: dict[str, Callable[[Tensor, Sequence[int], int, int, int], Batches]] = {
    "sequential": sequential,
    "random": random,
}


def shuffled(count: int, batch: int, seed: int) -> Callable[[int], Tensor]:
    """step -> which of `count` examples it learns from, (B,): each once in a round, in an order of its own.

    Raises ValueError where there are fewer examples than a batch has rows.
    """
    if count < batch:
        raise ValueError(f"There are {count:,} examples to train on, too few for {batch} in a batch.")
    rounds: dict[int, Tensor] = {}

    def of_step(step: int) -> Tensor:
        turn, place = divmod(step - 1, count // batch)
        if turn not in rounds:
            rounds.clear()
            rounds[turn] = torch.randperm(count, generator=generator(seed, BATCHES, turn))
        return rounds[turn][place * batch : (place + 1) * batch]

    return of_step


def check_length(characters: int, batch: int, length: int) -> None:
    """Raises ValueError where a text is too short to be cut so."""
    needed = (batch + 1) * length + 1
    if characters < needed:
        raise ValueError(
            f"There are {characters:,} characters to train on, too few for {batch} rows of {length} "
            f"({needed:,} are needed): choose fewer or shorter rows."
        )
