"""Rows of attention that have to look at one column alone: in the address, as buttons, in the pictures."""

import re
from collections.abc import Collection

import numpy as np
import streamlit as st

from rnnviz.traces import Trace
from rnnviz.views.panels.looks import CLOSE, Looks, called, layer_of_weights, looks_of, matrix_of, shut_of

FORCED = "forced"
MOST = 50  # rows that are forced
_ONE = re.compile(
    r"(?P<name>(?:(?:enc|dec)\.)?(?:l\d{1,5}\.)?(?:attn|cross)\.weights)"
    r"(?:\[(?P<head>\d{1,5})\])?@(?P<row>\d{1,5})=(?P<column>\d{1,5})\Z",
    re.ASCII,
)

Forced = tuple[str, int | None, int, int]
"""The name of the weights, the head (None for all), the row and the column."""


def settle() -> tuple[Forced, ...]:
    """What is forced, from the session or else the address: `dec.l1.cross.weights[0]@3=5;...`."""
    state = st.session_state
    if FORCED not in state:
        state[FORCED] = [each for each in st.query_params.get(FORCED, "").split(";") if _ONE.match(each)]
    return tuple(_read(match) for each in state[FORCED][:MOST] if (match := _ONE.match(each)))


def _read(match: re.Match[str]) -> Forced:
    head = match["head"]
    return match["name"], None if head is None else int(head), int(match["row"]), int(match["column"])


def offer(trace: Trace, looks: Looks, head: int | None, cell: tuple[int, int]) -> None:
    """Draw the button that forces a row, unless it may not look there, since that is still to come."""
    row, column = cell
    shut = shut_of(trace, looks)
    if shut is not None and shut[row, column]:
        return
    st.button(
        f"Look only there: row {row}, column {column}", key="force", icon=":material/center_focus_strong:",
        on_click=_force, args=(looks.name, head, row, column),
        help="This row of weights becomes 1 here and 0 elsewhere: see what changes after it.",
    )  # fmt: skip


def listed(trace: Trace, names: Collection[str]) -> None:
    """Draw a button for each row that is forced in one of these attentions, which lets it go."""
    here = [(place, each) for place, each in enumerate(settle()) if each[0] in names]
    if not here:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for place, (name, head, row, column) in here:
            there = _there(looks_of(trace, name), head, row, column)
            st.button(
                _said(name, head, row, column) + ("" if there else ", without effect here"),
                key=f"unforce_{place}", icon=":material/close:", on_click=_let_go, args=(place,),
                help="Let this row look where it wants again.",
            )  # fmt: skip


def _there(looks: Looks, head: int | None, row: int, column: int) -> bool:
    """Whether an attention has such a head, row and column; what is not written yet is none."""
    columns = min(len(looks.columns), row + 1) if looks.kind == "back" else len(looks.columns)
    return row < len(looks.rows) and column < columns and (head or 0) < max(looks.heads, 1)


def _said(name: str, head: int | None, row: int, column: int) -> str:
    """`cross 2, head 1: row 3 → column 5`."""
    layer = called(layer_of_weights(name))
    whose = ", ".join(filter(None, (layer, "" if head is None else f"head {head + 1}")))
    return f"{whose}{': ' if whose else ''}row {row} → column {column}"


def _force(name: str, head: int | None, row: int, column: int) -> None:
    said = f"{name}{'' if head is None else f'[{head}]'}@{row}={column}"
    kept = [each for each in st.session_state[FORCED] if each.partition("=")[0] != said.partition("=")[0]]
    st.session_state[FORCED] = [*kept, said][-MOST:]


def _let_go(place: int) -> None:
    del st.session_state[FORCED][place]


def rows_of(
    trace: Trace, looks: Looks, head: int | None, forced: Collection[Forced]
) -> dict[int, list[float]]:
    """The rows of a matrix that look where they were forced to, with their weights. What was asked of a row
    or column that this text does not have, or of other heads than the one that is shown, is not among them.
    """
    weights = matrix_of(trace, looks, "weights", head)
    found = {}
    for name, whose, row, column in forced:
        if name != looks.name or whose not in (None, head) or not _there(looks, whose, row, column):
            continue
        alone = np.eye(weights.shape[1])[column]
        if np.allclose(weights[row], alone, rtol=0, atol=CLOSE):
            found[row] = alone.tolist()
    return found
