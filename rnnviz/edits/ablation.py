"""Which unit costs most when it is dead: all of them are tried, in one batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnnviz.cells.unroll import unroll
from rnnviz.models.base import Model
from rnnviz.models.language import LanguageModel, as_language_model
from rnnviz.models.speaker import reading

STATES = ("h", "c")


@dataclass(frozen=True, eq=False)
class Ablation:
    """What the loss of a text is, in nats a character, with each unit dead in turn.

    name: what was held at 0, such as `l0.h`. losses: (H,), read-only; loss: with all of them alive.
    """

    name: str
    losses: np.ndarray
    loss: float

    @property
    def costs(self) -> np.ndarray:
        """How much dearer the text is without each unit, (H,); below 0 where it is better off."""
        costs: np.ndarray = self.losses - self.loss
        return costs

    @property
    def order(self) -> np.ndarray:
        """The units, the dearest first."""
        return np.argsort(-self.costs, kind="stable")


def ablate(model: Model, text: str, name: str = "l0.h") -> Ablation:
    """A language model reads a text once for each unit of a layer, with that unit held at 0 at every step.

    name: `l0.h`, `l1.h`, or `l0.c` of an LSTM. All readings are the rows of one batch, the untouched one
    among them, so that they are computed alike. Raises ValueError for a text of fewer than two characters,
    and for another name or type of model.
    """
    speaker = as_language_model(model, "is ablated")
    names = [f"l{k}.{letter}" for k in range(speaker.layers) for letter in speaker.rnn.cell_type.carried]
    if name not in names:
        raise ValueError(f"{name!r} cannot be ablated; these can: {', '.join(names)}.")
    if len(text) < 2:
        raise ValueError("The first character is expected by nobody: a loss takes at least two.")
    with reading(speaker):
        losses = _losses(speaker, speaker.ids(text), name).cpu().numpy()
    losses.setflags(write=False)
    return Ablation(name, losses[:-1], float(losses[-1]))


def _losses(model: LanguageModel, ids: Tensor, name: str) -> Tensor:
    """ids (T,) -> the mean loss of each row, (H + 1,): row u without unit u, the last one untouched."""
    rows = model.hidden + 1
    alive = 1 - torch.eye(rows, model.hidden, device=model.device, dtype=model.out.weight.dtype)
    total = torch.zeros(rows, device=model.device, dtype=torch.float64)
    # Step by step through all layers: only what a step needs is ever in memory.
    for t, h in enumerate(_outputs(model, ids[:-1], rows, alive, name)):
        total += cross_entropy(model.out(h), ids[t + 1].expand(rows), reduction="none")
    return total / (len(ids) - 1)


def _outputs(model: LanguageModel, ids: Tensor, rows: int, alive: Tensor, name: str) -> Iterator[Tensor]:
    """h of the last layer, (rows, H), step by step."""
    x: Any = (model.read(ids[t].expand(1, rows))[0] for t in range(len(ids)))
    for layer in range(model.layers):
        cell = model.rnn.cell(layer)
        zeros = [alive.new_zeros(rows, model.hidden) for _ in cell.carried]
        hook = _dead(name.partition(".")[2], alive) if name.startswith(f"l{layer}.") else None
        x = (step.state.h for step in unroll(cell, x, cell.start(*zeros), hook))
    return iter(x)


def _dead(letter: str, alive: Tensor) -> Any:
    return lambda step, name, value: value * alive if name == letter else value
