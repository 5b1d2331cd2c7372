"""The rows of characters that a step learns from."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Batch(NamedTuple):
    """read: the ids that are read, (T, B); came: those that came next, (T, B); fresh: rows begin anew."""

    read: Tensor
    came: Tensor
    fresh: bool


def sequential(ids: Tensor, starts: Sequence[int], batch: int, length: int) -> Iterator[Batch]:
    """Endless: the text as B long rows, read side by side, `length` steps at a time.

    Each batch goes on where the last one stopped. After each round the cuts move, so that windows do not
    always begin at the same characters. starts: not used; a row is cut where it has to be.
    """
    while True:
        offset = int(torch.randint(length, ()))
        steps = (len(ids) - 1 - offset) // batch
        read, came = (
            ids[start : start + batch * steps].view(batch, steps).t() for start in (offset, offset + 1)
        )
        for start in range(0, steps - length + 1, length):
            yield Batch(read[start : start + length], came[start : start + length], fresh=start == 0)


def random(ids: Tensor, starts: Sequence[int], batch: int, length: int) -> Iterator[Batch]:
    """Endless: each row from one of the starts that leave room for it, read with a new state."""
    places = torch.tensor([start for start in starts if start < len(ids) - length], device=ids.device)
    steps = torch.arange(length, device=ids.device)[:, None]
    while True:
        at = places[torch.randint(len(places), (batch,))] + steps
        yield Batch(ids[at], ids[at + 1], fresh=True)


SAMPLING: dict[str, Callable[[Tensor, Sequence[int], int, int], Iterator[Batch]]] = {
    "sequential": sequential,
    "random": random,
}


def check_length(characters: int, batch: int, length: int) -> None:
    """Raises ValueError where a text is too short to be cut so."""
    needed = (batch + 1) * length + 1
    if characters < needed:
        raise ValueError(
            f"There are {characters:,} characters to train on, too few for {batch} rows of {length} "
            f"({needed:,} are needed): choose fewer or shorter rows."
        )
