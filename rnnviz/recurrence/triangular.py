"""All gradients of many scores with respect to every state, from one trace: the way back of all at once.

A score of its own at each step s, and dscore_s/dh_t for every t <= s, take T backward passes with autograd.
Here they go back together, as the rows of one batch: row s is the sequence as far as step s, and its loss is
score_s. Since the rows differ in length only, they share their local derivatives, and a step t works on the
rows s >= t: the triangular form of the recurrence.

What a layer's scores see of the layer below is (T, rows, H): so the rows go in blocks, and memory grows with
T, not with its square.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnnviz.cells import Cell
from rnnviz.recurrence.inputs import to_inputs
from rnnviz.recurrence.lstm import LSTMPass
from rnnviz.recurrence.passes import Pass, names_of
from rnnviz.recurrence.scratch import PASSES

ROOM = 3 * 2**24  # bytes of what the rows of a block may see of one layer: 48 MiB

Layer = tuple[Cell, dict[str, Tensor], Sequence[Tensor]]
"""A cell, its values by letter in the order in which it read, (T, 1, H) each, and its start state, (1, H)
each; all on the CPU.
"""


class Slopes(NamedTuple):
    """What n scores hear of one step of one layer and direction, valid until the next is asked for.

    block, layer, way: where they are; step: t, in the sequence, in the reverse direction too. rows: the
    scores of the block, of which the first n hear of this step. h, c (n, H): dscore/dh_t and dscore/dc_t,
    with all that follows from them, so that what of c_t shows in h_t counts for both; c None where there is
    none. kept (n, H): the part of c that comes through c_{t+1} alone: with h, it is the gradient of the state
    [h_t; c_t] that the next step reads. da (n, G*H): of the sums. dx (n, D): of what this direction of the
    layer reads; None of the first layer, unless asked for.
    """

    block: int
    layer: int
    way: int
    step: int
    rows: np.ndarray
    h: Tensor
    c: Tensor | None
    kept: Tensor | None
    da: Tensor
    dx: Tensor | None


def slopes(
    stack: Sequence[Sequence[Layer]],
    cotangent: Tensor,
    ends: Sequence[int] | None = None,
    inputs: bool = False,
    most: int | None = None,
) -> Iterator[Slopes]:
    """Goes back through all layers and steps, from the last to the first; see `Slopes`.

    stack: the layers from the first to the last, each with one or two directions. cotangent (T, width):
    dscore/dh_t of the last layer, of both directions side by side. ends: the steps at which there is a score
    of its own, computed from that step's h, so that its cotangent is that step's row; None: one score of all
    of them. inputs: whether dx of the first layer is wanted. most: how many scores go back at once; None: as
    many as there is `ROOM` for. To be run within `quiet`.
    """
    passes = [
        [PASSES[type(cell)].of_values(cell, values, start) for cell, values, start in ways] for ways in stack
    ]
    count, width = cotangent.shape
    if ends is None:
        yield from _back(0, passes, cotangent[:, None], [1] * count, np.zeros(1, dtype=int), inputs)
        return
    longest_first = np.argsort(ends)[::-1]
    one_way = all(len(ways) == 1 for ways in stack)  # else every step is heard at every other
    close = len(ends) > (max(ends, default=0) - min(ends, default=0)) // 2
    sparse = one_way and len(stack) == 1 and close
    most = most or _most(count, width * cotangent.element_size(), sparse)
    for block, first in enumerate(range(0, len(ends), most)):
        rows = longest_first[first : first + most]
        last = np.asarray(ends)[rows]
        length = int(last[0]) + 1 if one_way else count
        seen = _zeros(length, len(rows), width, cotangent)
        seen[last, np.arange(len(rows))] = cotangent[last]
        heard = last[:, None] >= np.arange(length) if one_way else np.ones((len(rows), length))
        sizes = [int(n) for n in heard.sum(0)]
        shortened = [[_first(done, length, count) for done in ways] for ways in passes]
        yield from _back(block, shortened, seen, sizes, rows, inputs)


def _back(
    block: int,
    passes: list[list[Pass]],
    seen: Tensor,
    sizes: list[int],
    rows: np.ndarray,
    inputs: bool,
) -> Iterator[Slopes]:
    """One block of rows through all layers; seen (T, B, width): what they see of the last one."""
    count = len(seen)
    for layer in reversed(range(len(passes))):
        below = None
        for way, done in enumerate(passes[layer]):
            size = done.cell.weight_hh.shape[1]
            part = seen[:, :, way * size : (way + 1) * size]
            for found in _layer(done, part.flip(0) if way else part, sizes, layer > 0 or inputs):
                step = count - 1 - found.step if way else found.step
                yield found._replace(block=block, layer=layer, way=way, step=step, rows=rows)
                if layer and found.dx is not None:
                    if below is None:
                        below = _zeros(count, len(rows), found.dx.shape[1], seen)
                    place = below[step, : len(found.dx)]
                    place.copy_(place + found.dx if way else found.dx)
        if below is not None:
            seen = below


def _layer(done: Pass, seen: Tensor, sizes: list[int], inputs: bool) -> Iterator[Slopes]:
    """One layer in one direction; the step is the place in the order of reading."""
    count, rows, size = seen.shape
    da = seen.new_empty(rows, done.sums * size)
    columns = [slice(part.start * size, part.stop * size) for part in done.from_input]
    # All steps write their da into the same place: it is looked at before the next one comes.
    everywhere = da.expand(count, -1, -1)
    dh, dc, kept = torch.empty_like(seen[0]), torch.zeros_like(seen[0]), torch.zeros_like(seen[0])
    f = done.gates[:, :, size : 2 * size] if isinstance(done, LSTMPass) else None
    for t in done.backward(dh, dc, seen, None, everywhere, sizes):
        n = sizes[t]
        dx = to_inputs([da[:n, piece] for piece in columns], done.cell.weight_ih) if inputs else None
        c, through = (None, None) if f is None else (dc[:n], kept[:n])
        yield Slopes(0, 0, 0, t, np.empty(0), dh[:n], c, through, da[:n], dx)
        if f is not None:
            torch.mul(dc[:n], f[t], out=kept[:n])


def _most(count: int, size: int, sparse: bool) -> int:
    """How many rows, of `size` bytes at a step, fit into `ROOM`. sparse: where each row sees one step only,
    and these are close together: then no memory is ever touched for the steps before those of a block.
    """
    return max(1, int((ROOM // size) ** 0.5) if sparse else ROOM // (count * size))


def _first(done: Pass, steps: int, count: int) -> Pass:
    """A pass over the first of `count` steps; nothing is copied."""
    values = {name: getattr(done, name) for name in names_of(type(done))[1:]}
    return replace(
        done,
        **{
            name: value if value is None else value[: len(value) - count + steps]
            for name, value in values.items()
        },
    )


def _zeros(steps: int, rows: int, size: int, like: Tensor) -> Tensor:
    """(T, B, H), from numpy, which takes fresh pages that are zero already: many are never touched."""
    return torch.from_numpy(np.zeros((steps, rows, size), like.numpy().dtype))


@contextmanager
def quiet() -> Iterator[None]:
    """Around a way back that may go far: no warnings, and no denormal numbers.

    What has vanished below the smallest normal number, 1e-38 in float32, counts as 0; with it, some
    processors would take a hundred times longer. What has exploded becomes inf, as in torch.
    """
    flushed = float(np.float64(5e-324) * np.float64(1)) == 0
    with np.errstate(all="ignore"), torch.no_grad():
        torch.set_flush_denormal(True)
        try:
            yield
        finally:
            torch.set_flush_denormal(flushed)


def length(values: Tensor) -> float:
    """The root of the sum of all squares."""
    square = float(torch.dot(values.reshape(-1), values.reshape(-1)))
    if 1e-20 < square < 1e20:
        return float(square**0.5)
    return float(
        torch.linalg.vector_norm(values, dtype=torch.float64)
    )  # float32 has no room for such squares


def lengths(rows: Tensor) -> np.ndarray:
    """The Euclidean length of each row, (n, H) -> (n,), in float64: squares of small numbers are smaller."""
    return torch.linalg.vector_norm(rows, dim=-1, dtype=torch.float64).numpy()
