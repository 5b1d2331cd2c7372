"""What the page Memory computes: each number once for a text, and only what is looked at."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz.analysis import Decay, decay
from rnnviz.ui import gallery, words
from rnnviz.ui.gallery import Shelf
from rnnviz.ui.reading import Reading

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry
    from rnnviz.gradients import Clipped, Items, Jacobian, Pairs, StateGrowth, WeightGradients
    from rnnviz.models.base import Model

FAMILY = ("timemachine-rnn", "timemachine-lstm", "timemachine-gru")
"""Three that learned the same book, with as many units each: they are what a model is held against."""

MOST_PAIRS = 4 * 10**10  # multiplications for all pairs: beyond, a picture would no longer follow the keys
MOST_STATES = 2 * 10**11  # for the Jacobians of a chosen step, which are asked for one by one
LONGEST = 400  # characters on which models are compared
LOSSES = 16  # of the second half of a text, so that all of them can be followed far back

_kept = partial(
    st.cache_resource,
    show_spinner=False,
    scope="session",
    hash_funcs={"rnnviz.checkpoints.entries.Entry": lambda entry: f"{entry.path} {entry.fingerprint}"},
)


def all_pairs(read: Reading) -> bool:
    """Whether every loss can be held with every step while somebody types; else only one loss at a time."""
    return len(read.text) ** 2 * read.entry.parameters <= MOST_PAIRS


def pairs(read: Reading, loss: int) -> "Pairs":
    """What every loss, or that of the chosen step, hears of every state and input. Raises ValueError."""
    one = read.entry.type == "classifier"
    return _pairs(read.entry, read.text, None if one or all_pairs(read) else loss)


@_kept(max_entries=2)
def _pairs(entry: "Entry", text: str, loss: int | None) -> "Pairs":
    from rnnviz.gradients import loss_to_states

    steps = None if loss is None else [loss]
    return loss_to_states(gallery.model(entry), text, steps=steps, inputs=entry.directions == 1)


def compared(shelf: Shelf, read: Reading) -> "dict[str, Entry]":
    """The models whose gradients are held side by side, by what they are called: the family, and the chosen
    one.
    """
    found = {words.cell(shelf.working[name]): shelf.working[name] for name in FAMILY if name in shelf.working}
    if read.entry.name not in FAMILY:
        found = {read.entry.name: read.entry, **found}
    return found


def one_way(entry: "Entry") -> bool:
    """Whether a gradient comes back to the first layer from one side, so that it can be told by distance."""
    return entry.directions == 1 or entry.layers == 1


def decays(
    models: "dict[str, Entry]", text: str, *, trained: bool = True, factor: float = 1
) -> dict[str, Decay]:
    """How the gradients of some models fade on a text, by the distance that they have gone back; of their
    first layer. trained: or as they were before; factor: times which their W_hh are taken.

    A model that cannot say so of this text, such as of one character, is left out.
    """
    found = {}
    for name, entry in models.items():
        try:
            found[name] = _decay(entry, text[:LONGEST], trained, factor)
        except ValueError:  # the page has said why of the chosen model
            continue
    return found


@_kept(max_entries=24)
def _decay(entry: "Entry", text: str, trained: bool, factor: float) -> Decay:
    from rnnviz.gradients import loss_to_states

    if not one_way(entry):
        raise ValueError("A gradient comes back to this network from both sides: there is no one way.")
    if entry.type == "classifier":
        steps = None
    else:
        first, last = int(entry.type == "language"), len(text) - 1
        evenly = np.linspace(max(len(text) // 2, first), max(last, first), LOSSES)
        steps = sorted(set(evenly.round().astype(int).tolist()))
    norms = loss_to_states(_model(entry, trained, factor), text, steps=steps).state("l0")
    return decay(norms)


def _model(entry: "Entry", trained: bool, factor: float) -> "Model":
    from rnnviz.gradients import scaled, untrained

    model = gallery.model(entry)
    if not trained:
        model = untrained(model)
    return model if factor == 1 else scaled(model, factor)


@_kept(max_entries=2)
def growth(entry: "Entry", text: str, step: int, layer: str, norm: str) -> "StateGrowth":
    """|dstate_step / dstate_t| for all t. Raises ValueError for a text that is too long."""
    from rnnviz.gradients import state_to_states

    _check_states(entry, step + 1)
    return state_to_states(gallery.model(entry), text, step, layer, norm)


@_kept(max_entries=2)
def jacobian(entry: "Entry", text: str, step: int, since: int, layer: str) -> "Jacobian":
    """dstate_step / dstate_since, unit by unit. Raises ValueError for a text that is too long."""
    from rnnviz.gradients import pair

    _check_states(entry, abs(step - since) + 1)
    return pair(gallery.model(entry), text, step, since, layer)


def _check_states(entry: "Entry", steps: int) -> None:
    size = entry.hidden * (2 if entry.cell == "lstm" else 1)
    if steps * size * size * entry.hidden > MOST_STATES:
        raise ValueError(f"The Jacobians of {steps:,} steps take too long to follow: choose a nearer step.")


def items(read: Reading, name: str) -> "Items":
    """The gradient at each step of a state, loss by loss. Raises ValueError, also for a text too long."""
    if not all_pairs(read):
        raise ValueError(
            f"For {len(read.text):,} characters and a model of this size, keeping each loss apart takes too "
            "long to follow the keys: give a shorter text."
        )
    return _items(read.entry, read.text, name)


@_kept(max_entries=2)
def _items(entry: "Entry", text: str, name: str) -> "Items":
    from rnnviz.gradients import itemised

    return itemised(gallery.model(entry), text, name)


@_kept(max_entries=2)
def pulls(entry: "Entry", text: str) -> "WeightGradients":
    """How long the gradient of each loss is at the weights. Raises ValueError."""
    from rnnviz.gradients import loss_to_weights

    return loss_to_weights(gallery.model(entry), text)


@_kept(max_entries=8)
def clipping(entry: "Entry", text: str, trained: bool, factor: float, clip: float, by: str) -> "Clipped":
    """What clipping makes of the gradient of a text. Raises ValueError."""
    from rnnviz.gradients import clipped

    return clipped(_model(entry, trained, factor), text, clip, by)


@_kept(max_entries=16)
def radii(entry: "Entry", trained: bool) -> dict[str, float]:
    """The spectral radius of each W_hh, by layer and gate."""
    from rnnviz.gradients import spectral_radii

    return spectral_radii(_model(entry, trained, 1))
