"""A run while it goes on: what it is doing, its curves, what it does now, what is inside."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from rnnviz.training import queue
from rnnviz.ui import panels, runs, saying, words
from rnnviz.ui.runs import Followed
from rnnviz.views import gates, samples, trainings
from rnnviz.views import panels as figures
from rnnviz.views.markup import Html
from rnnviz.views.words import layer_of

BEAT = 0.25  # seconds between two looks at a run that is at work
CHART = 370  # pixels, with title and legend
SAMPLES = {
    "text": 240,
    "string": 200,
    "pairs": 500,
}  # pixels in which a sample stands, so that what is below does not move
ICONS = {
    "queued": "hourglass_top", "running": "play_circle", "paused": "pause_circle", "stopped": "stop_circle",
    "finished": "check_circle", "halted": "error", "dead": "error",
}  # fmt: skip
FAR = 1e4  # a clipping that never acts, and would only stretch the axis
COMPARED, LAYER = "compared", "inside_layer"


def state(run: Followed, asked: Callable[[Followed], None]) -> None:
    """What the run is doing and how far it is, in a line, with what can be asked of it at its end.

    The line and its bar are there in every state, so that what stands below does not move.
    """
    status = run.status
    waits = queue.waiting(run.folder.parent) if status.state == "queued" else []
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
    ):
        doing = saying.unreadable(run.name) if run.error else saying.doing(status.state, run.name, waits)
        st.markdown(f":material/{ICONS[status.state]}: **{doing}**", width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            asked(run)
    st.progress(min(status.step / max(status.steps, 1), 1.0), words.plain(_progress(run)))
    if status.reason:
        st.caption(":orange[:material/warning:] " + words.plain(status.reason))
    if status.state == "queued" and runs.unanswered(run):
        st.caption(":orange[:material/warning:] " + saying.no_worker())


def _progress(run: Followed) -> str:
    status, running = run.status, run.status.state == "running"
    speed = status.step / status.seconds if status.seconds and running else None
    last = next((event for event in reversed(run.events()) if event["kind"] == "step"), {})
    tokens = last.get("tokens_per_s") if running else None
    return saying.progress(status.step, status.steps, status.seconds, speed, tokens)


def curves(run: Followed, others: list[Followed]) -> None:
    """The metric of the run, and of those it is compared with, training and held out."""
    with st.container(key="loss"):
        _curve(run, others, run.metric, "metric", CHART)


def behind(run: Followed, others: list[Followed]) -> None:
    """What is behind the metric: the gradient, the learning rate, the speed."""
    for column, what in zip(st.columns(3), ("norm", "lr", "tokens_per_s"), strict=True):
        with column, st.container(key=f"behind_{what}"):
            _curve(run, others, what, f"curve_{what}", 190)


def _curve(run: Followed, others: list[Followed], what: str, key: str, height: int) -> None:
    followed = {each.name: each.events() for each in [run, *others]}
    clip = float(run.settings.get("clip", FAR))
    spec = trainings.curves.spec(
        followed if others else followed[run.name],
        what,
        until=max(_until(each.status.step, each.status.steps) for each in [run, *others]),
        height=height,
        theme=st.context.theme.type or "light",
        clip=clip if what == "norm" and clip < FAR else None,
    )
    # All of it is as high as that, with its title and legend: what stands below must not move.
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    if what != run.metric:  # the large chart has told which colour is whose
        spec["encoding"]["color"]["legend"] = None
    st.vega_lite_chart(spec=spec, key=key, theme=None, width="stretch")


def _until(step: int, steps: int) -> int:
    """The end of the axis: it doubles as the run goes on, so that its beginning can be seen too."""
    end = max(steps, 1)
    while end // 2 >= max(step, 8):
        end = (end + 1) // 2
    return end


def sample(run: Followed) -> None:
    """What the model did at its last evaluation."""
    told = [event for event in run.events() if event["kind"] == "evaluated" and event.get("sample")]
    last = told[-1]["sample"] if told else {}
    kind = str(last.get("kind")) if isinstance(last, dict) else "text"
    with st.container(height=SAMPLES.get(kind, CHART), border=False):
        if not told:
            st.caption("What it does is shown here after its first evaluation.")
            return
        st.caption(f"What it does at step {told[-1]['step']:,}")
        draw(last)


def draw(what: Any, key: str = "sample") -> None:
    """A sample, as text, a table or a chart."""
    try:
        drawn = samples.drawn(what, theme=st.context.theme.type or "light")
    except (ValueError, TypeError, KeyError):  # a log that was written by something else, or by hand
        st.caption("The log holds a sample that cannot be drawn.")
        return
    if isinstance(drawn, Html):
        st.html(drawn.markup)
    else:
        st.vega_lite_chart(spec=drawn, key=key, theme=None, width="stretch")


def compared(run: Followed) -> list[Followed]:
    """The other runs of the same metric that were chosen to be shown along with this one."""
    names = st.session_state.get(COMPARED) or []
    found = [runs.follow(name) for name in names if name != run.name]
    return [each for each in found if each.metric == run.metric]


def inside(run: Followed) -> None:
    """What the weights, the gradients and the gates are like over the training, one click away."""
    drawer = st.expander(
        "Inside: weights, gradients and gates over the training", on_change="rerun", key="inside"
    )
    if not drawer.open:
        return
    events = run.events()
    layers = figures.layers_of(events)
    with drawer:
        if not layers:
            st.caption("The log does not tell of any weights yet.")
            return
        if st.session_state.get(LAYER) not in layers:
            st.session_state[LAYER] = next((name for name in layers if layer_of(f"{name}.")), layers[0])
        st.segmented_control(
            "Layer",
            layers,
            key=LAYER,
            persist_state="session",
            required=True,
            label_visibility="collapsed",
            format_func=saying.layer,
        )
        layer = st.session_state[LAYER]
        panels.show(figures.weights(events, layer), "weights")
        if any(event["kind"] == "kept" and event["gradients"] for event in events):
            panels.show(figures.gradients(events, layer), "gradients")
        if any(event["kind"] == "kept" and event["saturated"] for event in events):
            st.text(gates.saturation(events))
            left, right = st.columns([3, 2], gap="medium")
            with left:
                panels.show(figures.gates(events), "gates")
            spec = gates.saturated.spec(events, theme=st.context.theme.type or "light")
            right.vega_lite_chart(spec=spec, key="saturated", theme=None, width="stretch")
