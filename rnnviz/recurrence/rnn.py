"""The simple RNN over a whole sequence, and backpropagation through time.

Forwards, with phi = tanh or relu:

    a_t = W_ih x_t + b_ih + b_hh + W_hh h_{t-1}
    h_t = phi(a_t)

Backwards, from the last step to the first, with da_t for dL/da_t and so on. h_{t-1} reaches the loss by
itself, which gives seen_{t-1}, and through a_t:

    da_t      = dh_t * phi'(a_t)         phi'(a) = 1 - phi(a)^2 for tanh, [phi(a) > 0] for relu
    dh_{t-1}  = seen_{t-1} + W_hh^T da_t

Source: Werbos, "Backpropagation through time: what it does and how to do it", 1990.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy import multiply
from torch import Tensor

from rnnviz.cells import RNNCell
from rnnviz.recurrence.inputs import both_biases, project
from rnnviz.recurrence.passes import Pass, block_size, blocks_backwards, kept
from rnnviz.recurrence.product import HandingOn, adding_product
from rnnviz.recurrence.rows import Sizes, before_and_after, buffer, steps


@dataclass(frozen=True, eq=False)
class RNNPass(Pass):
    """h: the states, (T + 1, B, H); a: the sums, (T, B, H), which the way back does not need."""

    cell: RNNCell
    h: Tensor
    a: Tensor | None = None

    sums = 1
    from_state = slice(0, 1)
    from_input = (slice(0, 1),)

    @classmethod
    def forward(
        cls, cell: RNNCell, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None, keep: bool = False
    ) -> Self:
        (h0,) = start
        h = buffer(h0, sizes, len(x) + 1, *h0.shape)
        h[0] = h0
        # The sums are where the states will be: phi is taken in place.
        a = project(x, cell.weight_ih, both_biases(cell), out=None if keep else h[1:])
        phi = np.tanh if cell.nonlinearity == "tanh" else _relu
        add_product = adding_product(cell.weight_hh)
        h_before, h_after = before_and_after(h, sizes)
        a_t, a_, h_ = (
            steps(a, sizes) if keep else h_after,
            steps(a.numpy(), sizes),
            steps(h[1:].numpy(), sizes),
        )
        for t in range(len(x)):
            add_product(a_t[t], h_before[t], a_t[t])
            phi(a_[t], h_[t])
        return cls(cell, h, a if keep else None)

    @classmethod
    def of_values(cls, cell: RNNCell, values: dict[str, Tensor], start: Sequence[Tensor]) -> Self:
        return cls(cell, torch.cat([start[0][None], values["h"]]))

    @property
    def carried(self) -> tuple[Tensor, ...]:
        return (self.h,)

    def values(self) -> dict[str, Tensor]:
        return {"a": kept(self.a), "h": self.h[1:]}

    def backward(
        self, dh: Tensor, dc: Tensor, dh_seen: Tensor, dc_seen: Tensor | None, da: Tensor, sizes: Sizes = None
    ) -> Iterator[int]:
        hand_on = HandingOn(self.cell.weight_hh, dh_seen, dh, sizes)
        da_t, da_, dh_ = steps(da, sizes), steps(da.numpy(), sizes), steps([dh.numpy()] * len(da), sizes)
        size = block_size(self.h[0].numel())
        room = self.h.new_empty(min(size, len(dh_)), *self.h.shape[1:])
        for block in blocks_backwards(len(dh_), size):
            slope = steps(self.local(block, room), sizes and sizes[block.start : block.stop])
            for t in reversed(block):
                multiply(dh_[t], slope[t - block.start], da_[t])
                yield t
                hand_on(t, da_t[t])

    def local(self, block: range, room: Tensor) -> np.ndarray:
        """phi'(a_t) of some steps, (t, B, H), in a room of (>= t, B, H)."""
        h, slope = self.h[block.start + 1 : block.stop + 1], room[: len(block)]
        if self.cell.nonlinearity == "relu":
            slope.copy_(h > 0)
        else:
            torch.addcmul(h.new_ones(()), h, h, value=-1, out=slope)
        return slope.numpy()


def _relu(a: np.ndarray, out: np.ndarray) -> None:
    np.maximum(a, 0, out=out)
