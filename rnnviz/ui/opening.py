"""What is opened: a layer in one of its directions, a unit of it, a step; and how the gradient came back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.traces import Trace
from rnnviz.ui import address, computed, gallery, saying, words
from rnnviz.ui.looking import settle_step
from rnnviz.ui.panels import FOLDED, GATE, STEP, UNIT, WHERE
from rnnviz.ui.reading import LIMIT, Reading
from rnnviz.ui.words import Between

if TYPE_CHECKING:
    from rnnviz.gradients import StateGradients

GRADIENT, CUT = "gradient", "cut"
NEVER = 0
_USUAL = "_usual_cut"


@dataclass(frozen=True)
class Place:
    """Where one looks. layer: such as `l0`, or `l0r` for the reverse direction; step: None for the last;
    gate: the letter of the number that is taken apart, None for the cell's first; cut: after how many steps
    the gradient ends, `NEVER` if it goes all the way; gradient: whether its way is drawn; folded: whether
    the network is drawn as one cell with its loop.
    """

    layer: str
    unit: int
    step: int | None
    gate: str | None
    gradient: bool
    cut: int
    folded: bool


def settle(reading: Reading, trace: Trace) -> Place:
    """Every choice, from the session or else the address."""
    entry = reading.entry
    layer = address.settle(WHERE, "l0", layers(trace), what="layer")
    unit = address.settle(UNIT, gallery.liveliest(entry, layer), range(entry.hidden), what="unit", parse=int)
    letters = computed.sums_of(trace)
    gate = address.settle(GATE, letters[0], letters, what="number to take apart")
    shown = address.settle(GRADIENT, "no", ("no", "yes"), what="way of the gradient")
    cut = _settle_cut(computed.learned_in(entry))
    folded = address.settle(FOLDED, "no", ("no", "yes"), what="folding")
    return Place(layer, unit, settle_step(len(trace)), gate, shown == "yes", cut, folded == "yes")


def _settle_cut(usual: int) -> int:
    """Where the gradient ends: as in this model's training, unless the visitor has said otherwise."""
    state = st.session_state
    if CUT in state and state[CUT] == state.get(_USUAL):
        state[CUT] = usual
    state[_USUAL] = usual
    return int(address.settle(CUT, usual, Between(NEVER, LIMIT), what="length of a piece", parse=int))


def layers(trace: Trace) -> list[str]:
    """The layers of a trace, each direction by itself: l0, l0r, l1, l1r."""
    return [name.removesuffix(".h") for name in trace.names if name.endswith(".h") and name.startswith("l")]


def gradients(reading: Reading, place: Place) -> "tuple[StateGradients | None, str]":
    """The way of the gradient, if it is to be drawn; or a sentence why it cannot be."""
    if not place.gradient:
        return None, ""
    try:
        return computed.gradients(reading.entry, reading.text, place.cut or None), ""
    except ValueError as error:  # such as for a single character, which nobody has foretold
        return None, str(error)


def choose(reading: Reading, trace: Trace, place: Place, back: "StateGradients | None", refused: str) -> None:
    """Draw the choices that the pictures do not offer."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        offered = layers(trace)
        if len(offered) > 1:
            st.segmented_control(
                "Cell", offered, key=WHERE, persist_state="session", required=True, format_func=saying.layer
            )
        st.number_input("Unit", 0, reading.entry.hidden - 1, key=UNIT, persist_state="session", width=140)
        st.segmented_control(
            "The gradient's way back",
            ["no", "yes"],
            key=GRADIENT,
            persist_state="session",
            required=True,
            help="How far the loss reaches back: lines against the arrows, as wide as dL/dh is long.",
        )
        if place.gradient and reading.entry.directions == 1:
            st.number_input(
                "cut after so many steps (0: never)",
                NEVER,
                LIMIT,
                key=CUT,
                persist_state="session",
                width=220,
                help="Truncated backpropagation: the state goes on, the gradient does not.",
            )
    if refused:
        st.caption(":orange[:material/info:] " + words.plain(refused))
    elif back:
        st.caption(words.plain(saying.gradient_of(back.of, back.loss, back.cut)))


def title(trace: Trace, place: Place) -> str:
    """What the page is called when it is taken away."""
    return f"Unit {place.unit} of {trace.meta['model'] or 'a model'}, step by step"


def choices(place: Place) -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    return {name: state[name] for name in (WHERE, UNIT, GATE, GRADIENT, CUT, FOLDED)} | {STEP: place.step}


def defaults(reading: Reading, trace: Trace, place: Place) -> dict[str, object]:
    """What needs not be said there."""
    return {
        WHERE: "l0",
        UNIT: gallery.liveliest(reading.entry, place.layer),
        GATE: computed.sums_of(trace)[0],
        GRADIENT: "no",
        FOLDED: "no",
        CUT: computed.learned_in(reading.entry),
        STEP: None,
    }
