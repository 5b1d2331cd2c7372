"""Which input moved which output: all gradients of all outputs, from one trace.

A score of its own at each step s, and dscore_s/dx_t for every t <= s, take T backward passes with autograd.
Here all scores go back together, as the rows of one batch: row s is the sequence as far as step s, and its
loss is score_s. Since the rows differ in length only, they share their local derivatives, and a step t works
on the rows s >= t: the triangular form of the recurrence.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from rnnviz.cells import Cell
from rnnviz.recurrence.inputs import to_inputs
from rnnviz.recurrence.passes import Pass, quietly
from rnnviz.recurrence.scratch import PASSES

Layer = tuple[Cell, dict[str, Tensor], Sequence[Tensor]]
"""A cell, its values by letter, (T, 1, H) each, and its start state, (1, H) each."""


@quietly
def sensitivity(layers: Sequence[Layer], cotangent: Tensor) -> Tensor:
    """|dscore_s / dx_t| for all steps s and t, (T, T), zero for t > s; x_t as the first layer gets it.

    layers: from the first to the last, of one sequence read one way. cotangent (T, H): dscore_s / dh_s of the
    last layer, where score_s may be anything that is computed from h_s. Values and weights are on the CPU.
    """
    passes = [PASSES[type(cell)].of_values(cell, values, start) for cell, values, start in layers]
    count = len(cotangent)
    last = torch.arange(count)
    seen = _zeros(count, cotangent)
    seen[last, count - 1 - last] = cotangent
    for upper in reversed(passes[1:]):
        seen_below = _zeros(count, cotangent)
        for t, dx in _inputs_gradients(upper, seen):
            seen_below[t, : len(dx)] = dx
        seen = seen_below
    norms = cotangent.new_zeros(count, count)
    for t, dx in _inputs_gradients(passes[0], seen):
        norms[t:, t] = torch.linalg.vector_norm(dx, dim=1).flip(0)
    return norms


def _zeros(count: int, like: Tensor) -> Tensor:
    """What the scores see of h, (T, T, H): row k is for s = T - 1 - k, so that the longest comes first.

    From numpy, which takes fresh pages that are zero already: half of them are never touched.
    """
    return torch.from_numpy(np.zeros((count, count, like.shape[1]), like.numpy().dtype))


def _inputs_gradients(done: Pass, seen: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Goes back through one layer; yields t and dscore_s/dx_t of the rows s >= t, (T - t, D)."""
    _, count, size = seen.shape
    da = seen.new_empty(count, done.sums * size)
    columns = [slice(part.start * size, part.stop * size) for part in done.from_input]
    # All steps write their da into the same place: nothing but dx is wanted of it.
    everywhere = da.expand(count, -1, -1)
    dh, dc = torch.empty_like(seen[0]), torch.zeros_like(seen[0])
    for t in done.backward(dh, dc, seen, None, everywhere, range(count, 0, -1)):
        yield t, to_inputs([da[: count - t, piece] for piece in columns], done.cell.weight_ih)
