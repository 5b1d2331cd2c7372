"""What the pages ask of a model beyond its trace: sums, gradients, edits, attention; kept for a visit."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

import rnnviz
from rnnviz.files import read_json
from rnnviz.traces import Trace
from rnnviz.ui import gallery

if TYPE_CHECKING:
    from rnnviz.breakdown import StepMatrices
    from rnnviz.checkpoints import Entry
    from rnnviz.edits import Ablation
    from rnnviz.gradients import StateGradients
    from rnnviz.terms import Terms

SUMS = {"rnn": "h", "rnn_relu": "h", "lstm": "ifgoch", "gru": "rznh"}
MOST_CONFIG = 1 << 20


def sums_of(trace: Trace) -> list[str]:
    """The letters of what can be taken apart in a trace's cell, in the order in which a step computes it."""
    return list(SUMS[trace.meta["cell"]])


def sums(entry: "Entry", text: str, layer: str, unit: int) -> "dict[str, Terms]":
    """Every sum of a unit, taken apart into its products at every step: letter -> Terms."""
    return _sums(str(entry.path), entry.fingerprint, text, layer, unit)


@st.cache_resource(show_spinner=False, scope="session", max_entries=2)
def _sums(path: str, fingerprint: str, text: str, layer: str, unit: int) -> "dict[str, Terms]":
    from rnnviz.breakdown import terms

    model, trace = gallery.loaded(path, fingerprint), gallery.traced(path, fingerprint, text)
    return {letter: terms(model, trace, f"{layer}.{letter}", unit) for letter in sums_of(trace)}


def step_matrices(entry: "Entry", text: str, layer: str, step: int) -> "StepMatrices":
    """What a layer multiplies and adds in a step."""
    from rnnviz.breakdown import step_matrices

    return step_matrices(gallery.model(entry), gallery.trace(entry, text), layer, step)


def read_tokens(entry: "Entry", layer: str) -> tuple[str, ...]:
    """What the columns stand for that a layer reads: the tokens, if it reads one-hot rows; else none."""
    first = gallery.model(entry)
    onehot = first.input == "onehot" and first.vocabulary and layer in ("l0", "l0r")
    return first.vocabulary.tokens if onehot and first.vocabulary else ()


def gradients(entry: "Entry", text: str, cut: int | None) -> "StateGradients":
    """How long the gradient is at each state of a text; cut: after how many steps it ends."""
    return _gradients(str(entry.path), entry.fingerprint, text, cut)


@st.cache_resource(show_spinner=False, scope="session", max_entries=2)
def _gradients(path: str, fingerprint: str, text: str, cut: int | None) -> "StateGradients":
    from rnnviz.gradients import state_gradients

    return state_gradients(gallery.loaded(path, fingerprint), text, cut=cut)


def edited(entry: "Entry", text: str, edits: tuple[str, ...]) -> Trace:
    """What the model does with a text and some edits. Raises ValueError for one that does not fit."""
    return _edited(str(entry.path), entry.fingerprint, text, edits)


@st.cache_resource(show_spinner=False, scope="session", max_entries=4)
def _edited(path: str, fingerprint: str, text: str, edits: tuple[str, ...]) -> Trace:
    return rnnviz.edit(gallery.loaded(path, fingerprint), text, edits)


def check_edits(entry: "Entry", text: str, edits: tuple[str, ...]) -> None:
    """Raises ValueError, with what there is, for edits that do not fit the model and the text."""
    from rnnviz.edits.editing import fitting
    from rnnviz.models.reader import as_reader

    fitting(as_reader(gallery.model(entry), "is edited"), text, edits)


def editable(entry: "Entry") -> list[str]:
    """The names of all gates and states of a model that can be changed."""
    from rnnviz.edits.hooks import editable
    from rnnviz.models.reader import as_reader

    return editable(as_reader(gallery.model(entry), "is edited"))


def dearest(entry: "Entry", text: str) -> int:
    """The unit of the first layer whose death costs a language model most, on a text."""
    return int(ablation(entry, text).order[0])


def ablation(entry: "Entry", text: str) -> "Ablation":
    """What a text costs a language model with each unit of its first layer dead in turn."""
    return _ablation(str(entry.path), entry.fingerprint, text)


@st.cache_resource(show_spinner=False, scope="session", max_entries=2)
def _ablation(path: str, fingerprint: str, text: str) -> "Ablation":
    return rnnviz.ablate(gallery.loaded(path, fingerprint), text)


@st.cache_data(show_spinner=False, max_entries=32)
def _written_on(
    path: str, fingerprint: str, text: str, edits: tuple[str, ...], length: int, temperature: float, seed: int
) -> str:
    return rnnviz.write_on(gallery.loaded(path, fingerprint), text, edits, length, temperature, None, seed)


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

    return record(
        gallery.loaded(path, fingerprint), text, begin=begin, edit=forcing(forced) if forced else None
    )


def right(entry: "Entry", text: str) -> tuple[str, ...]:
    """Everything that would be right for a text, as the task of a model knows it; () where nobody does."""
    return _right(str(entry.path), entry.fingerprint, text)


@st.cache_data(show_spinner=False, max_entries=64)
def _right(path: str, fingerprint: str, text: str) -> tuple[str, ...]:
    from rnnviz.tasks import task_of
    from rnnviz.tasks.pairs import PairsTask

    try:
        task = task_of(read_json(Path(path) / "config.json", MOST_CONFIG)["task"])
    except (ValueError, KeyError, TypeError):  # a checkpoint from elsewhere need not tell
        return ()
    return task.right(text) if isinstance(task, PairsTask) else ()


def learned_in(entry: "Entry") -> int:
    """In pieces of how many steps a model learned its text; 0 if it read all of its examples whole."""
    try:
        length = read_json(entry.path / "config.json", MOST_CONFIG)["train"]["length"]
    except (ValueError, KeyError, TypeError):  # a checkpoint from elsewhere need not tell
        return 0
    return int(length) if entry.type == "language" and isinstance(length, int) else 0
