"""What if: the edits that are made, one by one, in the order in which they were thought of."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from rnnviz.analysis import difference
from rnnviz.traces import Trace
from rnnviz.ui import address, computed, lessons_of_edits, panels, words
from rnnviz.ui.panels import STEP, UNIT
from rnnviz.ui.reading import Reading
from rnnviz.views import panels as figures

EDITS, TYPED, SHOWN = "edits", "edit", "shown"
WHAT, WHERE, WHEN, HOW, VALUE = "edit_what", "edit_units", "edit_steps", "edit_how", "edit_value"
SETTINGS = {"is": "=", "times": "*=", "is held": "=hold"}
VIEWS = {"difference": "what is different", "edited": "as it is now", "original": "as it was"}
_PROBLEM, _PLACE = "_edit_problem", "_edit_place"
BETWEEN = "\n"  # of two edits in a link: no edit that is typed has one


@dataclass(frozen=True)
class Edited:
    """A reading as it was, and as it is with the edits. problem: why one of them could not be made, if so."""

    original: Trace
    edited: Trace
    edits: tuple[str, ...]
    problem: str = ""


def settle(reading: Reading) -> Edited:
    """The edits of the visit, as the session says or else the address; those that do not fit are left out."""
    state = st.session_state
    if EDITS not in state:
        given = st.query_params.get(EDITS, "")
        state[EDITS] = [each for each in given.split(BETWEEN) if each.strip()]
    state[EDITS] = list(state[EDITS])
    original = computed.edited(reading.entry, reading.text, ())
    problems: list[str] = []
    fitting: list[str] = []
    for each in state[EDITS]:
        try:
            computed.check_edits(reading.entry, reading.text, (*fitting, each))
            fitting.append(each)
        except ValueError as error:
            problems.append(str(error))
    address.settle(SHOWN, "difference", VIEWS, what="view")
    edits = tuple(fitting)
    return Edited(original, computed.edited(reading.entry, reading.text, edits), edits, " ".join(problems))


def ask(reading: Reading, made: Edited) -> None:
    """Draw the lessons, the builder, the field, and the list of what was changed."""
    _lessons(reading)
    _builder(reading, made.original)
    _made()
    for sentence in filter(None, (st.session_state.get(_PROBLEM), made.problem)):
        st.caption(":orange[:material/warning:] " + words.plain(sentence))


def _lessons(reading: Reading) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try", width="content")
        for lesson in lessons_of_edits.of(reading.entry):
            st.button(
                lesson.title, key=f"lesson_{lesson.name}", help=lesson.look, type="tertiary",
                on_click=_add, args=(reading, list(lesson.edits)),
            )  # fmt: skip
        if reading.entry.type == "language":
            st.button(
                "the unit whose death costs most", key="lesson_dead", type="tertiary",
                help="Every unit is held at 0 in turn, all in one batch; the dearest is then left dead.",
                on_click=_kill, args=(reading,),
            )  # fmt: skip


def _builder(reading: Reading, original: Trace) -> None:
    state = st.session_state
    names = computed.editable(reading.entry)
    if state.get(WHAT) not in names:
        state[WHAT] = next(name for name in names if name.endswith(".h"))
    _follow_clicks()
    state.setdefault(VALUE, 0.0)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox("Change", names, key=WHAT, persist_state="session", width=110)
        st.text_input(
            "of units",
            key=WHERE,
            persist_state="session",
            width=110,
            help="5, or 3,8:12 (without 12), or * for all",
        )
        st.text_input(
            "at steps",
            key=WHEN,
            persist_state="session",
            width=110,
            help="7, or 3:10 (without 10), 3: from 3 on, or *",
        )
        st.selectbox("it", list(SETTINGS), key=HOW, persist_state="session", width=110)
        st.number_input(
            "value",
            key=VALUE,
            persist_state="session",
            width=130,
            format="%g",
            disabled=state.get(HOW) == "is held",
        )
        st.button("Change it", key="change", type="primary", on_click=_build, args=(reading,))
        st.text_input(
            "or in one line", key=TYPED, placeholder="l0.f[*]@3:10=0   text@4=x   start=another text",
            on_change=_typed, args=(reading,),
        )  # fmt: skip


def _follow_clicks() -> None:
    """The builder begins with the unit that is looked at; a click on a cell fills in its place."""
    state = st.session_state
    place = state.get(UNIT), state.get(STEP)
    if WHERE not in state:
        state[WHERE], state[WHEN] = str(place[0]), "*"
    elif place != state.get(_PLACE, place):
        state[WHERE], state[WHEN] = str(place[0]), "*" if place[1] is None else str(place[1])
    state[_PLACE] = place


def _made() -> None:
    """What was changed so far, each to be taken back."""
    state = st.session_state
    if not state[EDITS]:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for place, each in enumerate(state[EDITS]):
            st.button(
                f"`{each.replace('`', '')[:60]}`", key=f"undo_{place}", icon=":material/close:",
                on_click=_remove, args=(place,), help="Take this change back.",
            )  # fmt: skip
        if len(state[EDITS]) > 1:
            st.button("take all back", key="undo_all", type="tertiary", on_click=state[EDITS].clear)


def _build(reading: Reading) -> None:
    state = st.session_state
    how = SETTINGS[state[HOW]]
    value = "" if how == "=hold" else f"{state[VALUE]:.9g}"
    units, steps = (state[key].replace(" ", "") or "*" for key in (WHERE, WHEN))
    _add(reading, [f"{state[WHAT]}[{units}]@{steps}{how}{value}"])


def _typed(reading: Reading) -> None:
    typed = st.session_state[TYPED].strip()
    if typed:
        _add(reading, [typed])
        if not st.session_state[_PROBLEM]:
            st.session_state[TYPED] = ""


def _kill(reading: Reading) -> None:
    try:
        unit = computed.dearest(reading.entry, reading.text)
    except ValueError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    _add(reading, [f"l0.h[{unit}]=0"])


def _add(reading: Reading, edits: list[str]) -> None:
    """Take edits over, if they can be made."""
    state = st.session_state
    state[_PROBLEM] = ""
    try:
        computed.check_edits(reading.entry, reading.text, (*state[EDITS], *edits))
    except ValueError as error:
        state[_PROBLEM] = str(error)
        return
    state[EDITS] = [*state[EDITS], *edits]


def _remove(place: int) -> None:
    st.session_state[_PROBLEM] = ""
    del st.session_state[EDITS][place]


def worth(reading: Reading) -> None:
    """What each unit of the first layer is worth on this text, the dearest first, one click away."""
    if reading.entry.type != "language":
        return
    drawer = st.expander(
        "What each unit is worth: the loss with it dead, ranked", on_change="rerun", key="worth"
    )
    if not drawer.open:
        return
    with drawer:
        try:
            found = computed.ablation(reading.entry, reading.text)
        except ValueError as error:
            st.caption(words.plain(str(error)))
            return
        rows = [
            {"unit": int(unit), "loss with it dead": found.losses[unit], "cost in nats": found.costs[unit]}
            for unit in found.order
        ]
        better = int((found.costs < 0).sum())
        st.caption(
            f"With all units alive the text costs {found.loss:.4g} nats a character; all "
            f"{len(rows)} were held at 0 in turn, in one batch. Without {better} of them it would cost less."
        )
        st.dataframe(rows, hide_index=True, height=280, width=420)


def shown(made: Edited) -> Trace:
    """What is different, what is now or what was, as was chosen."""
    view = st.session_state[SHOWN]
    if view == "difference":
        return difference(made.original, made.edited)
    return made.edited if view == "edited" else made.original


def choose_view() -> None:
    """Draw the choice between the three."""
    st.segmented_control(
        "Shown", list(VIEWS), key=SHOWN, required=True, format_func=VIEWS.__getitem__,
        persist_state="session",
        label_visibility="collapsed", width="content",
    )  # fmt: skip


def ribbons(made: Edited, step: int | None) -> list[figures.Panel]:
    """Draw how surprising each character was and is, for a model that expects what comes next."""
    if "out.surprise" not in made.original:
        return []
    both = (made.original, "As it was"), (made.edited, "As it is now")
    highest = max(float(np.nanmax(trace["out.surprise"].values, initial=0.0)) for trace, _ in both)
    drawn = [figures.ribbon(trace, step=step, title=title, highest=highest) for trace, title in both]
    for panel, key in zip(drawn, ("was", "is"), strict=True):
        panels.show(panel, f"ribbon_{key}")
    player = figures.player(made.edited, step=step)
    panels.player(player)
    return [*drawn, player]


def choices() -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    return {EDITS: BETWEEN.join(state[EDITS]), SHOWN: state[SHOWN]}


DEFAULTS: dict[str, object] = {EDITS: "", SHOWN: "difference"}
