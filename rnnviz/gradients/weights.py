"""The gradient of each loss with respect to the weights, and what clipping makes of the whole."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz.gradients.limits import check_losses
from rnnviz.gradients.losses import Losses, losses_of
from rnnviz.gradients.reading import Read, heard, read
from rnnviz.models.base import Model
from rnnviz.models.reader import Reader
from rnnviz.recurrence.inputs import are_ids
from rnnviz.recurrence.scratch import PASSES
from rnnviz.recurrence.triangular import ROOM, Slopes, length, lengths, quiet, slopes


@dataclass(frozen=True, eq=False)
class WeightGradients:
    """|dL_s/dW| of each loss and each weight.

    by_weight: (S,) each, by the names of the parameters, `rnn.weight_hh_l0`; norms (S,): of all weights
    together. whole: |dL/dW| of all weights, where L = sum of shares * L_s is what is trained; shares (S,).
    Row s is the loss that belongs to step s, 0 where there is none; of a classifier there is one. of: what
    the losses are of. Arrays are read-only.
    """

    by_weight: Mapping[str, np.ndarray]
    norms: np.ndarray
    shares: np.ndarray
    whole: float
    of: str

    def __post_init__(self) -> None:
        for values in (*self.by_weight.values(), self.norms, self.shares):
            values.setflags(write=False)
        object.__setattr__(self, "by_weight", MappingProxyType(dict(self.by_weight)))


def loss_to_weights(model: Model, input: Any, target: Any = None) -> WeightGradients:
    """How long the gradient of each loss is at the weights, exactly; the losses are kept apart, as nobody
    does who trains. model, input, target: as for `loss_to_states`. Raises ValueError as that.
    """
    done = read(model, input, "has gradients of its weights")
    losses, cotangent = heard(done, target)
    check_losses(done, 2 * len(losses.values))
    count, rows = losses.row_count(done.steps), np.array(losses.rows(done.steps))
    squares = {name: np.zeros(count) for name, _ in done.model.named_parameters()}
    with quiet():
        for name, which, norm in _of_layers(done, cotangent, losses):
            squares[name][rows[which]] = norm**2
    for name, which, norm in _of_answer(done, target):
        squares[name][rows[which]] = norm**2
    norms = {name: np.sqrt(values) for name, values in squares.items()}
    shares = np.zeros(count)
    shares[rows] = losses.shares.cpu()
    gradients, of = whole_gradients(done, target)
    whole = float(np.sqrt(sum(length(gradient) ** 2 for gradient in gradients.values())))
    return WeightGradients(norms, np.sqrt(sum(squares.values())), shares, whole, of)


def whole_gradients(done: Read, target: Any) -> tuple[dict[str, Tensor], str]:
    """dL/dW by the names of the parameters, as autograd has it, and what L is the loss of."""
    with torch.inference_mode(False), torch.enable_grad():
        model: Reader = deepcopy(done.model).eval().requires_grad_()
        x = done.x.clone().to(model.device)
        losses = losses_of(model, model.states(x)[0], x, target)
        weights = dict(model.named_parameters())
        found = torch.autograd.grad(
            losses.total, list(weights.values()), allow_unused=True, materialize_grads=True
        )
    return {name: gradient.cpu() for name, gradient in zip(weights, found, strict=True)}, losses.of


Norm = tuple[str, int, float]
"""The name of a weight, the number of a loss, and |dL_s/dW|."""


def _of_answer(done: Read, target: Any) -> Iterator[Norm]:
    """Of the weights that make an answer of h: those that the layers do not read with."""
    with torch.inference_mode(False), torch.enable_grad():
        model: Reader = deepcopy(done.model).eval().requires_grad_()
        h, x = done.outputs[-1][:, None].clone().to(model.device), done.x.clone().to(model.device)
        answered: list[tuple[Tensor, Tensor]] = []
        model.out.register_forward_hook(lambda _, given, answer: answered.append((given[0], answer)))
        losses = losses_of(model, h, x, target)
        named = dict(model.named_parameters())
        weights = {name: named[name] for name in named if not name.startswith(("rnn.", "emb."))}
        if not weights:
            return
        if losses.heard is None:
            found = torch.autograd.grad(losses.values.sum(), list(weights.values()))
            yield from ((name, 0, length(gradient)) for name, gradient in zip(weights, found, strict=True))
            return
        ((seen, answer),) = answered
        (slope,) = torch.autograd.grad(losses.values.sum(), answer)  # each loss is of an answer of its own
    of_bias, of_h = lengths(slope[losses.heard].cpu()), lengths(seen[losses.heard].detach().cpu())
    for which, (to_bias, h_there) in enumerate(zip(of_bias, of_h, strict=True)):
        yield "out.bias", which, float(to_bias)
        yield "out.weight", which, float(to_bias * h_there)  # dL/dW is the outer product of the two


def _of_layers(done: Read, cotangent: Tensor, losses: Losses) -> Iterator[Norm]:
    """Of the weights of the layers, and of the embedding."""
    model, embedded = done.model, done.model.input == "embedding"
    sums = PASSES[type(done.stack[0][0][0])].sums * model.hidden
    most = max(1, ROOM // (done.steps * sums * cotangent.element_size()))  # each row keeps all its sums
    back = slopes(done.stack, cotangent, losses.heard, inputs=embedded, most=most)
    dx: Tensor | None = None

    def last(which: int) -> int:
        """How many steps a loss hears of."""
        return done.steps if losses.heard is None or model.directions == 2 else losses.heard[which] + 1

    for (_, layer, way), steps in groupby(back, key=lambda found: (found.block, found.layer, found.way)):
        rows, da, dx_here = _gathered(steps, done.steps)
        suffix = f"_l{layer}{'_reverse' * way}"
        for k, which in enumerate(rows):
            for name, gradient in _of_cell(done, layer, way, da[: last(which), k]):
                yield f"rnn.{name}{suffix}", int(which), length(gradient)
        if layer == 0 and embedded:
            dx = dx_here if way == 0 or dx is None else dx + dx_here
            if way == model.directions - 1:
                for k, which in enumerate(rows):
                    yield "emb.weight", int(which), length(_by_token(done.x[:, 0], dx[: last(which), k]))


def _gathered(steps: Iterator[Slopes], count: int) -> tuple[np.ndarray, Tensor, Tensor]:
    """What a block of R losses hears of a layer and direction: which losses, and da (T, R, G*H) and dx (T, R,
    D) of all steps that each hears of; after them, anything. dx is empty if it is not told.
    """
    da = dx = torch.empty(0)
    rows = np.empty(0, dtype=int)
    for found in steps:
        if not len(rows):
            rows = found.rows
            da = found.da.new_empty(count, len(rows), found.da.shape[1])
            dx = da[..., :0] if found.dx is None else da.new_empty(count, len(rows), found.dx.shape[1])
        da[found.step, : len(found.da)] = found.da
        if found.dx is not None and dx.shape[-1]:
            dx[found.step, : len(found.dx)] = found.dx
    return rows, da, dx


def _of_cell(done: Read, layer: int, way: int, da: Tensor) -> Iterator[tuple[str, Tensor]]:
    """The gradients of a cell's weights from those of its sums, (t, G*H), in the order of the sequence."""
    cell, _, _ = done.stack[layer][way]
    kind, size = PASSES[type(cell)], cell.weight_hh.shape[1]
    from_state = da[:, kind.from_state.start * size : kind.from_state.stop * size]
    from_input = torch.cat([da[:, part.start * size : part.stop * size] for part in kind.from_input], dim=1)
    h = done.outputs[layer][:, way * size : (way + 1) * size]
    none = h.new_zeros(1, size)
    before = torch.cat([h[1:], none] if way else [none, h[:-1]])[: len(da)]
    yield "weight_hh", from_state.t() @ before
    yield "weight_ih", _input_gradient(done, layer, from_input)
    if cell.bias_ih is not None:
        yield "bias_ih", from_input.sum(0)
        yield "bias_hh", from_state.sum(0)


def _input_gradient(done: Read, layer: int, da: Tensor) -> Tensor:
    """dW_ih, or its columns that are not 0, as rows."""
    if layer:
        return da.t() @ done.outputs[layer - 1][: len(da)]
    if are_ids(done.rows):
        return _by_token(done.rows, da)
    return da.t() @ done.rows[: len(da)]


def _by_token(ids: Tensor, values: Tensor) -> Tensor:
    """The sum of the values (t, N) of each token that there is: (different tokens, N)."""
    found, places = ids[: len(values)].unique(return_inverse=True)
    return values.new_zeros(len(found), values.shape[1]).index_add_(0, places, values)
