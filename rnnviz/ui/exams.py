"""The exam that models of one task take together: how often each is right, by the length of what it reads."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz.analysis.length_story import length_story
from rnnviz.analysis.lengths import ByLength, by_length
from rnnviz.ui import computed, words
from rnnviz.ui.alongside import EXAM, MOST_EXAMS, QUESTIONS, Aside
from rnnviz.ui.reading import TEXT
from rnnviz.ui.remembering.taking import Rows, table
from rnnviz.views.lengths import PICKED, lengths

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry
    from rnnviz.tasks.pairs import Pair

PIECES = 8  # of an exam: a key that is typed meanwhile waits for one
CHART = 350  # pixels, with its title and its axis
KEY = "exam_chart"
HEAD = ("model", "shortest", "longest", "examples", "right", "share", "low", "high")


def draw(aside: Aside) -> None:
    """The chart, what is to be seen in it, other questions, and the numbers as a table.

    The questions are answered piece by piece, and between two pieces Streamlit attends to the visitor. What
    has been answered is kept, so a key neither waits for an exam nor begins one anew.
    """
    task = computed.task_of(aside.chosen)
    asked = computed.questions(aside.chosen, QUESTIONS, aside.seed)
    if task is None or not asked:
        return
    things, unit, trained_to = task.things, task.unit, task.trained_to
    with st.container(height=CHART, border=False):
        found, refused = _taken(aside, things)
        names = {entry.name: aside.ways[entry.name].short for entry in aside.shown}
        spec = lengths.spec(
            {names[name]: one for name, one in found.items()},
            places=[aside.places[name] for name in found],
            trained_to=trained_to,
            yours=len(aside.text),
            things=things,
            unit=unit,
            title="How often each is right" if len(found) > 1 else "How often it is right",
            theme=st.context.theme.type or "light",
        )
        if found:
            st.vega_lite_chart(
                spec=spec, key=KEY, theme=None, width="stretch", selection_mode=[PICKED],
                on_select=lambda: _picked(aside, {short: name for name, short in names.items()}),
            )  # fmt: skip
    st.text(length_story({names[name]: one for name, one in found.items()}, trained_to, things, unit))
    for sentence in refused:
        st.caption(":orange[:material/info:] " + words.plain(sentence))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            f"Other {things}", key="other_exam", icon=":material/shuffle:", type="tertiary", on_click=_again,
            help=f"The same exam with other {things}, which nobody learned from either.",
        )  # fmt: skip
        st.download_button(
            "this chart (.csv)", lambda: table(HEAD, rows(found)), file_name="rnnviz-exam.csv",
            mime="text/csv", on_click="ignore", type="tertiary", key="take_exam",
        )  # fmt: skip
        st.caption(f"{len(asked):,} {things} that nobody learned from, the same for all.", width="content")


def _taken(aside: Aside, things: str) -> tuple[dict[str, ByLength], list[str]]:
    """What each model that is shown reached, by name; and why others could not take the exam."""
    found: dict[str, ByLength] = {}
    refused = []
    told = st.empty()
    for place, entry in enumerate(aside.shown):
        try:
            exams = []
            for piece in range(PIECES):
                exams.append(computed.exam(entry, QUESTIONS, aside.seed, piece, PIECES))
                part = (place + (piece + 1) / PIECES) / len(aside.shown)
                told.caption(f"Each answers {QUESTIONS:,} {things}: {part:.0%} are done.")
        except ValueError as error:
            refused.append(f"{entry.name} could not take this exam: {error}")
            continue
        right = np.concatenate([exam.right for exam in exams])
        found[entry.name] = by_length(np.concatenate([exam.lengths for exam in exams]), right)
    told.empty()
    return found, refused


def rows(found: Mapping[str, ByLength]) -> Rows:
    """A row for each model and group of lengths."""
    for name, one in found.items():
        for place in range(len(one.length)):
            shares = (f"{float(part[place]):.6g}" for part in (one.share, one.low, one.high))
            whole = (int(part[place]) for part in (one.first, one.last, one.count, one.right))
            yield name, *whole, *shares


def _again() -> None:
    st.session_state[EXAM] = (st.session_state[EXAM] + 1) % MOST_EXAMS


def _picked(aside: Aside, names: Mapping[str, str]) -> None:
    """A point was clicked: an example of its length is read, one that its model got wrong if there is one."""
    picked = st.session_state[KEY].selection.get(PICKED) or []
    if not picked or picked[0].get("model") not in names:
        return
    entry = next(entry for entry in aside.shown if entry.name == names[picked[0]["model"]])
    if pair := example(aside, entry, int(picked[0]["first"]), int(picked[0]["last"])):
        st.session_state[TEXT] = pair.source


def example(aside: Aside, entry: "Entry", first: int, last: int) -> "Pair | None":
    """A question of some lengths, if possible one that the model got wrong, and not the one that is read."""
    exams = [computed.exam(entry, QUESTIONS, aside.seed, piece, PIECES) for piece in range(PIECES)]
    fitting = [
        (bool(right), pair.source == aside.text, pair)
        for exam in exams
        for right, pair in zip(exam.right, exam.pairs, strict=True)
        if first <= len(pair.source) <= last
    ]
    return min(fitting, key=lambda each: each[:2])[2] if fitting else None
