"""The trained models behind the pages, loaded once, and what they say about a text."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

import rnnviz
from rnnviz.analysis import unit_order
from rnnviz.traces import Trace

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry
    from rnnviz.models.reader import Reader

FIRST = "timemachine-lstm"
"""The model a newcomer meets, where it is there."""


def entries() -> "list[Entry]":
    """Every checkpoint that was found, broken ones too."""
    return rnnviz.catalogue()


def readable(found: "list[Entry]") -> "dict[str, Entry]":
    """The checkpoints that read a text and expect what comes next in it, by name."""
    return {entry.name: entry for entry in found if not entry.error and entry.type == "language"}


def others(found: "list[Entry]") -> "dict[str, Entry]":
    """The checkpoints that work, but do something else: taggers and classifiers, of texts or of numbers."""
    return {entry.name: entry for entry in found if not entry.error and entry.type != "language"}


def default(found: "list[Entry]") -> "Entry | None":
    """The language model to begin with; None if not a single one works."""
    working = readable(found)
    return working.get(FIRST) or next(iter(working.values()), None)


def model(entry: "Entry") -> "Reader":
    """The model of a checkpoint, shared by all visitors. Raises CheckpointError."""
    return _model(str(entry.path), entry.fingerprint)


@st.cache_resource(show_spinner=False, max_entries=8)
def _model(path: str, fingerprint: str) -> "Reader":
    return rnnviz.load(path)


def trace(entry: "Entry", text: str) -> Trace:
    """What the model does with a text. A visitor's last two are kept: most clicks leave the text alone."""
    return _trace(str(entry.path), entry.fingerprint, text)


@st.cache_resource(show_spinner=False, scope="session", max_entries=2)
def _trace(path: str, fingerprint: str, text: str) -> Trace:
    return rnnviz.trace(_model(path, fingerprint), text)


def order(entry: "Entry", layer: str, by: str) -> tuple[int, ...]:
    """The units of a layer such as `l0`, in an order of `rnnviz.analysis.ORDERS`.

    It is taken from what the model itself writes, not from the visitor's text: so rows stay where they are
    while one types, and are the same in every panel.
    """
    return _order(str(entry.path), entry.fingerprint, layer, by)


@st.cache_resource(show_spinner=False, max_entries=64)
def _order(path: str, fingerprint: str, layer: str, by: str) -> tuple[int, ...]:
    return tuple(int(unit) for unit in unit_order(_reference(path, fingerprint)[f"{layer}.h"], by))


@st.cache_resource(show_spinner=False, max_entries=4)
def _reference(path: str, fingerprint: str) -> Trace:
    from rnnviz.record import reference

    return reference(_model(path, fingerprint))


def liveliest(entry: "Entry", layer: str) -> int:
    """The unit that varies most while the model writes: the one to show before anybody has picked one."""
    return order(entry, layer, "activity")[0]


def cell_source(entry: "Entry") -> Path:
    """The file with the equations of the model's cell."""
    import inspect

    return Path(inspect.getfile(type(model(entry).rnn.cell())))


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
