"""What is compared: each side is a model that has read a text."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz.analysis import Alignment, align
from rnnviz.traces import Quantity, Trace
from rnnviz.ui import computed, gallery, words

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

MODELS, SENTENCES = "models", "sentences"


@dataclass(frozen=True)
class Side:
    """One of those that are compared. places: its step in each column of the page, -1 in a gap; None where
    its steps are the columns.
    """

    name: str
    entry: "Entry"
    trace: Trace
    places: np.ndarray | None = None

    @property
    def foretells(self) -> bool:
        """Whether it says how surprising each token was."""
        return "out.surprise" in self.trace

    def columns(self, values: np.ndarray) -> np.ndarray:
        """(T,) numbers of its steps -> (C,) of the columns, NaN in a gap."""
        if self.places is None:
            return np.asarray(values, dtype=float)
        return np.where(self.places >= 0, np.asarray(values, dtype=float)[self.places], np.nan)


@dataclass(frozen=True)
class Comparison:
    """Who is compared with whom. mode: `MODELS` or `SENTENCES`; alignment: of two sentences; problems: what
    could not be compared, in sentences.
    """

    mode: str
    sides: tuple[Side, ...]
    alignment: Alignment | None = None
    problems: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """How many columns the page has."""
        return len(self.sides[0].trace) if self.alignment is None else len(self.alignment.first)


def of_models(entries: "list[Entry]", text: str) -> Comparison:
    """Several models on one text; one that cuts it into other tokens has no steps in common with the first,
    and is left out with a sentence.
    """
    sides: list[Side] = []
    problems = []
    for entry, name in zip(entries, names(entries), strict=True):
        trace = gallery.trace(entry, text)
        if sides and trace.tokens != sides[0].trace.tokens:
            problems.append(
                f"{entry.name} cuts the text into other pieces than {sides[0].entry.name}, so their steps "
                "are not the same, and it is left out."
            )
        else:
            sides.append(Side(name, entry, trace))
    return Comparison(MODELS, tuple(sides), problems=tuple(problems))


def of_sentences(entry: "Entry", first: str, second: str) -> Comparison:
    """Two texts on one model, in common columns.

    Read token by token: a library that reads a whole text at once rounds otherwise for another length, and
    what two sentences have in common would not be equal to the last bit.
    """
    traces = [computed.edited(entry, text, ()) for text in (first, second)]
    alignment = _aligned(traces[0].tokens, traces[1].tokens)
    called = ("first sentence", "second sentence")
    sides = tuple(
        Side(name, entry, trace, places)
        for name, trace, places in zip(called, traces, alignment, strict=True)
    )
    return Comparison(SENTENCES, sides, alignment)


@st.cache_data(show_spinner=False, max_entries=16)
def _aligned(first: tuple[str, ...], second: tuple[str, ...]) -> Alignment:
    return align(first, second)


def names(entries: "list[Entry]") -> list[str]:
    """What the models are called on their panels, as short as tells them apart: `LSTM`, `GRU 299`, or the
    name of their folder.
    """
    for called in (
        [words.cell(entry) for entry in entries],
        [f"{words.cell(entry)} {entry.hidden}" for entry in entries],
    ):
        if max(Counter(called).values(), default=1) == 1 and len({words.task(e) for e in entries}) == 1:
            return called
    return [entry.name for entry in entries]


def on_one_scale(traces: list[Trace], name: str) -> list[Trace]:
    """The traces with one and the same range for a quantity: what is equally large has the same colour."""
    domains = [trace[name].domain for trace in traces if name in trace]
    known = [domain for domain in domains if domain is not None]
    if not known or len(known) < len(domains):
        return traces
    common = min(low for low, _ in known), max(high for _, high in known)
    return [_with_domain(trace, name, common) if name in trace else trace for trace in traces]


def _with_domain(trace: Trace, name: str, domain: tuple[float, float]) -> Trace:
    q = trace[name]
    if q.domain == domain:
        return trace
    same = Quantity(q.values, q.dims, q.symbol, q.label, q.kind, domain)
    return Trace(trace.labels, {**trace.quantities, name: same}, trace.meta)
