"""The GRU over a whole sequence, and backpropagation through time.

Forwards:

    a_r = W_ir x_t + b_ir + W_hr h_{t-1} + b_hr      r_t = sigmoid(a_r)
    a_z = W_iz x_t + b_iz + W_hz h_{t-1} + b_hz      z_t = sigmoid(a_z)
    n_x = W_in x_t + b_in,  n_h = W_hn h_{t-1} + b_hn
    a_n = n_x + r_t * n_h                            n_t = tanh(a_n)
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}            = n_t + z_t * (h_{t-1} - n_t)

Backwards, from the last step to the first, with dh_t for dL/dh_t and so on; seen_t is the part of it by which
h_t reaches the loss by itself. All four sums reach it through h_t, so each derivative is dh_t times a factor
that is known beforehand:

    dn_x = dh_t * k_x                    k_x = dh_t/da_n = (1 - z) (1 - n^2)
    dn_h = dh_t * k_h                    k_h = k_x r
    da_r = dh_t * k_r                    k_r = k_x n_h r (1 - r)
    da_z = dh_t * k_z                    k_z = (h_{t-1} - n) z (1 - z)
    dh_{t-1} = seen_{t-1} + W_hh^T (da_r, da_z, dn_h) + dh_t * z_t

Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014, with r after the
product, as torch and cuDNN have it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy import add, copyto, multiply, subtract, tanh
from torch import Tensor, sigmoid

from rnnviz.cells import GRUCell
from rnnviz.recurrence.inputs import project
from rnnviz.recurrence.passes import Pass, block_size, blocks_backwards, kept
from rnnviz.recurrence.product import HandingOn, adding_product
from rnnviz.recurrence.rows import Sizes, buffer, steps


@dataclass(frozen=True, eq=False)
class GRUPass(Pass):
    """What a GRU leaves.

    gates: r, z and n, (T, B, 3H); n_h: (T, B, H); h: (T + 1, B, H); and, which the way back does not need,
    a: a_r, a_z and n_x, (T, B, 3H), and a_n, (T, B, H).
    """

    cell: GRUCell
    gates: Tensor
    n_h: Tensor
    h: Tensor
    a: Tensor | None = None
    a_n: Tensor | None = None

    sums = 4  # r, z, n_h, n_x
    from_state = slice(0, 3)
    from_input = (slice(0, 2), slice(3, 4))

    @classmethod
    def forward(
        cls, cell: GRUCell, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None, keep: bool = False
    ) -> Self:
        a = project(x, cell.weight_ih, cell.bias_ih)
        count, rows, size = len(a), *start[0].shape
        gates = buffer(a, sizes, *a.shape) if keep else a
        n_h = buffer(a, sizes, count, rows, size)
        a_n = buffer(a, sizes, count, rows, size) if keep else None
        h = buffer(a, sizes, count + 1, rows, size)
        h[0] = start[0]
        bias = np.zeros((), h.numpy().dtype) if cell.bias_hh is None else cell.bias_hh.numpy()
        add_product = adding_product(cell.weight_hh)

        a_rz, rz = steps(_r_z(a), sizes), steps(_r_z(gates), sizes)
        a_rz_, n_x_ = steps(_r_z(a.numpy()), sizes), steps(_apart(a.numpy())[2], sizes)
        r_, z_, n_ = (steps(gate, sizes) for gate in _apart(gates.numpy()))
        n_h_, h_ = steps(n_h.numpy(), sizes), steps(h[1:].numpy(), sizes)
        h_before, h_before_ = steps(h[:-1], sizes), steps(h[:-1].numpy(), sizes)
        a_n_ = steps([np.empty_like(h_[0])] * count if a_n is None else a_n.numpy(), sizes)
        from_h = a.new_empty(a.shape[1:])
        of_h, of_h_ = (steps([sums] * count, sizes) for sums in (from_h, from_h.numpy()))
        rz_of_h, n_of_h = (steps([part(from_h.numpy())] * count, sizes) for part in (_r_z, _n))
        for t in range(count):
            copyto(of_h_[t], bias)
            add_product(of_h[t], h_before[t], of_h[t])
            add(a_rz_[t], rz_of_h[t], a_rz_[t])
            sigmoid(a_rz[t], out=rz[t])
            copyto(n_h_[t], n_of_h[t])
            multiply(r_[t], n_h_[t], a_n_[t])
            add(a_n_[t], n_x_[t], a_n_[t])
            tanh(a_n_[t], n_[t])
            subtract(h_before_[t], n_[t], h_[t])
            multiply(h_[t], z_[t], h_[t])
            add(h_[t], n_[t], h_[t])
        return cls(cell, gates, n_h, h, a if keep else None, a_n)

    @classmethod
    def of_values(cls, cell: GRUCell, values: dict[str, Tensor], start: Sequence[Tensor]) -> Self:
        gates = torch.cat([values[gate] for gate in "rzn"], dim=-1)
        return cls(cell, gates, values["n_h"], torch.cat([start[0][None], values["h"]]))

    @property
    def carried(self) -> tuple[Tensor, ...]:
        return (self.h,)

    def values(self) -> dict[str, Tensor]:
        sums = dict(zip(("a_r", "a_z", "n_x"), _apart(kept(self.a)), strict=True))
        gates = dict(zip("rzn", _apart(self.gates), strict=True))
        return sums | {"n_h": self.n_h, "a_n": kept(self.a_n)} | gates | {"h": self.h[1:]}

    def backward(
        self, dh: Tensor, dc: Tensor, dh_seen: Tensor, dc_seen: Tensor | None, da: Tensor, sizes: Sizes = None
    ) -> Iterator[int]:
        hand_on = HandingOn(self.cell.weight_hh, dh_seen, dh, sizes)
        da_state, da_ = (
            steps(da[..., : da.shape[2] // 4 * 3], sizes),
            steps(da.unflatten(2, (4, -1)).numpy(), sizes),
        )
        dh_, z_ = steps([dh.numpy()] * len(da), sizes), steps(_apart(self.gates.numpy())[1], sizes)
        by_z = steps([np.empty_like(dh.numpy())] * len(da), sizes)
        size = block_size(self.n_h[0].numel())
        room = self.n_h.new_empty(4, min(size, len(dh_)), *self.n_h.shape[1:])
        for block in blocks_backwards(len(dh_), size):
            k = steps(self.local(block, room), sizes and sizes[block.start : block.stop])
            for t in reversed(block):
                multiply(dh_[t][:, None], k[t - block.start], da_[t])
                yield t
                multiply(dh_[t], z_[t], by_z[t])
                hand_on(t, da_state[t])
                add(dh_[t], by_z[t], dh_[t])

    def local(self, block: range, room: Tensor) -> np.ndarray:
        """k_r, k_z, k_h and k_x of some steps, (t, B, 4, H), in a room of (4, >= t, B, H)."""
        these = slice(block.start, block.stop)
        r, z, n = _apart(self.gates[these])
        k_r, k_z, k_h, k_x = room[:, : len(block)]
        torch.addcmul(n.new_ones(()), n, n, value=-1, out=k_x)
        k_x.addcmul_(k_x, z, value=-1)
        torch.mul(k_x, r, out=k_h)
        torch.mul(k_h, self.n_h[these], out=k_r)
        k_r.addcmul_(k_r, r, value=-1)
        torch.sub(self.h[these], n, out=k_z)
        k_z.mul_(z)
        k_z.addcmul_(k_z, z, value=-1)
        return room[:, : len(block)].permute(1, 2, 0, 3).numpy()


def _apart(gates: Any) -> tuple[Any, Any, Any]:
    """(..., 3H), a tensor or an array -> its three parts, (..., H) each."""
    size = gates.shape[-1] // 3
    return gates[..., :size], gates[..., size : 2 * size], gates[..., 2 * size :]


def _r_z(gates: Any) -> Any:
    """The first two of the three parts together, (..., 2H)."""
    return gates[..., : gates.shape[-1] // 3 * 2]


def _n(gates: Any) -> Any:
    """The third part, (..., H)."""
    return _apart(gates)[2]
