"""A run while it goes on: what it is doing, its curves, what it does now, what is inside."""

import streamlit as st

from rnnviz.training import queue
from rnnviz.ui import panels, runs, words
from rnnviz.ui.runs import Followed
from rnnviz.views import gates, samples, trainings
from rnnviz.views import panels as figures
from rnnviz.views.markup import Html

BEAT = 0.25  # seconds between two looks at a run that is at work
ICONS = {
    "queued": "hourglass_top", "running": "play_circle", "paused": "pause_circle", "stopped": "stop_circle",
    "finished": "check_circle", "halted": "error", "dead": "error",
}  # fmt: skip
FAR = 1e4  # a clipping that never acts, and would only stretch the axis
COMPARED, LAYER = "compared", "inside_layer"


def state(run: Followed) -> None:
    """What the run is doing, in a line; why, where there is a reason; and how far it is."""
    status = run.status
    waits = queue.waiting(run.folder.parent) if status.state == "queued" else []
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        doing = words.doing(status.state, run.name, waits)
        st.markdown(f":material/{ICONS[status.state]}: **{doing}**", width="content")
        speed = status.step / status.seconds if status.seconds and status.state == "running" else None
        last = next((event for event in reversed(run.events()) if event["kind"] == "step"), {})
        told = words.progress(status.step, status.steps, status.seconds, speed, last.get("tokens_per_s"))
        st.caption(words.plain(told), width="content")
    if status.at_work:
        st.progress(min(status.step / max(status.steps, 1), 1.0))
    if status.reason:
        st.caption(":orange[:material/warning:] " + words.plain(status.reason))


def curves(run: Followed, others: list[Followed]) -> None:
    """The metric of the run, and of those it is compared with, training and held out; what is behind it."""
    theme = st.context.theme.type or "light"
    followed = {each.name: each.events() for each in [run, *others]}
    until = max(_until(each.status.step, each.status.steps) for each in [run, *others])
    shown = followed if others else followed[run.name]
    metric = trainings.curves.spec(shown, run.metric, until=until, height=260, theme=theme)
    with st.container(key="loss"):
        st.vega_lite_chart(spec=metric, key="metric", theme=None, width="stretch")
    clip = float(run.settings.get("clip", FAR))
    for column, what in zip(st.columns(3), ("norm", "lr", "tokens_per_s"), strict=True):
        spec = trainings.curves.spec(
            shown,
            what,
            until=until,
            height=110,
            theme=theme,
            **({"clip": clip} if what == "norm" and clip < FAR else {}),
        )
        column.vega_lite_chart(spec=spec, key=f"curve_{what}", theme=None, width="stretch")


def _until(step: int, steps: int) -> int:
    """The end of the axis: it doubles as the run goes on, so that its beginning can be seen too."""
    end = max(steps, 1)
    while end // 2 >= max(step, 8):
        end = (end + 1) // 2
    return end


def sample(run: Followed) -> None:
    """What the model did at its last evaluation."""
    evaluated = [event for event in run.events() if event["kind"] == "evaluated"]
    if not evaluated:
        st.caption("What it does is shown here after its first evaluation.")
        return
    last = evaluated[-1]
    st.caption(f"What it does at step {last['step']:,}")
    drawn = samples.drawn(last["sample"], theme=st.context.theme.type or "light")
    if isinstance(drawn, Html):
        st.html(drawn.markup)
    else:
        st.vega_lite_chart(spec=drawn, key="sample", theme=None, width="stretch")


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
    events = run.events()
    layers = figures.layers_of(events)
    if not drawer.open or not layers:
        return
    with drawer:
        if st.session_state.get(LAYER) not in layers:
            st.session_state[LAYER] = next((name for name in layers if name.startswith("l")), layers[0])
        st.segmented_control("Layer", layers, key=LAYER, required=True, label_visibility="collapsed")
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
