"""The sections of the page Memory that follow every key: who moved whom, how gradients fade, what is kept."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.analysis import Decay, gradient_left, gradient_story, half_lives, memory_story, saturation
from rnnviz.analysis.memory import STEPS
from rnnviz.traces import Trace, TraceError
from rnnviz.ui import opening, panels, saying, words
from rnnviz.ui.panels import STEP, UNIT, WHERE
from rnnviz.ui.reading import Reading
from rnnviz.ui.remembering import numbers
from rnnviz.ui.remembering.settling import LOSS, MOVED, MOVERS, Place
from rnnviz.views import panels as figures
from rnnviz.views.decays import decays
from rnnviz.views.panels import Panel

if TYPE_CHECKING:
    from rnnviz.gradients import Pairs


def choose(read: Reading, trace: Trace) -> None:
    """Draw the choices that the pictures do not offer."""
    offered = opening.layers(trace)
    if read.entry.directions > 1 and len(offered) == 1:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if read.entry.directions == 1:
            st.segmented_control(
                "What moved it",
                list(MOVERS),
                key=MOVED,
                persist_state="session",
                required=True,
                format_func=MOVERS.__getitem__,
            )
        if len(offered) > 1:
            st.segmented_control(
                "Cell", offered, key=WHERE, persist_state="session", required=True, format_func=saying.layer
            )


def pairs(read: Reading, trace: Trace, place: Place) -> "tuple[Panel | None, Pairs | None]":
    """Draw who moved whom; nothing where there is no loss, such as of one character: then say why."""
    try:
        found = numbers.pairs(read, place.loss)
    except ValueError as error:
        warn(str(error))
        return None, None
    only = len(found.losses) > 1 and not numbers.all_pairs(read)
    if place.moved == "characters":
        panel = figures.moved(trace, found.norms["emb"], loss=place.loss, step=place.step, only=only)
    else:
        panel = figures.reached(trace, found, place.layer, loss=place.loss, step=place.step, only=only)

    def clicked() -> None:
        pair = st.session_state["pairs"].pair
        st.session_state[STEP] = pair["step"]
        if len(found.losses) > 1:
            st.session_state[LOSS] = int(pair["loss"])

    panels.show(panel, "pairs", on_pair_change=clicked)
    if only:
        st.caption(
            f"For {len(trace):,} characters and a model of this size all pairs would not follow the keys: "
            "these are those of the chosen output alone. Click another one to see its own."
        )
    return panel, found


def fading(trained: Mapping[str, Decay], untrained: Mapping[str, Decay], read: Reading) -> None:
    """Draw how much of the gradient is left after some steps, of all models, before and after training."""
    left = gradient_left(trained)
    if left is None:
        return
    chart("fading", decays.spec(trained, untrained, mark=left.steps, theme=theme()))
    told = f"Before training: {gradient_story(untrained)}".replace(": After", ": after") if untrained else ""
    if len(read.text) > numbers.LONGEST:
        told += f" Measured on the first {numbers.LONGEST} characters."
    if not numbers.one_way(read.entry):
        told += (
            f" {read.entry.name} is not among them: gradients come back to its first layer from both sides."
        )
    st.caption(words.plain(told))


def kept(trace: Trace, place: Place) -> list[Panel]:
    """Draw what the gates keep: half-lives, saturation, and the gate that keeps over the text."""
    st.markdown("##### What the gates keep")
    try:
        lives = half_lives(trace, place.layer)
    except TraceError as error:
        st.text(str(error))
        return []
    panel = figures.keeping(lives, saturation(trace, place.layer), unit=place.unit)

    def clicked() -> None:
        st.session_state[UNIT] = int(st.session_state["keeping"].unit)

    panels.show(panel, "keeping", on_unit_change=clicked)
    heatmap = figures.heatmap(
        trace,
        f"{place.layer}.{lives.gate}",
        order=lives.order.tolist(),
        ordered="the longest memory first",
        unit=place.unit,
        step=place.step,
    )
    panels.heatmap(heatmap)
    return [panel, heatmap]


def story(trace: Trace, place: Place, trained: Mapping[str, Decay]) -> str:
    """What the page says in words, computed from the numbers in its pictures."""
    sentences = [gradient_story(trained, STEPS)]
    with suppress(TraceError):  # a network without gates has no half-lives; the section on gates says so
        sentences.append(memory_story(half_lives(trace, place.layer)))
    return " ".join(sentences)


def chart(key: str, spec: dict[str, object]) -> None:
    """Draw a Vega-Lite chart in place, as wide as the page."""
    st.vega_lite_chart(spec=spec, key=key, theme=None, width="stretch")


def theme() -> str:
    """The theme of the page, "light" or "dark"."""
    return st.context.theme.type or "light"


def warn(sentence: str) -> None:
    """A sentence on what cannot be shown."""
    st.caption(":orange[:material/info:] " + words.plain(sentence))
