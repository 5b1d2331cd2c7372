"""The layouts in which `torch.nn`'s recurrent layers take their sequences, and the way in and out of each.

Inside, everything is time-major: x (T, B, D), states (L, B, H). A layout knows how to get there and back.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence


@dataclass(frozen=True)
class Padded:
    """(T, B, D), or (B, T, D) with batch_first; states (L, B, H)."""

    batch_first: bool
    state_dims = 3

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """-> x (T, B, D) and the length of each row, (B,)."""
        x = x.transpose(0, 1) if self.batch_first else x
        return x, torch.full((x.shape[1],), len(x), device=x.device)

    def enter_state(self, state: Tensor) -> Tensor:
        return state

    def leave(self, y: Tensor) -> Tensor:
        return y.transpose(0, 1) if self.batch_first else y

    leave_values = leave
    leave_state = enter_state


class Unbatched:
    """One sequence, (T, D); states (L, H)."""

    state_dims = 2

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """-> x (T, 1, D) and the length of its one row, (1,)."""
        return x.unsqueeze(1), torch.full((1,), len(x), device=x.device)

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

    def enter(self, x: PackedSequence) -> tuple[Tensor, Tensor]:
        """-> x (T, B, D) padded with zeros, the longest row first, and the length of each row, (B,)."""
        padded, lengths = pad_packed_sequence(PackedSequence(x.data, x.batch_sizes))
        return padded, lengths.to(x.data.device)

    def enter_state(self, state: Tensor) -> Tensor:
        order = self.packed.sorted_indices
        return state if order is None else state.index_select(1, order)

    def leave(self, y: Tensor) -> PackedSequence:
        data = pack_padded_sequence(y, self._lengths()).data
        return self.packed._replace(data=data)

    def leave_state(self, state: Tensor) -> Tensor:
        order = self.packed.unsorted_indices
        return state if order is None else state.index_select(1, order)

    def leave_values(self, value: Tensor) -> Tensor:
        """Padded again, NaN where a row has ended: nothing was computed there that means anything."""
        steps = torch.arange(len(value), device=value.device)[:, None]
        ended = steps >= self._lengths().to(value.device)
        rows = self.leave_state(value.masked_fill(ended[..., None], torch.nan))
        return rows.transpose(0, 1) if self.batch_first else rows

    def _lengths(self) -> Tensor:
        sizes = self.packed.batch_sizes
        return (sizes[:, None] > torch.arange(int(sizes[0]))).sum(0)


Layout = Padded | Unbatched | Packed


def layout_of(x: Tensor | PackedSequence, batch_first: bool, layer: str) -> Layout:
    """The layout of an input. Raises ValueError for one that is neither 2-D, 3-D nor packed."""
    if isinstance(x, PackedSequence):
        return Packed(x, batch_first)
    if x.dim() not in (2, 3):
        raise ValueError(
            f"{layer}: expected input to be 2-D (steps, inputs) or 3-D (a batch of those), got {x.dim()}-D."
        )
    return Unbatched() if x.dim() == 2 else Padded(batch_first)


def reverse_time(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row of x (T, B, D) backwards within its own length; applied twice, x itself."""
    steps = torch.arange(len(x), device=x.device)[:, None]
    index = torch.where(steps < lengths, lengths - 1 - steps, steps)
    return x.gather(0, index[..., None].expand_as(x))
