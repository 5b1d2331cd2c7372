"""The interactive panels of `rnnviz.views` as Streamlit components: changed in place, never made anew."""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from rnnviz.ui.plotlyjs import PATH
from rnnviz.views import panels

STEP = "step"
UNIT = "unit"
WHERE = "where"
GATE = "gate"
FOLDED = "folded"
"""The keys under which the session holds the chosen step, unit, layer with its direction, and gate; and
whether the network is folded, "yes" or "no"."""


@cache
def _component(name: str) -> Any:
    script, style = panels.source(name)
    # One style sheet for the page: what a panel shows under the pointer floats above all panels.
    return st.components.v2.component(f"rnnviz_{name}", js=script, css=style, isolate_styles=False)


def show(panel: panels.Panel, key: str, **callbacks: Callable[[], None]) -> None:
    """Draw a panel under a key that stays the same from run to run.

    The data travel as one piece of bytes: Streamlit would walk through a dict three times on each key typed.
    """
    plotly = panel.name == "figure"
    data = json.dumps(panel.payload() | {"plotly_url": PATH}).encode() if plotly else panel.encoded
    _component(panel.name)(key=key, data=data, height="content", **callbacks)


def let_through() -> None:
    """Wait until what was drawn so far has left the server, before the rest of the page is computed.

    Another thread sends, at most every 10 ms, and needs the interpreter for it; and a browser that gets the
    whole page at once renders all of it before it shows any. So a picture follows its key 15 ms sooner.
    """
    time.sleep(0.03)


def ribbon(panel: panels.Panel) -> None:
    """The ribbon; its key is `ribbon`."""
    show(panel, "ribbon")


def player(panel: panels.Panel) -> None:
    """The player; a step at which it rests becomes the session's `step`."""

    def rested() -> None:
        st.session_state[STEP] = st.session_state["player"].step

    show(panel, "player", on_step_change=rested)


def heatmap(panel: panels.Panel) -> None:
    """The heatmap; a click on a cell chooses its unit and its step."""

    def clicked() -> None:
        cell = st.session_state["heatmap"].cell
        st.session_state[UNIT], st.session_state[STEP] = int(cell["unit"]), int(cell["step"])

    show(panel, "heatmap", on_cell_change=clicked)


def film(panel: panels.Panel) -> None:
    """The film strip; the chosen frame becomes the session's `frame`."""

    def chosen() -> None:
        st.session_state["frame"] = int(st.session_state["film"].frame)

    show(panel, "film", on_frame_change=chosen)


def unit(panel: panels.Panel) -> None:
    """The story of one unit; its key is `story`."""
    show(panel, "story")


def unrolled(panel: panels.Panel) -> None:
    """The unrolled network; a click on a state chooses its layer, unit and step."""

    def rested() -> None:
        st.session_state[STEP] = st.session_state["unrolled"].step

    def folded() -> None:
        st.session_state[FOLDED] = "yes" if st.session_state["unrolled"].folded else "no"

    def clicked() -> None:
        _go("unrolled", "node")

    show(panel, "unrolled", on_step_change=rested, on_node_change=clicked, on_folded_change=folded)


def circuit(panel: panels.Panel) -> None:
    """The cell opened; its key is `circuit`."""

    def chosen() -> None:
        st.session_state[GATE] = st.session_state["circuit"].gate

    show(panel, "circuit", on_gate_change=chosen)


def products(panel: panels.Panel) -> None:
    """A number taken apart; a click on a unit that it comes from goes there."""

    def chosen() -> None:
        st.session_state[GATE] = st.session_state["products"].gate

    show(panel, "products", on_follow_change=lambda: _go("products", "follow"), on_gate_change=chosen)


def _go(key: str, name: str) -> None:
    """Take over the place that a panel names: any of layer, unit, step, gate."""
    place = st.session_state[key][name]
    for here, there in (("layer", WHERE), ("unit", UNIT), ("step", STEP), ("gate", GATE)):
        if place.get(here) is not None:
            st.session_state[there] = place[here]
