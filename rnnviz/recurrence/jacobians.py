"""How the state at one step depends on the states before it: dstate_s / dstate_t, whole.

    dstate_s / dstate_{t-1} = dstate_s / dstate_t . dstate_t / dstate_{t-1}

The state is all that a step hands on: h, or h and c side by side. The second factor, of one step, comes of
the local derivatives of the way back (see `recurrence.rnn`, `.gru`, `.lstm`), gathered into one matrix, since
all rows share it: with as many rows as units, that is two or three times faster than a product with each
gate's weights.

    RNN     dh_t/dh_{t-1} = diag(phi'(a)) W
    GRU     dh_t/dh_{t-1} = diag(k_r) W_r + diag(k_z) W_z + diag(k_h) W_n + diag(z)
    LSTM    dc_t/dh_{t-1} = diag(k_i) W_i + diag(k_f) W_f + diag(k_g) W_g     dc_t/dc_{t-1} = diag(f)
            dh_t/d...     = diag(d) dc_t/d... + diag(k_o) W_o                 (the latter to h_{t-1} only)
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from rnnviz.recurrence.gru import GRUPass
from rnnviz.recurrence.lstm import LSTMPass
from rnnviz.recurrence.passes import Pass, block_size, blocks_backwards
from rnnviz.recurrence.rnn import RNNPass
from rnnviz.recurrence.scratch import PASSES
from rnnviz.recurrence.triangular import Layer


def jacobians(layer: Layer) -> Iterator[tuple[int, Tensor]]:
    """t and dstate_s/dstate_t, (N, N), from t = s, where it is 1, back to t = 0; s is the last step.

    N: H, or 2H for an LSTM, the units of h before those of c; rows: of the state at s. The tensor is good
    until the next is asked for. To be run within `triangular.quiet`.
    """
    cell, values, start = layer
    done = PASSES[type(cell)].of_values(cell, values, start)
    size = cell.weight_hh.shape[1] * len(cell.carried)
    yield from BACK[type(done)](done, torch.eye(size, dtype=cell.weight_hh.dtype))


def _through_rnn(done: RNNPass, jacobian: Tensor) -> Iterator[tuple[int, Tensor]]:
    weight = done.cell.weight_hh
    for block, room in _blocks(done.h, 1):
        slope = torch.from_numpy(done.local(block, room[0]))
        for t in reversed(block):
            yield t, jacobian
            jacobian.copy_(jacobian @ (slope[t - block.start, 0, :, None] * weight))


def _through_gru(done: GRUPass, jacobian: Tensor) -> Iterator[tuple[int, Tensor]]:
    weights = done.cell.weight_hh.unflatten(0, (3, -1))
    z = done.gates.chunk(3, dim=-1)[1]
    for block, room in _blocks(done.h, 4):
        k = torch.from_numpy(done.local(block, room))
        for t in reversed(block):
            yield t, jacobian
            k_r, k_z, k_h, _ = k[t - block.start, 0, :, :, None]
            once = (weights[0] * k_r).addcmul_(weights[1], k_z).addcmul_(weights[2], k_h)
            once.diagonal().add_(z[t, 0])
            jacobian.copy_(jacobian @ once)


def _through_lstm(done: LSTMPass, jacobian: Tensor) -> Iterator[tuple[int, Tensor]]:
    weights = done.cell.weight_hh.unflatten(0, (4, -1))
    f = done.gates.chunk(4, dim=-1)[1]
    by_h, by_c = jacobian.chunk(2, dim=1)
    sides, once = torch.empty_like(jacobian), torch.empty_like(weights[2:].flatten(0, 1))
    of_c, of_o = sides.chunk(2, dim=1)  # of c_t, with what of it shows in h_t, and of the sum of o
    once[len(weights[0]) :] = weights[3]
    to_c = once[: len(weights[0])]
    for block, k, d in done.local_derivatives(None):
        for t in reversed(block):
            yield t, jacobian
            k_i, k_f, k_g, k_o = k[t - block.start, 0]
            torch.mul(weights[0], k_i[:, None], out=to_c)
            to_c.addcmul_(weights[1], k_f[:, None]).addcmul_(weights[2], k_g[:, None])
            torch.addcmul(by_c, by_h, d[t - block.start, 0], out=of_c)
            torch.mul(by_h, k_o, out=of_o)
            torch.mm(sides, once, out=by_h)
            torch.mul(of_c, f[t, 0], out=by_c)


BACK: dict[type[Pass], Callable[[Any, Tensor], Iterator[tuple[int, Tensor]]]] = {
    RNNPass: _through_rnn,
    GRUPass: _through_gru,
    LSTMPass: _through_lstm,
}


def _blocks(h: Tensor, values: int) -> Iterator[tuple[range, Tensor]]:
    """The steps in blocks, the last first, and room for their local derivatives, (values, t, 1, H)."""
    size = block_size(h[0].numel())
    room = h.new_empty(values, min(size, len(h) - 1), *h.shape[1:])
    for block in blocks_backwards(len(h) - 1, size):
        yield block, room
