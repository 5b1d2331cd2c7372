"""The film strip: any sentence, read by the model as it was at each step whose weights were kept."""

from typing import Any

import numpy as np
import streamlit as st

from rnnviz.analysis import unit_order
from rnnviz.traces import Trace
from rnnviz.ui import panels, words
from rnnviz.ui.reading import one_line
from rnnviz.ui.runs import Followed
from rnnviz.views import panels as figures

TEXT, SHOW, FRAME = "film_text", "film_show", "frame"
LONGEST = 200  # characters of a sentence: each costs a column in every frame
MOST_FRAMES = 24
NEWEST = -1


def settle(run: Followed) -> str:
    """The sentence of the film: what was typed, or the address says, or the task's example."""
    state = st.session_state
    given = state.get(TEXT) or st.query_params.get(TEXT, "")
    text = state[TEXT] = one_line(given)[:LONGEST]
    return text


def ask() -> None:
    """The field for the sentence; the strip follows each key."""
    st.text_input(
        "The sentence of the film", key=TEXT, live="200ms", max_chars=LONGEST,
        placeholder="Type a sentence: every network of the strip reads it along",
    )  # fmt: skip


def strip(run: Followed) -> None:
    """The strip itself, with what the steps reached below their frames."""
    steps = _steps(run)
    frames = {}
    for step in steps:
        try:
            frames[step] = _trace(str(run.folder), step, _file_state(run, step), _input(run))
        except (ValueError, OSError) as error:
            st.caption(":orange[:material/warning:] " + words.plain(str(error)))
            return
    if not frames:
        st.caption("The film begins as soon as the run does.")
        return
    newest = frames[max(frames)]
    offered = [
        name for name, quantity in newest.quantities.items()
        if quantity.dims == ("step", "unit") and quantity.kind != "preactivation"
    ]  # fmt: skip
    state = st.session_state
    if state.get(SHOW) not in offered:
        state[SHOW] = offered[0]
    state[SHOW] = state[SHOW]
    st.segmented_control("Show", offered, key=SHOW, required=True, label_visibility="collapsed", wrap=True)
    panels.film(
        figures.film(
            frames,
            state[SHOW],
            measured=_held_out(run),
            metric=run.metric,
            order=_order(newest, state[SHOW]),
            ordered="alike together",
            chosen=state.get(FRAME, NEWEST),
        )
    )


def _steps(run: Followed) -> list[int]:
    """The kept steps that are shown: all, or of very many evenly picked ones, the first and the last too."""
    kept = sorted({int(event["step"]) for event in run.events() if event["kind"] == "kept"})
    if len(kept) <= MOST_FRAMES:
        return kept
    picked = np.linspace(0, len(kept) - 1, MOST_FRAMES).round().astype(int)
    return [kept[place] for place in picked]


def _held_out(run: Followed) -> dict[int, float | None]:
    """The held-out metric at each kept step: that of the last evaluation up to it."""
    events = run.events()
    found: dict[int, float | None] = {}
    last: float | None = None
    for event in events:
        if event["kind"] == "evaluated":
            last = event.get("held_out")
            if event["step"] in found:
                found[event["step"]] = last
        if event["kind"] == "kept":
            found[event["step"]] = None
    return found


def _input(run: Followed) -> Any:
    """What is read: the sentence, or what the task shows of its numbers, as a tuple that can be a key."""
    shown = run.task.get("shown")
    if shown:
        return tuple(tuple(float(number) for number in row) for row in shown)
    text = st.session_state.get(TEXT)
    return text or run.example


def _file_state(run: Followed, step: int) -> int:
    from rnnviz.training.film import name_of

    return (run.folder / "steps" / name_of(step)).stat().st_mtime_ns


@st.cache_resource(show_spinner=False, max_entries=400)
def _trace(folder: str, step: int, state: int, given: Any) -> Trace:
    from rnnviz.record import record

    read = given if isinstance(given, str) else np.array(given, dtype=np.float32)
    return record(_model(folder, step, state), read, compare=False)


@st.cache_resource(show_spinner=False, max_entries=200)
def _model(folder: str, step: int, state: int) -> Any:
    from rnnviz.checkpoints import load_at

    return load_at(folder, step)


def _order(trace: Trace, name: str) -> list[int]:
    return [int(unit) for unit in unit_order(trace[name], "similarity")]


def what(run: Followed) -> str:
    """What is read, in a word."""
    return {"series": "series", "image": "image"}.get(str(run.task.get("kind")), "sentence")


def reads_text(run: Followed) -> bool:
    """Whether the film is of a sentence that can be typed."""
    return bool(run.example)
