"""The gradient at each state, itemised by the loss that it comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz.gradients.limits import check_losses
from rnnviz.gradients.reading import heard, read
from rnnviz.models.base import Model
from rnnviz.recurrence.triangular import Slopes, lengths, quiet, slopes


@dataclass(frozen=True, eq=False)
class Items:
    """dL/dstate_t = sum over s of shares_s dL_s/dstate_t, with the terms kept apart.

    name: of the state, `l0.h`. All read-only: lengths (S, T): |shares_s dL_s/dstate_t|; what was sent, of
    which some cancels out. parts (S, T): how far each term goes along the whole, which is negative where it
    pulls the other way; parts add up to the whole, so that they can be stacked. whole (T,): |dL/dstate_t|, as
    `state_gradients` has it. of: what the losses are of, in words.
    """

    name: str
    lengths: np.ndarray
    parts: np.ndarray
    whole: np.ndarray
    of: str

    def __post_init__(self) -> None:
        for values in (self.lengths, self.parts, self.whole):
            values.setflags(write=False)


def itemised(model: Model, input: Any, name: str, target: Any = None) -> Items:
    """The gradient that arrives at each step of a state such as `l0.h`, `l0.c` or `l0r.h`, by the loss that
    it comes from. model, input, target: as for `loss_to_states`, which says what the names are.

    Cashman, Patterson, Mosca, Watts, Robinson, Chang, "RNNbow: visualizing learning via backpropagation
    gradients in RNNs", 2018, who stack lengths. Raises ValueError as `loss_to_states`, and for a name that
    does not exist.
    """
    done = read(model, input)
    names = [
        f"l{layer}{'r' * way}.{letter}"
        for layer, ways in enumerate(done.stack)
        for way, (cell, _, _) in enumerate(ways)
        for letter in cell.carried
    ]
    if name not in names:
        raise ValueError(f"There is no state {name!r}; there are: {', '.join(names)}.")
    losses, cotangent = heard(done, target)
    check_losses(done, len(losses.values))
    shares = losses.shares.to(cotangent)
    rows, count = np.array(losses.rows(done.steps)), losses.row_count(done.steps)
    weighted = cotangent * shares if losses.heard is None else cotangent.clone()
    if losses.heard is not None:
        weighted[losses.heard] *= shares[:, None]
    of, letter = name.split(".")
    layer, way = int(of[1:].removesuffix("r")), int(of.endswith("r"))

    above = done.stack[layer:]  # the layers below hear of it later

    def wanted(found: Slopes) -> Tensor | None:
        value = found.c if letter == "c" else found.h
        return value if (found.layer, found.way) == (0, way) else None

    whole = torch.zeros(done.steps, done.model.hidden, dtype=cotangent.dtype)
    long, parts = (np.zeros((count, done.steps), cotangent.numpy().dtype) for _ in range(2))
    with quiet():
        for found in slopes(above, weighted):
            if (value := wanted(found)) is not None:
                whole[found.step] = value[0]
        size = torch.from_numpy(lengths(whole))
        along = torch.where(size[:, None] > 0, whole.double() / size[:, None], 0).to(whole)
        for found in slopes(above, weighted, losses.heard):
            if (value := wanted(found)) is not None:
                place = (rows[found.rows[: len(value)]], found.step)
                long[place], parts[place] = lengths(value), (value @ along[found.step]).numpy()
    return Items(name, long, parts, size.numpy().astype(long.dtype), losses.of)
