"""What to look at: the quantity, and behind "more" the layer, the order of the units, the unit by number."""

from dataclasses import dataclass

import streamlit as st

from rnnviz.analysis import ORDERS
from rnnviz.traces import Trace
from rnnviz.ui import address, gallery, pages, words
from rnnviz.ui.fields import field
from rnnviz.ui.panels import STEP, UNIT, WHERE
from rnnviz.ui.reading import Reading

SHOW, LAYER, ORDER, SUMS = "show", "layer", "order", "sums"
FIRST_QUANTITY, FIRST_ORDER = "h", "similarity"
ORDER_WORDS = {"index": "by number", "activity": "liveliest first", "similarity": "alike together"}


@dataclass(frozen=True)
class Look:
    """What is looked at.

    quantity: such as `l0.f`; layer: `l0`; rows: the units from top to bottom, `ordered` its name;
    sums: whether the sums before the activations are offered as well; step: None for the last.
    """

    quantity: str
    layer: str
    rows: tuple[int, ...]
    ordered: str
    unit: int
    sums: bool
    step: int | None


def settle(reading: Reading, trace: Trace) -> Look:
    """Every choice, from the session or else the address."""
    entry = reading.entry
    number = address.settle(LAYER, 1, range(1, entry.layers + 1), what="layer", parse=int)
    layer = f"l{number - 1}"
    kinds = gallery.units(trace, layer)
    show = address.settle(SHOW, FIRST_QUANTITY, kinds, what="quantity")
    sums = kinds[show] == "preactivation" or bool(st.session_state.get(SUMS))
    address.put(SUMS, sums)
    order = address.settle(ORDER, FIRST_ORDER, ORDERS, what="order")
    liveliest = gallery.liveliest(entry, layer)
    unit = address.settle(UNIT, liveliest, range(entry.hidden), what="unit", parse=int)
    return Look(
        quantity=f"{layer}.{show}",
        layer=layer,
        rows=gallery.order(entry, layer, order),
        ordered=ORDER_WORDS[order],
        unit=unit,
        sums=sums,
        step=settle_step(len(trace)),
    )


def settle_step(steps: int) -> int | None:
    """The chosen step; None, for the last, where none was chosen or the text is too short for it now."""
    state = st.session_state
    if STEP not in state and STEP in st.query_params:
        address.settle(STEP, steps - 1, range(steps), what="step", parse=int)
    if state.get(STEP) is not None and not 0 <= state[STEP] < steps:
        state[STEP] = None
    return state.get(STEP)


def choose(reading: Reading, trace: Trace, look: Look) -> None:
    """Draw the quantity picker and the "more" beside it."""
    kinds = gallery.units(trace, look.layer)
    offered = [letter for letter, kind in kinds.items() if look.sums or kind != "preactivation"]
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
    ):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.segmented_control(
                "Show",
                offered,
                key=SHOW,
                persist_state="session",
                required=True,
                format_func=lambda letter: f"${letter}$",
                label_visibility="collapsed",
                wrap=True,
            )
            with st.popover("more", type="tertiary"):
                more(reading, kinds)
        if reading.entry.look:
            st.caption(words.plain(reading.entry.look), width="content")


def more(reading: Reading, kinds: dict[str, str]) -> None:
    """What a newcomer does not need at once."""
    if reading.entry.layers > 1:
        field(st.selectbox, "Layer", range(1, reading.entry.layers + 1), key=LAYER)
    field(st.selectbox, "Order of the units", list(ORDERS), key=ORDER, format_func=ORDER_WORDS.__getitem__)
    field(st.number_input, "Unit", 0, reading.entry.hidden - 1, key=UNIT)
    field(st.toggle, "Sums before the activations", key=SUMS, then=lambda: _leave_sums(kinds))


def _leave_sums(kinds: dict[str, str]) -> None:
    """Show something else when the sums are no longer offered."""
    state = st.session_state
    if not state[SUMS] and kinds.get(state[SHOW]) == "preactivation":
        state[SHOW] = FIRST_QUANTITY


def open_step(look: Look) -> None:
    """The way to Inside a step, where this unit is taken apart at this step."""
    st.session_state[WHERE] = look.layer
    st.page_link(
        pages.page("inside"),
        label=f"Open unit {look.unit} at this step: where do its numbers come from?",
        icon=":material/zoom_in:",
    )


def choices(look: Look) -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    return {name: state[name] for name in (SHOW, LAYER, ORDER, UNIT)} | {STEP: look.step}


def defaults(reading: Reading, look: Look) -> dict[str, object]:
    """What needs not be said there."""
    liveliest = gallery.liveliest(reading.entry, look.layer)
    return {SHOW: FIRST_QUANTITY, LAYER: 1, ORDER: FIRST_ORDER, UNIT: liveliest, STEP: None}
