"""The pictures of a comparison: ribbons and heatmaps on one scale, in common columns."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from rnnviz.analysis import ORDERS, difference, spread
from rnnviz.traces import Trace
from rnnviz.ui import address, gallery, opening, panels, saying, words
from rnnviz.ui.comparing import sides
from rnnviz.ui.comparing.sides import SENTENCES, Comparison, Side
from rnnviz.ui.fields import field
from rnnviz.ui.looking import FIRST_ORDER, FIRST_QUANTITY, ORDER, ORDER_WORDS, SHOW, settle_step
from rnnviz.ui.panels import STEP, WHERE
from rnnviz.views import panels as figures

MARKED = "marked"
SMALLEST = 120  # pixels of a heatmap
ROW = 14  # pixels of a row at most
WANTED = 260  # pixels of a heatmap, if its rows fit; a row has a pixel at least


@dataclass(frozen=True)
class Look:
    """What of all sides is looked at: `letter` of `layer`, such as f of l0; order: of the units; step: None
    for the last; marked: a unit of each side, None where nobody chose one.
    """

    letter: str
    layer: str
    order: str
    step: int | None
    marked: tuple[int | None, ...]

    @property
    def quantity(self) -> str:
        """The name of what is looked at: l0.f."""
        return f"{self.layer}.{self.letter}"


def settle(compared: Comparison) -> Look:
    """Every choice, from the session or else the address."""
    layers = list(dict.fromkeys(name for side in compared.sides for name in opening.layers(side.trace)))
    layer = address.settle(WHERE, "l0", layers, what="layer")
    letter = address.settle(SHOW, FIRST_QUANTITY, letters(compared, layer), what="quantity")
    order = address.settle(ORDER, FIRST_ORDER, ORDERS, what="order")
    return Look(letter, layer, order, settle_step(compared.steps), _settle_marked(compared))


def letters(compared: Comparison, layer: str) -> list[str]:
    """The letters of a layer that at least one side has, but for the sums before the activations."""
    return list(
        dict.fromkeys(
            letter
            for side in compared.sides
            for letter, kind in gallery.units(side.trace, layer).items()
            if kind != "preactivation"
        )
    ) or [FIRST_QUANTITY]


def _settle_marked(compared: Comparison) -> tuple[int | None, ...]:
    """The unit that was clicked in each heatmap, by the name of its model."""
    state = st.session_state
    if MARKED not in state:
        given = (each.rpartition(":") for each in st.query_params.get(MARKED, "").split(","))
        state[MARKED] = {name: int(unit) for name, _, unit in given if unit.isdecimal() and len(unit) < 6}
    marked: dict[str, int] = state[MARKED]
    found = (marked.get(side.entry.name) for side in compared.sides)
    hidden = (side.entry.hidden for side in compared.sides)
    return tuple(
        unit if unit is not None and unit < most else None for unit, most in zip(found, hidden, strict=True)
    )


def choose(compared: Comparison, look: Look) -> None:
    """Draw the choice of a quantity for all, and the "more" beside it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Show", letters(compared, look.layer), key=SHOW, required=True, label_visibility="collapsed",
            persist_state="session",
            format_func=lambda letter: f"${letter}$", wrap=True,
        )  # fmt: skip
        layers = list(dict.fromkeys(name for side in compared.sides for name in opening.layers(side.trace)))
        if len(layers) > 1:
            st.segmented_control(
                "Layer",
                layers,
                key=WHERE,
                persist_state="session",
                required=True,
                format_func=saying.layer,
                label_visibility="collapsed",
            )
        with st.popover("more", type="tertiary"):
            field(
                st.selectbox,
                "Order of the units",
                list(ORDERS),
                key=ORDER,
                format_func=ORDER_WORDS.__getitem__,
            )
        if compared.mode != SENTENCES and len(compared.sides) > 1:
            st.caption(
                "Units of two trainings do not correspond: compare patterns, not rows.", width="content"
            )


def ribbons(compared: Comparison, look: Look) -> list[figures.Panel]:
    """A ribbon for each side that foretells, with one axis and one scale of colours."""
    telling = [side for side in compared.sides if side.foretells]
    highest = max(
        (float(np.nanmax(side.trace["out.surprise"].values, initial=0.0)) for side in telling), default=0.0
    )
    drawn = [
        figures.ribbon(
            side.trace,
            step=look.step,
            title=side.name if place else f"{side.name}: what was read, and what had been expected",
            highest=highest,
        )
        for place, side in enumerate(telling)
    ]
    ceiling = max((panel.data["ceiling"] for panel in drawn), default=0.0)
    same = (figures.Panel(panel.name, {**panel.data, "ceiling": ceiling}) for panel in drawn)
    return [_placed(panel, side, compared) for panel, side in zip(same, telling, strict=True)]


def heatmaps(compared: Comparison, look: Look) -> list[figures.Panel | str]:
    """A heatmap for each side, all on one scale of colours; a sentence for one that has no such quantity."""
    name = look.quantity
    traces = sides.on_one_scale([side.trace for side in compared.sides], name)
    drawn: list[figures.Panel | str] = []
    for side, trace, unit in zip(compared.sides, traces, look.marked, strict=True):
        if name in trace:
            drawn.append(_placed(_heatmap(trace, side, look, unit, side.name), side, compared))
        else:
            drawn.append(_lacking(side, look))
    return drawn


def _heatmap(trace: Trace, side: Side, look: Look, unit: int | None, title: str) -> figures.Panel:
    rows = gallery.order(side.entry, look.layer, look.order)
    panel = figures.heatmap(
        trace, look.quantity, order=rows, ordered=ORDER_WORDS[look.order], unit=unit, step=look.step
    )
    height = max(len(rows) * min(max(WANTED // len(rows), 1), ROW), SMALLEST)
    return figures.Panel(
        "heatmap", {**panel.data, "title": f"{title} · {panel.data['title']}", "height": height}
    )


def _lacking(side: Side, look: Look) -> str:
    there = [
        letter for letter, kind in gallery.units(side.trace, look.layer).items() if kind != "preactivation"
    ]
    layer = saying.layer(look.layer)
    if not there:
        return f"{side.name} has no {layer}."
    instead = _INSTEAD.get((side.entry.cell, look.letter), "")
    return f"{side.name} has no {look.letter} in {layer}; it has {', '.join(there)}. {instead}".strip()


_INSTEAD = {
    ("gru", "f"): "What f does in an LSTM its z does: where z is 1 the past is kept.",
    ("gru", "i"): "What is taken in is what z leaves: 1 − z.",
    ("gru", "c"): "Its h is what it keeps and what it shows in one.",
    ("gru", "g"): "Its new value is n.",
    ("lstm", "z"): "What z does in a GRU its f does: where f is 1 the past is kept.",
    ("lstm", "n"): "Its new value is g.",
    ("rnn", "f"): "Nothing in it decides what is kept: each h is made anew.",
    ("rnn", "z"): "Nothing in it decides what is kept: each h is made anew.",
    ("rnn", "c"): "Its h is all that it has.",
}


def moved(compared: Comparison, look: Look) -> figures.Panel | None:
    """What is different between two sentences in the same model, where both have a character."""
    if compared.alignment is None or look.quantity not in compared.sides[0].trace:
        return None
    first, second = compared.sides
    apart = difference(*(_spread(side, look.quantity) for side in compared.sides))
    panel = _heatmap(apart, second, look, look.marked[1], "second − first")
    columns = figures.aligned(panel, np.arange(len(apart)), (first.trace.tokens, second.trace.tokens))
    tokens = [token or "" for token in apart.tokens]
    names = {str(column): "not in both sentences" for column in np.flatnonzero(~compared.alignment.shared)}
    shown = [sign if token else "" for sign, token in zip(columns.data["tokens"], tokens, strict=True)]
    return figures.Panel("heatmap", {**columns.data, "tokens": shown, "names": names})


def _spread(side: Side, name: str) -> Trace:
    """One quantity of a side, in the common columns."""
    alone = Trace(side.trace.labels, {name: side.trace[name]}, side.trace.meta)
    return alone if side.places is None else spread(alone, side.places)


def _placed(panel: figures.Panel, side: Side, compared: Comparison) -> figures.Panel:
    """A panel in the common columns."""
    if side.places is None:
        return panel
    return figures.aligned(panel, side.places, [each.trace.tokens for each in compared.sides])


def show_heatmap(panel: figures.Panel, place: int, side: Side) -> None:
    """Draw a heatmap; a click on a cell chooses its step for all, and marks its unit in this model's."""
    key = f"heatmap_{place}"

    def clicked() -> None:
        cell = st.session_state[key].cell
        st.session_state[STEP] = int(cell["step"])
        st.session_state[MARKED] = {**st.session_state[MARKED], side.entry.name: int(cell["unit"])}

    panels.show(panel, key, on_cell_change=clicked)


def show_rivals(panel: figures.Panel) -> None:
    """Draw the player; a step at which it rests becomes the session's."""

    def rested() -> None:
        st.session_state[STEP] = st.session_state["rivals"].step

    panels.show(panel, "rivals", on_step_change=rested)


def lacks(sentence: str) -> None:
    """Say what a side does not have, in the place of its picture."""
    st.caption(":material/info: " + words.plain(sentence))


def choices(compared: Comparison, look: Look) -> dict[str, object]:
    """What belongs into the address."""
    names = dict.fromkeys(side.entry.name for side in compared.sides)
    marked = st.session_state[MARKED]
    told = ",".join(f"{name}:{marked[name]}" for name in names if name in marked)
    return {WHERE: look.layer, SHOW: look.letter, ORDER: look.order, STEP: look.step, MARKED: told}


DEFAULTS: dict[str, object] = {WHERE: "l0", SHOW: FIRST_QUANTITY, ORDER: FIRST_ORDER, STEP: None, MARKED: ""}
