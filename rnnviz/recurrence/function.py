"""Backpropagation through time as autograd sees it: one Function for all three cells."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from rnnviz.cells import Cell
from rnnviz.recurrence import readable
from rnnviz.recurrence.inputs import transformed, unproject
from rnnviz.recurrence.passes import Pass, quietly
from rnnviz.recurrence.rows import Sizes, buffer

Gradients = tuple[Tensor | None, ...]
WEIGHTS = 4


class Recurrence(torch.autograd.Function):
    """A cell over a whole sequence, and by hand the way back.

        h, *c = Recurrence.apply(pass_type, make_cell, sizes, x, w_ih, w_hh, b_ih, b_hh, h_0, *c_0)

    pass_type: the cell's Pass; make_cell: its four weights -> the cell; sizes: see `rows`; x (T, B, D), or
    ids (T, B); h and c (T, B, H), of every step. A second derivative is left to the readable cells.
    """

    @staticmethod
    @quietly
    def forward(
        ctx: Any, pass_type: type[Pass], make_cell: Callable[..., Cell], sizes: Sizes, x: Tensor, *rest: Any
    ) -> tuple[Tensor, ...]:
        weights, start = rest[:WEIGHTS], rest[WEIGHTS:]
        done = pass_type.forward(make_cell(*map(_detached, weights)), x, [h.detach() for h in start], sizes)
        outputs = tuple(_after_the_start(values) for values in done.carried)
        ctx.set_materialize_grads(False)
        ctx.pass_type, ctx.make_cell, ctx.sizes, ctx.carried = pass_type, make_cell, sizes, len(start)
        # The outputs too: they share memory with what is left, so autograd notices who writes into them.
        ctx.save_for_backward(x, *rest, *done.left, *outputs)
        return outputs

    @staticmethod
    @quietly
    def backward(ctx: Any, *seen: Tensor | None) -> Gradients:
        x, *rest = ctx.saved_tensors
        inputs = WEIGHTS + ctx.carried
        weights, start, left = rest[:WEIGHTS], rest[WEIGHTS:inputs], rest[inputs : -ctx.carried]
        wanted = ctx.needs_input_grad[3:]
        cell = ctx.make_cell(*weights)
        # A second derivative, or many gradients at once, is nothing that the loops can follow.
        if torch.is_grad_enabled() or any(g is not None and transformed(g) for g in seen):
            return None, None, None, *_readable_gradients(ctx.make_cell, (x, *weights, *start), seen, wanted)
        done = ctx.pass_type(cell, *left)
        return None, None, None, *_gradients(done, x, seen, ctx.sizes, wanted)


def _gradients(
    done: Pass, x: Tensor, seen: Sequence[Tensor | None], sizes: Sizes, wanted: Sequence[bool]
) -> Gradients:
    """dL/d of x, the four weights and the start, from dL/dh and dL/dc as far as the loss sees them."""
    cell, h = done.cell, done.carried[0]
    size = h.shape[2]
    dh, dc = torch.empty_like(h[0]), torch.zeros_like(h[0])
    dh_seen = torch.zeros_like(h[1:]) if seen[0] is None else seen[0]
    da = buffer(h, sizes, len(h) - 1, h.shape[1], done.sums * size)
    for t in done.backward(dh, dc, dh_seen, seen[1] if len(seen) > 1 else None, da, sizes):
        if t == 0 and not any(wanted[1 + WEIGHTS :]):
            break

    def columns(part: slice) -> Tensor:
        return da[..., part.start * size : part.stop * size]

    wants_x, wants_w_ih, wants_w_hh, wants_b_ih, wants_b_hh = wanted[: 1 + WEIGHTS]
    of_x, of_w_ih, of_b_ih = unproject(
        x, cell.weight_ih, [columns(part) for part in done.from_input], (wants_x, wants_w_ih, wants_b_ih)
    )
    from_state = columns(done.from_state).flatten(0, 1)
    of_w_hh = from_state.t() @ h[:-1].flatten(0, 1) if wants_w_hh else None
    same = of_b_ih is not None and done.from_input == (done.from_state,)
    of_b_hh = None if not wants_b_hh else of_b_ih if same else from_state.sum(0)
    return of_x, of_w_ih, of_w_hh, of_b_ih, of_b_hh, dh, *[dc][: len(seen) - 1]


def _readable_gradients(
    make_cell: Callable[..., Cell],
    inputs: Sequence[Tensor | None],
    seen: Sequence[Tensor | None],
    wanted: Sequence[bool],
) -> Gradients:
    """The same by the readable cells, through which autograd can differentiate once more."""
    # Gradients are taken with respect to other names of the inputs: one input may have been computed from
    # another, and that way is not ours to go back.
    with torch.enable_grad():
        aliases: list[Any] = [value if value is None else value.view_as(value) for value in inputs]
        x, weights, start = aliases[0], aliases[1 : 1 + WEIGHTS], aliases[1 + WEIGHTS :]
        cell = make_cell(*weights)
        values = readable.read(cell, x, start, carried_only=True)
    given = {name: grad for name, grad in zip(cell.carried, seen, strict=True) if grad is not None}
    outputs, gradients = [values[name] for name in given], list(given.values())
    asked = [value for value, wants in zip(aliases, wanted, strict=True) if wants]
    once_more = torch.is_grad_enabled()
    found = iter(torch.autograd.grad(outputs, asked, gradients, create_graph=once_more, allow_unused=True))
    return tuple(next(found) if wants else None for wants in wanted)


def _after_the_start(values: Tensor) -> Tensor:
    """values[1:] in the same memory, but no view: autograd lets nobody write into views from a Function."""
    rest = values[1:]
    return values.new_empty(0).set_(
        values.untyped_storage(), rest.storage_offset(), rest.shape, rest.stride()
    )


def _detached(value: Tensor | None) -> Tensor | None:
    return None if value is None else value.detach()
