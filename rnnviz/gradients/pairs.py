"""Each loss of a sequence and each state before it: how much the one heard of the other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from rnnviz.gradients.limits import check_losses, check_tables
from rnnviz.gradients.reading import Read, heard, read
from rnnviz.models.base import Model
from rnnviz.recurrence.triangular import Slopes, lengths, quiet, slopes


@dataclass(frozen=True, eq=False)
class Pairs:
    """|dL_s/dstate_t| for all s and t.

    norms: (S, T) each, read-only, by name:

    - `l0.h`: |dL_s/dh_t|, and `l0r.h` of the reverse direction.
    - `l0.c` of an LSTM: |dL_s/dc_t|, with what of c_t shows in h_t, as autograd has it.
    - `l0.state` of an LSTM: |dL_s/d[h_t; c_t]|, of the state that the next step reads, h_t and c_t side by
      side: c_t without what shows in h_t, which is there already.
    - `emb`, where it is asked for: |dL_s/dx_t|, x_t being the one-hot or embedding row, or the numbers; of
      a language model, that is its `connectivity`.

    Row s is the loss that belongs to step s, so S = T; of a classifier there is one, and S = 1. Rows without
    a loss are 0, as is all that a loss cannot hear of. losses (S,): L_s, NaN where there is none; shares
    (S,): L = sum of shares * losses is what is trained. of: what the losses are of, in words.
    """

    norms: Mapping[str, np.ndarray]
    losses: np.ndarray
    shares: np.ndarray
    of: str

    def __post_init__(self) -> None:
        for values in (*self.norms.values(), self.losses, self.shares):
            values.setflags(write=False)
        object.__setattr__(self, "norms", MappingProxyType(dict(self.norms)))

    def state(self, layer: str) -> np.ndarray:
        """|dL_s/dstate_t| of a layer and direction such as `l0`, the state being all that a step hands on: h,
        or h and c. Raises ValueError for a layer that does not exist.
        """
        name = f"{layer}.state" if f"{layer}.state" in self.norms else f"{layer}.h"
        if name not in self.norms:
            layers = [each.removesuffix(".h") for each in self.norms if each.endswith(".h")]
            raise ValueError(f"There is no layer {layer!r}; there are: {', '.join(layers)}.")
        return self.norms[name]


def loss_to_states(
    model: Model,
    input: Any,
    target: Any = None,
    steps: Collection[int] | None = None,
    inputs: bool = False,
) -> Pairs:
    """How long the gradient of each loss is at each state: |dL_s/dh_t| for all s and t, exactly.

    model, input, target: as for `state_gradients`; L_s is the loss of one step: a language model's of the
    character read at s, as it was expected at s - 1; a tagger's of the answer at s; a classifier has one. All
    layers, both directions, no cut. steps: only the losses of these steps, for who wants a few in less time;
    the rows of all others are 0. inputs: whether `emb` is wanted, of a model that reads one way.

    The norms have the model's precision; below 1e-38 a float32 is 0. In blocks of losses, so that memory
    grows with T, besides the tables themselves. Raises ValueError for an input, target or step that does not
    fit, and for an input that would take too long.
    """
    done = read(model, input)
    if inputs and done.model.directions == 2:
        raise ValueError("What a loss hears of the inputs is told of models that read one way.")
    losses, cotangent = heard(done, target)
    count, rows = losses.row_count(done.steps), np.array(losses.rows(done.steps))
    if steps is not None and not set(steps) <= set(rows.tolist()):
        wrong = min(set(steps) - set(rows.tolist()))
        raise ValueError(f"There is no loss at step {wrong}; there is one at {rows.min()} to {rows.max()}.")
    chosen = [n for n, row in enumerate(rows.tolist()) if steps is None or row in steps]
    check_losses(done, len(chosen))
    norms = _tables(done, count, inputs)
    ends = None if losses.heard is None else [losses.heard[n] for n in chosen]
    with quiet():
        for found in slopes(done.stack, cotangent, ends, inputs):
            _measure(norms, found, rows[chosen][found.rows[: len(found.h)]])
    values, shares = (np.full(count, empty) for empty in (np.nan, 0.0))
    values[rows], shares[rows] = losses.values.detach().cpu(), losses.shares.cpu()
    return Pairs(norms, values, shares, losses.of)


def _tables(done: Read, count: int, inputs: bool) -> dict[str, np.ndarray]:
    """Zeros for every state, in the order in which `Pairs` names them."""
    letters = ["h", "c", "state"] if len(done.stack[0][0][2]) == 2 else ["h"]
    dtype = done.outputs[0].numpy().dtype
    names = [
        f"l{layer}{'r' * way}.{letter}"
        for layer, ways in enumerate(done.stack)
        for way in range(len(ways))
        for letter in letters
    ]
    names = ["emb"] * inputs + names
    check_tables(len(names), count * done.steps, dtype.itemsize)
    return {name: np.zeros((count, done.steps), dtype) for name in names}


def _measure(norms: dict[str, np.ndarray], found: Slopes, rows: np.ndarray) -> None:
    prefix, place = f"l{found.layer}{'r' * found.way}.", (rows, found.step)
    of_h = lengths(found.h)
    norms[prefix + "h"][place] = of_h
    if found.c is not None and found.kept is not None:
        norms[prefix + "c"][place] = lengths(found.c)
        norms[prefix + "state"][place] = np.hypot(of_h, lengths(found.kept))
    if "emb" in norms and found.layer == 0 and found.dx is not None:
        norms["emb"][place] = lengths(found.dx)
