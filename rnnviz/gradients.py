"""What moved what: gradients of predictions and of the loss, on the side of torch; numpy comes out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import index
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from rnnviz.cells import Cell
from rnnviz.cells.unroll import Step, unroll
from rnnviz.models.base import Model
from rnnviz.models.language import LanguageModel, as_language_model, reading
from rnnviz.models.reader import Reader, as_reader
from rnnviz.models.sequence import Classifier
from rnnviz.nn import State
from rnnviz.record.inputs import given

NOT_COUNTED = -100  # torch's class for a step that has no loss


def connectivity(model: Model, text: str, state: State | None = None) -> np.ndarray:
    """How much each character that was read moved the prediction of each later one.

    C (T, T): C[s, t] = |d log P(x_s) / d input row t| for t < s, else 0, where P(x_s) is what the model gave
    to character s before it read it, and the input row is the one-hot or embedding row of character t. Exact,
    all of it from one trace. state: the start state as for the layer, zeros if None. Raises ValueError for an
    empty text, and for a model that does not predict characters.

    Madsen, "Visualizing memorization in RNNs", 2019, who calls it connectivity.
    """
    model = as_language_model(model, "has a connectivity")
    if not text:
        raise ValueError("There is no text to read: give at least one character.")
    with reading(model):
        ids = model.ids(text)
        trace = model.rnn.trace(model.read(ids[:, None]), state)
        h = trace.output[:, 0]
        expected = model.out(h).softmax(-1)
        came = one_hot(ids, expected.shape[1])
        # log P(x_s) is a score of step s - 1: d log P(x_s) / dh_{s-1} = W_out^T (came_s - expected_{s-1}).
        cotangent = torch.zeros_like(h)
        cotangent[:-1] = (came[1:] - expected[:-1]) @ model.out.weight
        moved = model.rnn.sensitivity_of(trace, cotangent, state).cpu().numpy()
    return np.vstack([np.zeros_like(moved[:1]), moved[:-1]])


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
        loss, of = _loss(model, h, x, target)
        flat = [state for steps in states.values() for state in steps]
        found = torch.autograd.grad(loss, flat, allow_unused=True, materialize_grads=True)
    norms = torch.stack(found).reshape(len(states), len(x), -1).norm(dim=-1).cpu().numpy()
    return StateGradients(dict(zip(states, norms, strict=True)), cut, loss.item(), of)


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


def _loss(model: Any, h: Tensor, x: Tensor, target: Any) -> tuple[Tensor, str]:
    """h (T, 1, width), what was read -> L, and what it is the loss of."""
    if isinstance(model, LanguageModel):
        if target is not None:
            raise ValueError("A language model's target is the text itself: give none.")
        if len(x) < 2:
            raise ValueError("The first character is expected by nobody: a loss takes at least two.")
        return cross_entropy(model.out(h[:-1, 0]), x[1:, 0]), "the next characters"
    one = isinstance(model, Classifier)
    answers = model.out(model.summary(h) if one else h[:, 0])
    if model.classes is None:
        return _square_error(answers, target), "the numbers given"
    if target is None:
        own = answers.detach().argmax(-1)
        return cross_entropy(answers, own), "the model's own likeliest answer" + "s" * (not one)
    wanted = [target] if one else list(target)
    if len(wanted) != len(answers):
        raise ValueError(f"There are {len(wanted)} targets for {len(answers)} steps.")
    ids = [_class(each, model.classes) for each in wanted]
    if set(ids) == {NOT_COUNTED}:
        raise ValueError("There is no target at any step.")
    return cross_entropy(answers, answers.new_tensor(ids, dtype=torch.long)), "the answer given" + "s" * (
        not one
    )


def _square_error(answers: Tensor, target: Any) -> Tensor:
    if target is None:
        raise ValueError("The model's own numbers have no loss: give the target, (steps, outputs).")
    wanted = torch.as_tensor(np.asarray(target, dtype=np.float64)).to(answers)
    wanted = wanted[:, None] if wanted.dim() == 1 else wanted
    if wanted.shape != answers.shape:
        raise ValueError(
            f"The target should have the shape {tuple(answers.shape)}, not {tuple(wanted.shape)}."
        )
    counted = ~wanted.isnan()
    if not counted.any():
        raise ValueError("There is no target at any step.")
    return (answers - wanted)[counted].square().mean()


def _class(wanted: Any, classes: Sequence[str]) -> int:
    """The number of a class; NOT_COUNTED for None."""
    if wanted is None:
        return NOT_COUNTED
    if isinstance(wanted, str) and wanted in classes:
        return classes.index(wanted)
    if not isinstance(wanted, str) and 0 <= index(wanted) < len(classes):
        return index(wanted)
    raise ValueError(f"There is no class {wanted!r:.40}; there are: {', '.join(classes)}.")
