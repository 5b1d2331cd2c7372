"""Edits as the hook that a layer asks about each of its values on their way."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rnnviz.edits.grammar import HOLD, SET, Change, Edit
from rnnviz.models.reader import Reader
from rnnviz.nn import State


def check(model: Reader, edits: Sequence[Edit], steps: int | None) -> None:
    """Raises ValueError, with what there is, for an edit of something that this model, or a text of so many
    steps, does not have. steps: None where no end is in sight.
    """
    names = editable(model)
    for each in edits:
        if isinstance(each, Change):
            if each.name not in names:
                raise ValueError(f"{each.name!r} cannot be changed here; these can: {', '.join(names)}.")
            if each.units.least > model.hidden:
                raise ValueError(f"{each}: there are {model.hidden} units, 0 to {model.hidden - 1}.")
            if steps is not None and each.steps.least > steps:
                raise ValueError(f"{each}: there are {steps} steps, 0 to {steps - 1}.")
            _check_hold(model, each, steps)


def _check_hold(model: Reader, change: Change, steps: int | None) -> None:
    """A state can be held from the start on; of a gate there is nothing before the first step."""
    layer, _, letter = change.name.partition(".")
    first = (steps or 1) - 1 if layer.endswith("r") else 0
    if change.how == HOLD and letter not in model.rnn.cell_type.carried and first in change.steps:
        raise ValueError(f"{change}: nothing comes before step {first}, so there is nothing to be held.")


def editable(model: Reader) -> list[str]:
    """The names of all gates and states that can be changed: `l0.i`, ..., `l1r.h`."""
    ways = ("", "r")[: model.directions]
    letters = model.rnn.cell_type.editable
    return [f"l{k}{way}.{letter}" for k in range(model.layers) for way in ways for letter in letters]


class Hook:
    """`edit(step, name, value) -> value` for some changes, in the order in which they were given.

    before: what can be held at a first step, (1, H) by name; the others are 0 there. offset: the number of
    the first step that is asked about. What is held is remembered from step to step, so a hook belongs to one
    reading.
    """

    def __init__(self, model: Reader, changes: Sequence[Change], before: Mapping[str, Tensor]) -> None:
        self.offset, self.before = 0, before
        self.held: dict[int, Tensor] = {}
        units = range(model.hidden)
        self.masks = [
            torch.tensor([unit in change.units for unit in units], device=model.device) for change in changes
        ]
        self.by_name: dict[str, list[tuple[int, Change]]] = {}
        for place, change in enumerate(changes):
            self.by_name.setdefault(change.name, []).append((place, change))

    def __call__(self, step: int, name: str, value: Tensor) -> Tensor:
        for place, change in self.by_name.get(name, ()):
            if step + self.offset in change.steps:
                value = torch.where(self.masks[place], self._changed(place, change, value), value)
            else:
                self.held[place] = value
        return value

    def _changed(self, place: int, change: Change, value: Tensor) -> Tensor:
        if change.how == HOLD:
            return self.held.setdefault(place, self.before.get(change.name, torch.zeros_like(value)))
        return torch.full_like(value, change.value) if change.how == SET else value * change.value


def hook_of(model: Reader, edits: Sequence[Edit], state: State | None) -> Hook:
    """The hook of all changes among some edits, where a reading begins in a state, zeros if None; without
    any, one that changes nothing.
    """
    changes = [each for each in edits if isinstance(each, Change)]
    before: dict[str, Tensor] = {}
    if state is not None:
        for letter, part in zip(model.rnn.cell_type.carried, model.rnn.start(state, 1), strict=True):
            before |= {f"l{layer}.{letter}": part[layer] for layer in range(model.layers)}
    return Hook(model, changes, before)
