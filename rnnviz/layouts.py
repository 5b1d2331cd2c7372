"""The layouts in which `torch.nn`'s recurrent layers take their sequences, and the way in and out of each.

Inside, everything is time-major: x (T, B, D), or ids (T, B), and states (L, B, H). A layout knows how to
get there and back.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnviz.recurrence.inputs import are_ids
from rnnviz.recurrence.rows import Sizes, lengths


@dataclass(frozen=True)
class Padded:
    """(T, B, D), or (B, T, D) with batch_first; states (L, B, H)."""

    batch_first: bool
    state_dims = 3

    def enter(self, x: Tensor) -> tuple[Tensor, Sizes]:
        """-> x (T, B, ...), and no sizes: all rows go to the end."""
        return x.transpose(0, 1) if self.batch_first else x, None

    def enter_state(self, state: Tensor) -> Tensor:
        return state

    def leave(self, y: Tensor) -> Tensor:
        return y.transpose(0, 1) if self.batch_first else y

    leave_values = leave
    leave_state = enter_state


class Unbatched:
    """One sequence, (T, D); states (L, H)."""

    state_dims = 2

    def enter(self, x: Tensor) -> tuple[Tensor, Sizes]:
        """-> x (T, 1, ...), and no sizes: its one row goes to the end."""
        return x.unsqueeze(1), None

    def enter_state(self, state: Tensor) -> Tensor:
        return state.unsqueeze(1)

    def leave(self, y: Tensor) -> Tensor:
        return y.squeeze(1)

    leave_values = leave
    leave_state = leave


@dataclass(frozen=True)
class Packed:
    """A PackedSequence: rows of different lengths, longest first; states (L, B, H) in the caller's order."""

    packed: PackedSequence
    batch_first: bool
    state_dims = 3

    def enter(self, x: PackedSequence) -> tuple[Tensor, Sizes]:
        """-> x (T, B, ...) padded with zeros, the longest row first, and how many rows each step has."""
        return pad_packed_sequence(PackedSequence(x.data, x.batch_sizes))[0], x.batch_sizes.tolist()

    def enter_state(self, state: Tensor) -> Tensor:
        order = self.packed.sorted_indices
        return state if order is None else state.index_select(1, order)

    def leave(self, y: Tensor) -> PackedSequence:
        data = pack_padded_sequence(y, lengths(self.packed.batch_sizes)).data
        return self.packed._replace(data=data)

    def leave_state(self, state: Tensor) -> Tensor:
        order = self.packed.unsorted_indices
        return state if order is None else state.index_select(1, order)

    def leave_values(self, value: Tensor) -> Tensor:
        """Padded again, NaN where a row has ended: nothing was computed there that means anything."""
        steps = torch.arange(len(value), device=value.device)[:, None]
        ended = steps >= lengths(self.packed.batch_sizes).to(value.device)
        rows = self.leave_state(value.masked_fill(ended[..., None], torch.nan))
        return rows.transpose(0, 1) if self.batch_first else rows


Layout = Padded | Unbatched | Packed


def layout_of(x: Tensor | PackedSequence, batch_first: bool, layer: str) -> Layout:
    """The layout of an input. Raises ValueError for one that is neither 2-D, 3-D nor packed.

    Ids, which are whole numbers, have one axis less: each stands for the one-hot row of its number.
    """
    if isinstance(x, PackedSequence):
        return Packed(x, batch_first)
    axes = x.dim() + are_ids(x)
    if axes not in (2, 3):
        raise ValueError(
            f"{layer}: expected input to be 2-D (steps, inputs) or 3-D (a batch of those), or ids with one "
            f"axis less; got {x.dim()}-D {x.dtype}."
        )
    return Unbatched() if axes == 2 else Padded(batch_first)
