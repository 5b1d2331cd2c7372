"""Every value of every step, once every h is known: the textbook's equations, all steps at once."""

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnviz.cells import Cell, LSTMCell


def every_value(cell: Cell, x: Tensor, start: Sequence[Tensor], h: Tensor) -> dict[str, Tensor]:
    """The values of each step, (T, B, H) by letter, computed from x_t and the h_{t-1} that is given.

    x (T, B, D), or ids (T, B); start (B, H) each; h (T, B, H), from any engine. The steps do not wait for
    one another, so the cell reads them as one batch; c alone is summed up from step to step. The h that comes
    back follows from the gates beside it.
    """
    h_before = torch.cat([start[0][None], h[:-1]])
    gates = cell.gates(x, h_before)
    before = [h_before]
    if isinstance(cell, LSTMCell):
        c = cell_states(gates.f, gates.i * gates.g, start[1])
        before.append(torch.cat([start[1][None], c[:-1]]))
    state = cell.update(gates, cell.start(*before))
    return gates._asdict() | state._asdict()


def cell_states(f: Tensor, i_g: Tensor, c0: Tensor) -> Tensor:
    """c_t = f_t * c_{t-1} + i_t g_t for all t; f, i_g (T, B, H), which is written over, c0 (B, H)."""
    if torch.is_grad_enabled() and any(part.requires_grad for part in (f, i_g, c0)):
        states = [c0]
        for f_t, i_g_t in zip(f, i_g, strict=True):
            states.append(f_t * states[-1] + i_g_t)
        return torch.stack(states[1:])
    before = c0
    for f_t, c_t in zip(f, i_g, strict=True):
        before = c_t.addcmul_(f_t, before)
    return i_g
