"""The LSTM over a whole sequence, and backpropagation through time.

Forwards:

    a_t = W_ih x_t + b_ih + b_hh + W_hh h_{t-1}                                    the four sums, i, f, g, o
    i_t = sigmoid(a_i),  f_t = sigmoid(a_f),  g_t = tanh(a_g),  o_t = sigmoid(a_o)
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)

Backwards, from the last step to the first, with dh_t for dL/dh_t and so on; seen_t is the part of it by which
h_t reaches the loss by itself. c_t reaches it through h_t and c_{t+1}; three of the sums through c_t, that of
o through h_t:

    dc_t     += dh_t * d_t               d   = dh_t/dc_t   = o (1 - tanh(c)^2)     = o - h tanh(c)
    da_i      = dc_t * k_i               k_i = dc_t/da_i   = g i (1 - i)
    da_f      = dc_t * k_f               k_f = dc_t/da_f   = c_{t-1} f (1 - f)
    da_g      = dc_t * k_g               k_g = dc_t/da_g   = i (1 - g^2)           = i - (i g) g
    da_o      = dh_t * k_o               k_o = dh_t/da_o   = tanh(c) o (1 - o)     = h - h o
    dc_{t-1}  = dc_t * f_t
    dh_{t-1}  = seen_{t-1} + W_hh^T da_t

Sources: Gers, Schmidhuber, Cummins, "Learning to forget", 2000; Graves, "Supervised sequence labelling with
recurrent neural networks", 2012, section 4.6, without its peepholes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy import add, multiply, tanh
from torch import Tensor, sigmoid

from rnnviz.cells import LSTMCell
from rnnviz.recurrence.inputs import both_biases, project
from rnnviz.recurrence.passes import Pass, block_size, blocks_backwards, kept
from rnnviz.recurrence.product import HandingOn, adding_product
from rnnviz.recurrence.rows import Sizes, buffer, steps


@dataclass(frozen=True, eq=False)
class LSTMPass(Pass):
    """What an LSTM leaves.

    gates: i, f, an empty place and o, (T, B, 4H); g and tanh_c: (T, B, H); h and c: (T + 1, B, H);
    a: the sums, (T, B, 4H), which the way back does not need.
    """

    cell: LSTMCell
    gates: Tensor
    g: Tensor
    tanh_c: Tensor
    c: Tensor
    h: Tensor
    a: Tensor | None = None

    sums = 4
    from_state = slice(0, 4)
    from_input = (slice(0, 4),)

    @classmethod
    def forward(
        cls, cell: LSTMCell, x: Tensor, start: Sequence[Tensor], sizes: Sizes = None, keep: bool = False
    ) -> Self:
        a = project(x, cell.weight_ih, both_biases(cell))
        count, rows, size = len(a), *start[0].shape
        gates = buffer(a, sizes, *a.shape) if keep else a
        g, tanh_c = (buffer(a, sizes, count, rows, size) for _ in range(2))
        h, c = (buffer(a, sizes, count + 1, rows, size) for _ in range(2))
        h[0], c[0] = start
        add_product = adding_product(cell.weight_hh)

        sums, h_before = steps(a, sizes), steps(h[:-1], sizes)
        ifo = steps(gates, sizes) if keep else sums
        a_g = steps(_apart(a.numpy())[2], sizes)
        i_, f_, _, o_ = (steps(gate, sizes) for gate in _apart(gates.numpy()))
        g_, tanh_c_, c_before = (steps(value.numpy(), sizes) for value in (g, tanh_c, c[:-1]))
        c_, h_ = (steps(value[1:].numpy(), sizes) for value in (c, h))
        i_g = steps([np.empty_like(g_[0])] * count, sizes)
        for t in range(count):
            add_product(sums[t], h_before[t], sums[t])
            tanh(a_g[t], g_[t])
            sigmoid(sums[t], out=ifo[t])  # all four at once is faster than three of them
            multiply(i_[t], g_[t], i_g[t])
            multiply(f_[t], c_before[t], c_[t])
            add(c_[t], i_g[t], c_[t])
            tanh(c_[t], tanh_c_[t])
            multiply(o_[t], tanh_c_[t], h_[t])
        return cls(cell, gates, g, tanh_c, c, h, a if keep else None)

    @classmethod
    def of_values(cls, cell: LSTMCell, values: dict[str, Tensor], start: Sequence[Tensor]) -> Self:
        gates = torch.cat([values[gate] for gate in "ifgo"], dim=-1)
        h, c = (torch.cat([first[None], values[name]]) for first, name in zip(start, "hc", strict=True))
        return cls(cell, gates, values["g"], values["c"].tanh(), c, h)

    @property
    def carried(self) -> tuple[Tensor, ...]:
        return self.h, self.c

    def values(self) -> dict[str, Tensor]:
        i, f, _, o = _apart(self.gates)
        sums = dict(zip(("a_i", "a_f", "a_g", "a_o"), _apart(kept(self.a)), strict=True))
        return sums | {"i": i, "f": f, "g": self.g, "o": o, "c": self.c[1:], "h": self.h[1:]}

    def backward(
        self, dh: Tensor, dc: Tensor, dh_seen: Tensor, dc_seen: Tensor | None, da: Tensor, sizes: Sizes = None
    ) -> Iterator[int]:
        hand_on = HandingOn(self.cell.weight_hh, dh_seen, dh, sizes)
        das, dh_ = steps(da, sizes), steps([dh.numpy()] * len(da), sizes)
        f_ = steps(_apart(self.gates.numpy())[1], sizes)
        da_apart = da.unflatten(2, (4, -1))
        da_ifg, da_o = (steps(part.numpy(), sizes) for part in (da_apart[:, :, :3], da_apart[:, :, 3]))
        dc_, through_h = (steps([part] * len(da), sizes) for part in (dc.numpy(), np.empty_like(dc.numpy())))
        seen = dc_seen if dc_seen is None else steps(dc_seen.numpy(), sizes)
        # All of da is filled only if all rows of the pass go to the end.
        in_place = sizes is None and da.shape[1] == self.g.shape[1]
        for block, k, d in self.local_derivatives(da_apart if in_place else None):
            left = sizes and sizes[block.start : block.stop]
            k_ifg, k_o = steps(k[:, :, :3].numpy(), left), steps(k[:, :, 3].numpy(), left)
            d_ = steps(d.numpy(), left)
            for t in reversed(block):
                at = t - block.start
                if seen is not None:
                    add(dc_[t], seen[t], dc_[t])
                multiply(dh_[t], d_[at], through_h[t])
                add(dc_[t], through_h[t], dc_[t])
                multiply(dc_[t][:, None], k_ifg[at], da_ifg[t])
                multiply(dh_[t], k_o[at], da_o[t])
                yield t
                multiply(dc_[t], f_[t], dc_[t])
                hand_on(t, das[t])

    def local_derivatives(self, da: Tensor | None) -> Iterator[tuple[range, Tensor, Tensor]]:
        """Block by block, the last one first: k_i, k_f, k_g and k_o (t, B, 4, H), and d (t, B, H).

        da (T, B, 4, H), if given: where k is put, for da to take its place.
        """
        count, rows, size = self.g.shape
        most = block_size(rows * size)
        room = self.g.new_empty(min(most, count), rows, 5, size)
        for block in blocks_backwards(count, most):
            these, after = slice(block.start, block.stop), slice(block.start + 1, block.stop + 1)
            i, f, _, o = _apart(self.gates[these])
            g, h = self.g[these], self.h[after]
            k = room[: len(block), :, :4] if da is None else da[these]
            d = room[: len(block), :, 4]
            k_i, k_f, k_g, k_o = k.unbind(2)
            torch.mul(i, g, out=k_i)
            torch.addcmul(i, k_i, g, value=-1, out=k_g)
            k_i.addcmul_(k_i, i, value=-1)
            torch.mul(f, self.c[these], out=k_f)
            k_f.addcmul_(k_f, f, value=-1)
            torch.addcmul(h, h, o, value=-1, out=k_o)
            torch.addcmul(o, h, self.tanh_c[these], value=-1, out=d)
            yield block, k, d


def _apart(gates: Any) -> tuple[Any, ...]:
    """(..., 4H), a tensor or an array -> its four parts, (..., H) each."""
    size = gates.shape[-1] // 4
    return tuple(gates[..., k * size : (k + 1) * size] for k in range(4))
