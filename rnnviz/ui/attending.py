"""Where a model looks: its weights of attention, a head, one weight opened, and what somebody forced."""

import re
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz.traces import Trace
from rnnviz.ui import address, computed, panels, words
from rnnviz.ui.looking import settle_step
from rnnviz.ui.panels import STEP
from rnnviz.ui.reading import Reading
from rnnviz.views import panels as figures

NAME, HEAD, ROW, COLUMN, BEGIN, FORCED = "weights", "head", "row", "column", "begin", "forced"
MEAN = "mean"
LONGEST = 40  # characters that an answer is made to begin with
WIDEST = 200  # characters whose matrix can be read
MOST = 50  # rows that are forced
_ONE = re.compile(r"(?P<name>(?:l\d+\.)?attn\.weights)(?:\[(?P<head>\d+)\])?@(?P<row>\d+)=(?P<column>\d+)\Z")

Forced = tuple[str, int | None, int, int]


@dataclass(frozen=True)
class Seen:
    """What is looked at. trace: with what was forced; original: without, the same if nothing was. name: of
    the weights; head: None for the mean; cell: (row, column) of the weight that is opened, None for the
    panel's choice; right: all that would be right to write, () where nobody knows; problem: a sentence.
    """

    trace: Trace
    original: Trace
    name: str
    head: int | None
    cell: tuple[int, int] | None
    step: int | None
    right: tuple[str, ...]
    forced: tuple[Forced, ...]
    problem: str = ""


def settle(reading: Reading) -> Seen:
    """Every choice, from the session or else the address. What the model cannot read is answered with a
    sentence, and its example is read instead.
    """
    state = st.session_state
    state[BEGIN] = str(state.get(BEGIN, st.query_params.get(BEGIN, "")))[:LONGEST]
    if FORCED not in state:
        state[FORCED] = [each for each in st.query_params.get(FORCED, "").split(";") if _ONE.match(each)]
    forced = tuple(_read(match) for each in state[FORCED][:MOST] if (match := _ONE.match(each)))
    begin = state[BEGIN] if reading.entry.type == "seq2seq" else ""
    entry, text, problem = reading.entry, reading.text[:WIDEST], ""
    if len(reading.text) > WIDEST:
        problem = words.too_long(len(reading.typed), WIDEST)
    try:
        trace = computed.attention(entry, text, begin, forced)
    except ValueError as error:
        problem, text, begin = f"{error} This is the example instead.", entry.example, ""
        trace = computed.attention(entry, text, begin, forced)
    original = computed.attention(entry, text, begin, ()) if forced else trace
    names = figures.attention_names(trace)
    name = address.settle(NAME, names[0], names, what="attention")
    heads = trace[name].values.shape[0] if trace[name].dims[:1] == ("head",) else 0
    head = address.settle(HEAD, MEAN, [MEAN, *map(str, range(heads))], what="head")
    return Seen(
        trace,
        original,
        name,
        None if head == MEAN else int(head),
        _cell(trace, name),
        settle_step(len(trace)),
        computed.right(entry, text) if entry.type == "seq2seq" and not begin else (),
        forced,
        problem,
    )


def _read(match: re.Match[str]) -> Forced:
    head = match["head"]
    return match["name"], None if head is None else int(head), int(match["row"]), int(match["column"])


def _cell(trace: Trace, name: str) -> tuple[int, int] | None:
    """The weight that is opened, if it is in this matrix."""
    state = st.session_state
    for key in (ROW, COLUMN):
        given = st.query_params.get(key, "")
        if key not in state:
            state[key] = int(given) if given.isdecimal() and len(given) < 6 else None
    shape = trace[name].values.shape[-2:]
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    row, column = state[ROW], state[COLUMN]
    if row is None or column is None or row >= rows or column >= columns:
        return None
    return row, column


def ask(reading: Reading, seen: Seen) -> None:
    """Draw the fields and choices that the pictures do not offer."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        names = figures.attention_names(seen.trace)
        if len(names) > 1:
            st.segmented_control("Layer", names, key=NAME, required=True, format_func=_layer)
        heads = seen.trace[seen.name].values.shape[0] if seen.trace[seen.name].dims[:1] == ("head",) else 0
        if heads > 1:
            st.segmented_control("Head", [MEAN, *map(str, range(heads))], key=HEAD, required=True)
        if reading.entry.type == "seq2seq":
            st.text_input(
                "The answer has to begin with", key=BEGIN, max_chars=LONGEST, width=240,
                help="Words are put into its mouth: it goes on from there, and looks elsewhere.",
            )  # fmt: skip
        if seen.cell:
            st.button(
                f"Look only there: row {seen.cell[0]}, column {seen.cell[1]}", key="force",
                icon=":material/center_focus_strong:", on_click=_force, args=(seen, *seen.cell),
                help="This row of weights becomes 1 here and 0 elsewhere: see what changes after it.",
            )  # fmt: skip
    if seen.forced:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            for place, each in enumerate(st.session_state[FORCED]):
                st.button(
                    f"`{each}`", key=f"unforce_{place}", icon=":material/close:", on_click=_let_go,
                    args=(place,), help="Let this row look where it wants again.",
                )  # fmt: skip
    if seen.problem:
        st.caption(":orange[:material/warning:] " + words.plain(seen.problem))


def _layer(name: str) -> str:
    prefix = name.partition(".")[0]
    return f"layer {int(prefix[1:]) + 1}" if prefix.startswith("l") else "attention"


def _force(seen: Seen, row: int, column: int) -> None:
    head = "" if seen.head is None else f"[{seen.head}]"
    said = f"{seen.name}{head}@{row}={column}"
    kept = [each for each in st.session_state[FORCED] if each.partition("=")[0] != said.partition("=")[0]]
    st.session_state[FORCED] = [*kept, said][-MOST:]


def _let_go(place: int) -> None:
    del st.session_state[FORCED][place]


def draw(seen: Seen) -> list[figures.Panel]:
    """The sentences with the lines between them and the matrix; all heads; the weight that is opened."""
    forced = {
        row: _alone(seen.trace, seen.name, column)
        for name, head, row, column in seen.forced
        if name == seen.name and head == seen.head
    }
    drawn = [
        figures.attending(
            seen.trace, seen.name, head=seen.head, step=seen.step, cell=seen.cell, target=seen.right or None,
            forced=forced or None,
        )
    ]  # fmt: skip
    panels.show(drawn[0], "attending", on_cell_change=_clicked, on_step_change=_rested)
    if seen.trace[seen.name].dims[:1] == ("head",):
        drawn.append(
            figures.heads(seen.trace, layer=seen.name.partition(".")[0], head=seen.head, step=seen.step)
        )
        panels.show(drawn[-1], "heads", on_head_change=_chosen)
    return drawn


def opened(reading: Reading, seen: Seen) -> list[figures.Panel]:
    """One weight, down to the products it came from, and up to what it brings."""
    if seen.head is None and seen.trace[seen.name].dims[:1] == ("head",):
        st.caption("The mean of several heads has no scores of its own: choose a head, and its weights open.")
        return []
    row, column = seen.cell or (None, None)
    vector = f"{seen.name.removesuffix('weights')}w"
    try:
        panel = figures.weight(
            seen.trace, seen.name, row, column, seen.head, step=seen.step,
            vector=seen.trace[vector].values if vector in seen.trace else None,
        )  # fmt: skip
    except ValueError as error:  # weights that were set by hand are not those of the scores
        st.caption(words.plain(str(error)))
        return []
    panels.show(panel, "weight", on_cell_change=_opened)
    return [panel]


def _alone(trace: Trace, name: str, column: int) -> list[float]:
    count = trace[name].values.shape[-1]
    return [float(place == column) for place in range(count)]


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
    st.session_state[NAME] = f"{chosen['layer']}.attn.weights"
    st.session_state[HEAD] = MEAN if chosen["head"] is None else str(chosen["head"])


def said(reading: Reading, seen: Seen) -> str:
    """What the model answers, and whether that is right, in plain text."""
    answer = seen.trace.meta.get("answer")
    if not isinstance(answer, str):
        return ""
    told = f"It {'writes' if reading.entry.type == 'seq2seq' else 'answers'} “{answer}”"
    if seen.forced and (before := seen.original.meta.get("answer")) != answer:
        told += f", and wrote “{before}” before its look was forced"
    if "chance" in seen.trace.meta:
        return f"{told} ({100 * float(seen.trace.meta['chance']):.3g} %)."
    if not seen.right:
        return f"{told}."
    if answer in seen.right:
        others = [each for each in seen.right if each != answer]
        return f"{told}, which is right" + (f"; {' or '.join(others)} would be, too." if others else ".")
    return f"{told}, which is wrong: right is {' or '.join(seen.right)}."


def choices(seen: Seen) -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    return {
        NAME: seen.name, HEAD: state[HEAD], ROW: state[ROW], COLUMN: state[COLUMN], BEGIN: state[BEGIN],
        FORCED: ";".join(state[FORCED]), STEP: seen.step,
    }  # fmt: skip


def defaults(seen: Seen) -> dict[str, object]:
    """What needs not be said there."""
    return {NAME: figures.attention_names(seen.trace)[0], HEAD: MEAN, BEGIN: "", FORCED: ""}
