"""Where a model looks: its weights of attention, a head, one weight opened, and what somebody forced."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz.traces import Trace
from rnnviz.ui import address, computed, forced, gallery, panels, words
from rnnviz.ui.looking import settle_step
from rnnviz.ui.panels import STEP
from rnnviz.ui.reading import Reading
from rnnviz.views import panels as figures
from rnnviz.views.panels.looks import (
    WRITING,
    Looks,
    called,
    first_of,
    layer_of_weights,
    looks_of,
    names_of,
    steps_of,
    weights_of_layer,
)

NAME, HEAD, ROW, COLUMN, BEGIN = "weights", "head", "row", "column", "begin"
MEAN = "mean"
LONGEST = 40  # characters that an answer is made to begin with
WIDEST = 200  # characters whose matrix can be read


@dataclass(frozen=True)
class Seen:
    """What is looked at. trace: with what was forced; original: without, the same if nothing was. looks: the
    attention, one of those there are; head: None for the mean; cell: (row, column) of the weight that is
    opened, None for the panel's choice; right: all that would be right to write, () where nobody knows;
    remark: what there is to say of the text, such as that there is no such date; problem: a sentence.
    """

    trace: Trace
    original: Trace
    looks: Looks
    head: int | None
    cell: tuple[int, int] | None
    step: int | None
    right: tuple[str, ...]
    forced: tuple[forced.Forced, ...]
    remark: str = ""
    problem: str = ""


def settle(reading: Reading) -> Seen:
    """Every choice, from the session or else the address. What the model cannot read is answered with a
    sentence, and its example is read instead.
    """
    state = st.session_state
    address.put(BEGIN, str(state.get(BEGIN, st.query_params.get(BEGIN, "")))[:LONGEST])
    rows = forced.settle()
    begin = state[BEGIN] if reading.entry.writes else ""
    entry, problem = reading.entry, ""
    most = min(WIDEST, getattr(gallery.model(entry), "context", WIDEST))  # that a transformer reads together
    text, example = reading.text[:most], entry.example[:most]
    if len(reading.text) > most:
        problem = words.too_long(len(reading.typed or reading.text), most)
    try:
        trace = computed.attention(entry, text, begin, rows)
    except ValueError as error:
        problem, text, begin = f"{error} This is the example instead.", example, ""
        trace = computed.attention(entry, text, begin, rows)
    original = computed.attention(entry, text, begin, ()) if rows else trace
    name = address.settle(NAME, first_of(trace), names_of(trace), what="attention")
    looks = looks_of(trace, name)
    head = address.settle(HEAD, MEAN, [MEAN, *map(str, range(looks.heads))], what="head")
    return Seen(
        trace,
        original,
        looks,
        None if head == MEAN else int(head),
        _cell(looks),
        settle_step(len(steps_of(trace, looks))),
        computed.right(entry, text) if entry.writes and not begin else (),
        rows,
        computed.remark(entry, text),
        problem,
    )


def _cell(looks: Looks) -> tuple[int, int] | None:
    """The weight that is opened, if it is in this matrix."""
    state = st.session_state
    for key in (ROW, COLUMN):
        given = st.query_params.get(key, "")
        if key not in state:
            state[key] = int(given) if given.isdecimal() and len(given) < 6 else None
    row, column = state[ROW], state[COLUMN]
    if row is None or column is None or row >= len(looks.rows) or column >= len(looks.columns):
        return None
    return row, column


def ask(reading: Reading, seen: Seen) -> None:
    """Draw the fields and choices that the pictures do not offer."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        names = names_of(seen.trace)
        if len(names) > 1:
            st.segmented_control(
                "Layer", names, key=NAME, persist_state="session", required=True, wrap=True,
                format_func=lambda name: called(layer_of_weights(name)) or "attention",
            )  # fmt: skip
        if seen.looks.heads > 1:
            heads = [MEAN, *map(str, range(seen.looks.heads))]
            st.segmented_control(
                "Head", heads, key=HEAD, persist_state="session", required=True,
                format_func=lambda head: head if head == MEAN else str(int(head) + 1),
            )  # fmt: skip
        if reading.entry.writes:
            st.text_input(
                "The answer has to begin with", key=BEGIN, max_chars=LONGEST, width=240,
                persist_state="session",
                help="Words are put into its mouth: it goes on from there, and looks elsewhere.",
            )  # fmt: skip
        if seen.cell:
            forced.offer(seen.trace, seen.looks, seen.head, seen.cell)
    forced.listed(seen.trace, names)
    if seen.problem:
        st.caption(":orange[:material/warning:] " + words.plain(seen.problem))


def draw(seen: Seen) -> list[figures.Panel]:
    """The sentences with the lines between them and the matrix; all heads; the weight that is opened."""
    looks = seen.looks
    drawn = [
        figures.attending(
            seen.trace, looks.name, head=seen.head, step=seen.step, cell=seen.cell,
            target=(seen.right if looks.kind in WRITING else None) or None, forced=_forced(seen),
        )
    ]  # fmt: skip
    panels.show(drawn[0], "attending", on_cell_change=_clicked, on_step_change=_rested)
    if looks.heads:
        drawn.append(figures.heads(seen.trace, layer=looks.layer, head=seen.head, step=seen.step))
        panels.show(drawn[-1], "heads", on_head_change=_chosen)
    return drawn


def _forced(seen: Seen) -> dict[int, list[float]] | None:
    return forced.rows_of(seen.trace, seen.looks, seen.head, seen.forced) or None


def opened(reading: Reading, seen: Seen) -> list[figures.Panel]:
    """One weight, down to the products it came from, and up to what it brings."""
    if seen.head is None and seen.looks.heads > 1:
        st.caption("The mean of several heads has no scores of its own: choose a head, and its weights open.")
        return []
    row, column = seen.cell or (None, None)
    try:
        panel = figures.weight(
            seen.trace, seen.looks.name, row, column, seen.head, step=seen.step, forced=_forced(seen)
        )
    except ValueError as error:  # units that look each for itself have no scores to open
        st.caption(words.plain(str(error)))
        return []
    panels.show(panel, "weight", on_cell_change=_opened)
    return [panel]


def _clicked() -> None:
    _take(st.session_state["attending"].cell)


def _opened() -> None:
    _take(st.session_state["weight"].cell)


def _take(cell: Any) -> None:
    if cell:
        st.session_state[ROW], st.session_state[COLUMN] = int(cell["row"]), int(cell["column"])


def _rested() -> None:
    st.session_state[STEP] = st.session_state["attending"].step


def _chosen() -> None:
    chosen = st.session_state["heads"].head
    st.session_state[NAME] = weights_of_layer(chosen["layer"])
    st.session_state[HEAD] = MEAN if chosen["head"] is None else str(chosen["head"])


def said(reading: Reading, seen: Seen) -> str:
    """What the model answers, and whether that is right, in plain text."""
    answer = seen.trace.meta.get("answer")
    if not isinstance(answer, str):
        return ""
    told, does = ("It writes", "wrote") if reading.entry.writes else ("It answers", "answered")
    told += f" “{answer}”{_judged(seen, answer)}."
    if seen.remark:
        told += f" {seen.remark} So what it writes is no more than a guess."
    if seen.forced and (before := seen.original.meta.get("answer")) != answer:
        told += f" Before its look was forced, it {does} “{before}”."
    return told


def _judged(seen: Seen, answer: str) -> str:
    """How sure the answer is, or whether it is right."""
    if "chance" in seen.trace.meta:
        return f" ({100 * float(seen.trace.meta['chance']):.3g} %)"
    if not seen.right:
        return ""
    if answer in seen.right:
        others = [each for each in seen.right if each != answer]
        return ", which is right" + (f"; {' or '.join(others)} would be, too" if others else "")
    return f", which is wrong: right is {' or '.join(seen.right)}"


def choices(seen: Seen) -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    return {
        NAME: seen.looks.name, HEAD: state[HEAD], ROW: state[ROW], COLUMN: state[COLUMN], BEGIN: state[BEGIN],
        forced.FORCED: ";".join(state[forced.FORCED]), STEP: seen.step,
    }  # fmt: skip


def defaults(seen: Seen) -> dict[str, object]:
    """What needs not be said there."""
    return {NAME: first_of(seen.trace), HEAD: MEAN, BEGIN: "", forced.FORCED: ""}
