"""What the pages ask of a model beyond its trace: sums, gradients, edits, attention, exams; kept."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from rnnviz.tasks.base import Task
    from rnnviz.tasks.exam import Exam
    from rnnviz.tasks.pairs import Pair
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


def read_by(entry: "Entry", text: str) -> Trace:
    """What a model does with a text, not compared with torch.nn: of several that stand side by side.

    Raises ValueError for what it cannot read.
    """
    return _read_by(str(entry.path), entry.fingerprint, text)


@st.cache_resource(show_spinner=False, scope="session", max_entries=8)
def _read_by(path: str, fingerprint: str, text: str) -> Trace:
    from rnnviz.record import record

    return record(gallery.loaded(path, fingerprint), text, compare=False)


def right(entry: "Entry", text: str) -> tuple[str, ...]:
    """Everything that would be right for a text, as the task of a model knows it; () where nobody does."""
    return _right(_described(entry), text)


@st.cache_data(show_spinner=False, max_entries=64)
def _right(described: str, text: str) -> tuple[str, ...]:
    from rnnviz.tasks.pairs import PairsTask

    task = _task(described)
    return task.right(text) if isinstance(task, PairsTask) else ()


def remark(entry: "Entry", text: str) -> str:
    """What the task of a model has to say of a text, such as that a date does not exist; "" mostly."""
    from rnnviz.tasks.pairs import PairsTask

    task = task_of(entry)
    return task.remark(text) if isinstance(task, PairsTask) else ""


def questions(entry: "Entry", count: int, seed: int) -> "tuple[Pair, ...]":
    """Examples that no model of the task has learned from, the short ones first; () where there are none."""
    return _questions(_described(entry), count, seed)


@st.cache_resource(show_spinner=False, max_entries=16)
def _questions(described: str, count: int, seed: int) -> "tuple[Pair, ...]":
    task = _task(described)
    return tuple(sorted(task.asked(count, seed), key=lambda pair: len(pair.source))) if task else ()


def exam(entry: "Entry", count: int, seed: int, piece: int, pieces: int) -> "Exam":
    """What a model answers to one of so many pieces of its task's questions, whoever visits.

    In pieces, so that a key that is typed meanwhile waits for no more than one. Raises ValueError where the
    model cannot read them.
    """
    asked = questions(entry, count, seed)
    return _exam(str(entry.path), entry.fingerprint, count, seed, piece, pieces, asked)


@st.cache_resource(show_spinner=False, max_entries=512)
def _exam(
    path: str, fingerprint: str, count: int, seed: int, piece: int, pieces: int, _asked: "tuple[Pair, ...]"
) -> "Exam":
    from rnnviz.tasks.exam import examined

    part = _asked[len(_asked) * piece // pieces : len(_asked) * (piece + 1) // pieces]
    return examined(gallery.loaded(path, fingerprint), part)


def task_of(entry: "Entry") -> "Task | None":
    """The task that a model learned; None for one that is not ours."""
    return _task(_described(entry))


def _described(entry: "Entry") -> str:
    """The "task" part of a model's config.json, the same for all that learned from the same data."""
    return json.dumps(config(entry).get("task"), sort_keys=True)


@st.cache_resource(show_spinner=False, max_entries=64)
def _task(described: str) -> "Task | None":
    from rnnviz.tasks import task_of

    try:
        return task_of(json.loads(described))
    except (ValueError, AttributeError, TypeError):  # a checkpoint from elsewhere need not tell
        return None


def config(entry: "Entry") -> dict[str, Any]:
    """What the config.json of a model says; {} where it cannot be read."""
    return _config(str(entry.path), entry.fingerprint)


@st.cache_resource(show_spinner=False, max_entries=64)
def _config(path: str, fingerprint: str) -> dict[str, Any]:
    try:
        return read_json(Path(path) / "config.json", MOST_CONFIG)
    except ValueError:
        return {}


def learned_in(entry: "Entry") -> int:
    """In pieces of how many steps a model learned its text; 0 if it read all of its examples whole."""
    told = config(entry).get("train")
    length = told.get("length") if isinstance(told, dict) else None
    return int(length) if entry.type == "language" and isinstance(length, int) else 0
