"""How a state depends on the states before it: the Jacobian of two steps, and how large it is."""

from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
import torch

from rnnviz.gradients.limits import check_products
from rnnviz.gradients.reading import Read, read
from rnnviz.gradients.singular import largest
from rnnviz.models.base import Model
from rnnviz.recurrence.jacobians import jacobians
from rnnviz.recurrence.triangular import Layer, length, quiet

NORMS = ("frobenius", "spectral")
FRESH = 0.1  # of a vector to look along that is new at each step, so that no direction is overlooked


@dataclass(frozen=True, eq=False)
class StateGrowth:
    """How large dstate_s/dstate_t is, for one s and all t.

    layer: `l0`, or `l0r` for the reverse direction, where t comes after s. step: s. size: N, the numbers of a
    state, H, or 2H of an LSTM, whose state is h and c. norm: which of two:

    - "frobenius": the root of the sum of all squares; divided by sqrt(N), the mean growth (root mean square)
      of a gradient that comes from any direction.
    - "spectral": the largest singular value, the growth in the direction that grows most.

    values (T,), read-only: the norm at each t, 0 where state_s does not depend on state_t; at t = s, sqrt(N)
    or 1. left (T,): values as a share of that, so that it begins with 1.
    """

    layer: str
    step: int
    size: int
    norm: str
    values: np.ndarray

    def __post_init__(self) -> None:
        self.values.setflags(write=False)

    @property
    def left(self) -> np.ndarray:
        whole: np.ndarray = self.values / (self.size**0.5 if self.norm == "frobenius" else 1)
        return whole


@dataclass(frozen=True, eq=False)
class Jacobian:
    """dstate_s/dstate_t of a layer: what each unit at s makes of a change of each unit at t.

    step, since: s and t. parts: by the letters of both, "hh" (H, H), and of an LSTM "hc", dh_s/dc_t with h_t
    held, "ch" and "cc"; rows: units at s, columns: units at t; read-only.
    """

    layer: str
    step: int
    since: int
    parts: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        for part in self.parts.values():
            part.setflags(write=False)

    @property
    def whole(self) -> np.ndarray:
        """All of it, (N, N): of an LSTM the units of h before those of c."""
        letters = "h" if len(self.parts) == 1 else "hc"
        return np.block([[self.parts[of + by] for by in letters] for of in letters])

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of the rows of `whole`, `l0.h[5]`; of the columns as well, at the other step."""
        size = len(self.parts["hh"])
        letters = "h" if len(self.parts) == 1 else "hc"
        return tuple(f"{self.layer}.{letter}[{unit}]" for letter in letters for unit in range(size))


def state_to_states(
    model: Model, input: Any, step: int, layer: str | None = None, norm: str = "frobenius"
) -> StateGrowth:
    """|dstate_step / dstate_t| of a layer for all t, exactly: products of the Jacobians of all steps between.

    input: as for `record`. step: s, from the end if negative. layer: `l0`, or `l0r`; None: the last one.
    norm: see `StateGrowth`. Of one layer, with what it reads held: its state reaches its later states
    through the layer's own recurrence alone. Raises ValueError for what does not exist or takes too long.
    """
    if norm not in NORMS:
        raise ValueError(f"The norm is {' or '.join(NORMS)}, not {norm!r}.")
    done = read(model, input, "has a Jacobian of its states")
    name, (cell, values, start), reverse = _layer(done, layer)
    last = _step(done, step)
    until = done.steps - last if reverse else last + 1
    size = len(cell.carried) * cell.weight_hh.shape[1]
    check_products(until * size * cell.weight_hh.shape[1] * size, "The Jacobians of this layer", until)
    found = np.zeros(done.steps)
    fresh = _random(size, start[0].dtype)
    near = fresh
    with quiet():
        for t, jacobian in jacobians((cell, {key: value[:until] for key, value in values.items()}, start)):
            place = done.steps - 1 - t if reverse else t
            if norm == "frobenius":
                found[place] = length(jacobian)
            else:
                found[place], vector = largest(jacobian.numpy(), near)
                near = vector + fresh
    return StateGrowth(name, last, size, norm, found)


def pair(model: Model, input: Any, step: int, since: int, layer: str | None = None) -> Jacobian:
    """dstate_step / dstate_since, the Jacobian itself; see `Jacobian` and `state_to_states`.

    since: not after step; for a reverse direction, which reads from right to left, not before it. Raises
    ValueError for what does not exist.
    """
    done = read(model, input, "has a Jacobian of its states")
    name, (cell, values, start), reverse = _layer(done, layer)
    last, first = _step(done, step), _step(done, since)
    if (first < last) if reverse else (first > last):
        raise ValueError(
            f"{name} reads from {'right to left' if reverse else 'left to right'}: its state at step {last} "
            f"does not depend on the one at step {first}."
        )
    until, wanted = (done.steps - last, done.steps - 1 - first) if reverse else (last + 1, first)
    check_products(
        (until - wanted) * cell.weight_hh.numel() * cell.weight_hh.shape[1], "This Jacobian", until
    )
    with quiet():
        back = jacobians((cell, {key: value[:until] for key, value in values.items()}, start))
        found = next(jacobian for t, jacobian in back if t == wanted).numpy()
    letters = cell.carried
    blocks = [np.split(rows, len(letters), axis=1) for rows in np.split(found, len(letters))]
    parts = {
        of + by: block.copy()
        for of, row in zip(letters, blocks, strict=True)
        for by, block in zip(letters, row, strict=True)
    }
    return Jacobian(name, last, first, parts)


def _layer(done: Read, layer: str | None) -> tuple[str, Layer, bool]:
    """The name of a layer and direction, what it did, and whether it reads from right to left."""
    names = {
        f"l{k}{'r' * way}": (found, bool(way))
        for k, ways in enumerate(done.stack)
        for way, found in enumerate(ways)
    }
    name = f"l{len(done.stack) - 1}" if layer is None else layer
    if name not in names:
        raise ValueError(f"There is no layer {name!r}; there are: {', '.join(names)}.")
    return name, *names[name]


def _step(done: Read, step: int) -> int:
    place = index(step)
    if not -done.steps <= place < done.steps:
        raise ValueError(f"Step {step} does not exist: there are {done.steps}, 0 to {done.steps - 1}.")
    return place % done.steps


def _random(size: int, dtype: torch.dtype) -> np.ndarray:
    """A vector of length `FRESH`, always the same."""
    vector = torch.randn(size, generator=torch.Generator().manual_seed(0), dtype=dtype)
    return (vector * (FRESH / vector.norm())).numpy()
