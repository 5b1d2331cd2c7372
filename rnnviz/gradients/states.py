"""How long the gradient of a sentence's loss is at each state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import index
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz.cells import Cell
from rnnviz.cells.unroll import Step, unroll
from rnnviz.gradients.losses import losses_of
from rnnviz.models.base import Model
from rnnviz.models.reader import Reader, as_reader
from rnnviz.record.inputs import given


@dataclass(frozen=True, eq=False)
class StateGradients:
    """How long the gradient of a loss is at each state of a sequence.

    norms: |dL/dh_t| and |dL/dc_t| by the names of the states, `l0.h`, `l0.c`, `l0r.h`, each (T,), read-only.
    cut: after how many steps backpropagation was truncated; None: nowhere. loss: L, in nats, or the mean
    square error. of: what L is the loss of, in words.
    """

    norms: Mapping[str, np.ndarray]
    cut: int | None
    loss: float
    of: str

    def __post_init__(self) -> None:
        norms = {name: np.array(values) for name, values in self.norms.items()}
        for values in norms.values():
            values.setflags(write=False)
        object.__setattr__(self, "norms", MappingProxyType(norms))


def state_gradients(model: Model, input: Any, cut: int | None = None, target: Any = None) -> StateGradients:
    """|dL/dh_t| and |dL/dc_t| of every layer and direction at every step, through all later steps.

    input: as for `record`. L is the mean of the losses of the whole sequence, without dropout:

    - A language model: of each character as it was expected one step before; it needs two characters.
    - A tagger: of the answers at all steps. target: a class for each step, by name or number, None where
      there is no answer; or numbers (T, outputs), NaN where there is none, and L is the mean square error.
    - A classifier: of the one answer. target: its class, by name or number.

    Without a target, classes are taken from the model itself: L is the loss of its own likeliest answers,
    what it would take to be surer of them. Numbers have to be given, for the model's own have no loss.

    cut: truncated backpropagation, as text is learned: the sequence in pieces of so many steps; the state is
    carried on from piece to piece, the gradient ends between them. L is still the mean over all pieces.

    Raises ValueError for an input or target that does not fit, and for a cut of a model that reads both ways.
    """
    model = as_reader(model, "has gradients of its states")
    if cut is not None and index(cut) < 1:
        raise ValueError(f"The gradient can be cut after 1 step or more, not after {cut}.")
    if cut is not None and model.directions == 2:
        raise ValueError("A model that reads both ways reads whole sequences: its gradient is never cut.")
    with torch.inference_mode(False), torch.enable_grad():  # whatever is switched off around this call
        x = given(model, input).x
        h, states = _unrolled(model, x, cut)
        losses = losses_of(model, h, x, target)
        flat = [state for steps in states.values() for state in steps]
        found = torch.autograd.grad(losses.total, flat, allow_unused=True, materialize_grads=True)
    flat_norms = torch.linalg.vector_norm(torch.stack(found), dim=-1, dtype=torch.float64)  # squares vanish
    norms = flat_norms.to(found[0].dtype).reshape(len(states), len(x)).cpu().numpy()
    return StateGradients(dict(zip(states, norms, strict=True)), cut, losses.total.item(), losses.of)


def _unrolled(model: Reader, x: Tensor, cut: int | None) -> tuple[Tensor, dict[str, list[Tensor]]]:
    """h (T, 1, width) of the last layer, and by name the states of all layers, T of (1, H) each."""
    states = {}
    x = model.read(x)
    for layer in range(model.layers):
        shown = []
        for way in range(model.directions):
            cell = model.rnn.cell(layer, way)
            steps = list(_steps(cell, x.flip(0) if way else x, cut))
            steps = steps[::-1] if way else steps
            for letter in cell.carried:
                states[f"l{layer}{'r' * way}.{letter}"] = [getattr(step.state, letter) for step in steps]
            shown.append(torch.stack([step.state.h for step in steps]))
        x = torch.cat(shown, dim=-1)
    return x, states


def _steps(cell: Cell, x: Tensor, cut: int | None) -> Iterator[Step]:
    """The steps of one layer; at every cut the state goes on without its past."""
    carried = [cell.weight_hh.new_zeros(1, cell.weight_hh.shape[1])] * len(cell.carried)
    for piece in x.split(cut or len(x)):
        # Wanting a gradient here, so that there is one of the states even if no weight wants any.
        start = cell.start(*(part.detach().clone().requires_grad_() for part in carried))
        for step in unroll(cell, piece, start):
            yield step
        carried = [getattr(step.state, letter) for letter in cell.carried]
