"""The trained models behind the pages, loaded once, and what they say about a text."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

import rnnviz
from rnnviz.analysis import unit_order
from rnnviz.traces import Trace

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry
    from rnnviz.models.base import Model

RECURRENT = ("language", "tagger", "classifier")

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
    return loaded(str(entry.path), entry.fingerprint)


@st.cache_resource(show_spinner=False, max_entries=8)
def loaded(path: str, fingerprint: str) -> "Model":
    """The model in a folder, for as long as its files have this fingerprint."""
    return rnnviz.load(path)


def trace(entry: "Entry", text: str) -> Trace:
    """What the model does with a text. A visitor's last four are kept, as many as are compared."""
    return traced(str(entry.path), entry.fingerprint, text)


@st.cache_resource(show_spinner=False, scope="session", max_entries=4)
def traced(path: str, fingerprint: str, text: str) -> Trace:
    """What it does with a text."""
    return rnnviz.trace(loaded(path, fingerprint), text)


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

    model = loaded(path, fingerprint)
    return reference(model) if model.config["type"] == "language" else rnnviz.trace(model, example)


def liveliest(entry: "Entry", layer: str) -> int:
    """The unit that varies most while the model writes: the one to show before anybody has picked one."""
    return order(entry, layer, "activity")[0]


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
