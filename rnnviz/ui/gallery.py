"""The trained models behind the pages, loaded once, and what they say about a text."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

import rnnviz
from rnnviz.analysis import unit_order
from rnnviz.files import read_json
from rnnviz.traces import Trace

if TYPE_CHECKING:
    from rnnviz.breakdown import StepMatrices
    from rnnviz.checkpoints import Entry
    from rnnviz.gradients import StateGradients
    from rnnviz.models.base import Model
    from rnnviz.terms import Terms

RECURRENT = ("language", "tagger", "classifier")
SUMS = {"rnn": "h", "rnn_relu": "h", "lstm": "ifgoch", "gru": "rznh"}
MOST_CONFIG = 1 << 20

FIRST = "timemachine-lstm"
"""The model a newcomer meets, where it is there."""


@dataclass(frozen=True)
class Shelf:
    """The checkpoints as a page sees them.

    page: its name. working: those that it can show, by name; first: the one to begin with, None if there is
    not a single one. others: those that work, but do something else. broken: those with an error.
    """

    page: str
    working: "dict[str, Entry]"
    others: "dict[str, Entry]"
    broken: "list[Entry]"

    @property
    def first(self) -> "Entry | None":
        return self.working.get(FIRST) or next(iter(self.working.values()), None)


def predicts(entry: "Entry") -> bool:
    """Whether a checkpoint reads a text and expects what comes next in it."""
    return entry.type == "language"


def reads_text(entry: "Entry") -> bool:
    """Whether a checkpoint is a recurrent network that reads text, whatever it makes of it."""
    return entry.kind == "text" and entry.type in RECURRENT


def attends(entry: "Entry") -> bool:
    """Whether a checkpoint reads text, and looks at what it has read by attention."""
    return entry.kind == "text" and entry.attends


def shelf(page: str, shows: "Callable[[Entry], bool]") -> Shelf:
    """Every checkpoint that was found, for a page that can show some of them."""
    found = rnnviz.catalogue()
    sound = {entry.name: entry for entry in found if not entry.error}
    return Shelf(
        page,
        {name: entry for name, entry in sound.items() if shows(entry)},
        {name: entry for name, entry in sound.items() if not shows(entry)},
        [entry for entry in found if entry.error],
    )


def model(entry: "Entry") -> "Model":
    """The model of a checkpoint, shared by all visitors. Raises CheckpointError."""
    return _model(str(entry.path), entry.fingerprint)


@st.cache_resource(show_spinner=False, max_entries=8)
def _model(path: str, fingerprint: str) -> "Model":
    return rnnviz.load(path)


def trace(entry: "Entry", text: str) -> Trace:
    """What the model does with a text. A visitor's last four are kept, as many as are compared."""
    return _trace(str(entry.path), entry.fingerprint, text)


@st.cache_resource(show_spinner=False, scope="session", max_entries=4)
def _trace(path: str, fingerprint: str, text: str) -> Trace:
    return rnnviz.trace(_model(path, fingerprint), text)


def order(entry: "Entry", layer: str, by: str) -> tuple[int, ...]:
    """The units of a layer such as `l0`, in an order of `rnnviz.analysis.ORDERS`.

    It is taken from what the model itself writes, or from its example if it does not write, not from the
    visitor's text: so rows stay where they are while one types, and are the same in every panel.
    """
    return _order(str(entry.path), entry.fingerprint, entry.example, layer, by)


@st.cache_resource(show_spinner=False, max_entries=64)
def _order(path: str, fingerprint: str, example: str, layer: str, by: str) -> tuple[int, ...]:
    reference = _reference(path, fingerprint, example)
    return tuple(int(unit) for unit in unit_order(reference[f"{layer}.h"], by))


@st.cache_resource(show_spinner=False, max_entries=4)
def _reference(path: str, fingerprint: str, example: str) -> Trace:
    from rnnviz.record import reference

    model = _model(path, fingerprint)
    return reference(model) if model.config["type"] == "language" else rnnviz.trace(model, example)


def liveliest(entry: "Entry", layer: str) -> int:
    """The unit that varies most while the model writes: the one to show before anybody has picked one."""
    return order(entry, layer, "activity")[0]


def sums_of(trace: Trace) -> list[str]:
    """The letters of what can be taken apart in a trace's cell, in the order in which a step computes it."""
    return list(SUMS[trace.meta["cell"]])


def sums(entry: "Entry", text: str, layer: str, unit: int) -> "dict[str, Terms]":
    """Every sum of a unit, taken apart into its products at every step: letter -> Terms."""
    return _sums(str(entry.path), entry.fingerprint, text, layer, unit)


@st.cache_resource(show_spinner=False, scope="session", max_entries=2)
def _sums(path: str, fingerprint: str, text: str, layer: str, unit: int) -> "dict[str, Terms]":
    from rnnviz.breakdown import terms

    model, trace = _model(path, fingerprint), _trace(path, fingerprint, text)
    return {letter: terms(model, trace, f"{layer}.{letter}", unit) for letter in sums_of(trace)}


def step_matrices(entry: "Entry", text: str, layer: str, step: int) -> "StepMatrices":
    """What a layer multiplies and adds in a step."""
    from rnnviz.breakdown import step_matrices

    return step_matrices(model(entry), trace(entry, text), layer, step)


def read_tokens(entry: "Entry", layer: str) -> tuple[str, ...]:
    """What the columns stand for that a layer reads: the tokens, if it reads one-hot rows; else none."""
    first = model(entry)
    onehot = first.input == "onehot" and first.vocabulary and layer in ("l0", "l0r")
    return first.vocabulary.tokens if onehot and first.vocabulary else ()


def gradients(entry: "Entry", text: str, cut: int | None) -> "StateGradients":
    """How long the gradient is at each state of a text; cut: after how many steps it ends."""
    return _gradients(str(entry.path), entry.fingerprint, text, cut)


@st.cache_resource(show_spinner=False, scope="session", max_entries=2)
def _gradients(path: str, fingerprint: str, text: str, cut: int | None) -> "StateGradients":
    from rnnviz.gradients import state_gradients

    return state_gradients(_model(path, fingerprint), text, cut=cut)


def edited(entry: "Entry", text: str, edits: tuple[str, ...]) -> Trace:
    """What the model does with a text and some edits. Raises ValueError for one that does not fit."""
    return _edited(str(entry.path), entry.fingerprint, text, edits)


@st.cache_resource(show_spinner=False, scope="session", max_entries=4)
def _edited(path: str, fingerprint: str, text: str, edits: tuple[str, ...]) -> Trace:
    return rnnviz.edit(_model(path, fingerprint), text, edits)


def editable(entry: "Entry") -> list[str]:
    """The names of all gates and states of a model that can be changed."""
    from rnnviz.edits.hooks import editable
    from rnnviz.models.reader import as_reader

    return editable(as_reader(model(entry), "is edited"))


def dearest(entry: "Entry", text: str) -> int:
    """The unit of the first layer whose death costs a language model most, on a text."""
    return int(rnnviz.ablate(model(entry), text).order[0])


@st.cache_data(show_spinner=False, max_entries=32)
def _written_on(
    path: str, fingerprint: str, text: str, edits: tuple[str, ...], length: int, temperature: float, seed: int
) -> str:
    return rnnviz.write_on(_model(path, fingerprint), text, edits, length, temperature, None, seed)


def written_on(
    entry: "Entry", text: str, edits: tuple[str, ...], length: int, temperature: float, seed: int
) -> str:
    """What a language model goes on to write after a text that was read with some edits."""
    return _written_on(str(entry.path), entry.fingerprint, text, edits, length, temperature, seed)


def attention(
    entry: "Entry", text: str, begin: str, forced: tuple[tuple[str, int | None, int, int], ...]
) -> Trace:
    """What a model that attends does with a text. begin: what a decoder has to begin with. forced: (name of
    the weights, head or None for all, row, column): the row looks at that column alone.

    Raises ValueError for what the model cannot read, or begin with.
    """
    return _attention(str(entry.path), entry.fingerprint, text, begin, forced)


@st.cache_resource(show_spinner=False, scope="session", max_entries=4)
def _attention(
    path: str, fingerprint: str, text: str, begin: str, forced: tuple[tuple[str, int | None, int, int], ...]
) -> Trace:
    from rnnviz.record import record
    from rnnviz.record.forcing import forcing

    return record(_model(path, fingerprint), text, begin=begin, edit=forcing(forced) if forced else None)


@st.cache_data(show_spinner=False, max_entries=64)
def right_answers(name: str, options: str, text: str) -> tuple[str, ...]:
    """Everything that would be right for a text, as the task of a model knows it; () where nobody does."""
    import json

    from rnnviz.tasks import task_of
    from rnnviz.tasks.pairs import PairsTask

    try:
        task = task_of(json.loads(options))
    except (ValueError, TypeError):
        return ()
    return task.right(text) if isinstance(task, PairsTask) else ()


def right(entry: "Entry", text: str) -> tuple[str, ...]:
    """Everything that would be right for a text, () where nobody knows."""
    import json

    try:
        options = read_json(entry.path / "config.json", MOST_CONFIG)["task"]
    except (ValueError, KeyError, TypeError):  # a checkpoint from elsewhere need not tell
        return ()
    return right_answers(entry.name, json.dumps(options), text)


def learned_in(entry: "Entry") -> int:
    """In pieces of how many steps a model learned its text; 0 if it read all of its examples whole."""
    try:
        length = read_json(entry.path / "config.json", MOST_CONFIG)["train"]["length"]
    except (ValueError, KeyError, TypeError):  # a checkpoint from elsewhere need not tell
        return 0
    return int(length) if entry.type == "language" and isinstance(length, int) else 0


def cell_source(entry: "Entry") -> Path:
    """The file with the equations of the model's cell."""
    import inspect

    from rnnviz.models.reader import as_reader

    return Path(inspect.getfile(type(as_reader(model(entry), "has a cell").rnn.cell())))


def units(trace: Trace, layer: str) -> dict[str, str]:
    """The quantities of a layer with a value for each step and unit: letter -> kind, in the cell's order."""
    return {
        name.partition(".")[2]: quantity.kind
        for name, quantity in trace.quantities.items()
        if name.partition(".")[0] == layer and quantity.dims == ("step", "unit")
    }


def unknown(trace: Trace) -> int:
    """How many tokens of the text the model does not know."""
    return int(np.size(trace.meta["unknown"]))


def warm(entry: "Entry") -> None:
    """Do once what the first visitor would otherwise wait for."""
    rnnviz.trace(model(entry), entry.example)
    liveliest(entry, "l0")
    order(entry, "l0", "similarity")
