"""What an encoder hands over to a decoder."""

from typing import NamedTuple

import torch
from torch import Tensor

from rnnviz.nn import State


class Encoded(NamedTuple):
    """What has been read, as the decoder has it.

    states (B, S, W): h of each step that was read, of both directions where there are two; state: what the
    decoder begins with, that of a recurrent layer or a transformer's `Cache`; mask (B, 1, S): True where
    there is something to look at, None if everywhere.
    """

    states: Tensor
    state: State
    mask: Tensor | None

    def rows(self, which: Tensor) -> "Encoded":
        """Some rows of the batch, by their numbers."""
        mask = None if self.mask is None else self.mask[which]
        return Encoded(self.states[which], rows_of(self.state, which), mask)


def rows_of(state: State, which: Tensor) -> State:
    """Some rows of a state, (L, B, ...) each, by their numbers."""
    return state[:, which] if isinstance(state, Tensor) else tuple(part[:, which] for part in state)


def both_ways(state: State, layers: int) -> State:
    """A state of two directions, (L * 2, B, H) each -> one of layers twice as wide, (L, B, 2 H)."""
    if not isinstance(state, Tensor):
        return tuple(_side_by_side(part, layers) for part in state)
    return _side_by_side(state, layers)


def _side_by_side(part: Tensor, layers: int) -> Tensor:
    forward, backward = part.unflatten(0, (layers, 2)).unbind(1)
    return torch.cat([forward, backward], -1)
