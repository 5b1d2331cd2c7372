"""What can be asked of a run: to pause, stop, go on, change, begin a fork, or be deleted."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from rnnviz.training import queue
from rnnviz.training.run import MODEL as MODEL_FILE
from rnnviz.training.run import fork, free_name, remove
from rnnviz.ui import reading, words
from rnnviz.ui.runs import Followed
from rnnviz.ui.starting import RUN

PAGES = Path(__file__).resolve().parents[2] / "pages"
AGAIN = ("paused", "stopped", "halted", "dead")


def buttons(run: Followed) -> None:
    """What can be asked of the run now."""
    status, folder = run.status, run.folder
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if (folder / MODEL_FILE).exists() and run.config.get("model", {}).get("type") == "language":
            _watch(run)
        if status.at_work:
            _button("Pause", "pause", "pause", lambda: queue.pause(folder))
            _button("Stop", "stop", "stop", lambda: queue.stop(folder))
        if status.state in AGAIN:
            _button("Go on", "resume", "play_arrow", lambda: queue.submit(folder))
        if status.state != "queued":
            with st.popover("change", type="tertiary"):
                _change(run)
        if not status.at_work:
            with st.popover("delete", type="tertiary"):
                st.text(f"{run.name}: its weights, its log, everything. There is no way back.")
                _button("Delete it", "delete", "delete", lambda: _delete(run))


def _watch(run: Followed) -> None:
    """The model as it is now, on the page that shows what it holds in mind."""
    if st.button("Watch it read", key="watch", icon=":material/visibility:", type="tertiary"):
        st.session_state[reading.MODEL] = run.name
        st.switch_page(PAGES / "watch.py")


def _change(run: Followed) -> None:
    """Another learning rate, more steps, or a fork."""
    settings, status = run.settings, run.status
    rate = st.number_input(
        "Learning rate from the next step on",
        min_value=0.0,
        value=float(settings.get("lr", 0.001)),
        format="%g",
        key=f"rate_{run.name}",
    )
    least = max(status.step, 1)
    steps = st.number_input(
        "Steps in all",
        min_value=least,
        value=max(int(settings.get("steps", 1)), least),
        step=100,
        key=f"steps_{run.name}",
    )
    changes = {"lr": float(rate), "steps": int(steps)}
    changes = {name: value for name, value in changes.items() if value != settings.get(name) and value > 0}
    if status.state == "running":
        _button("Apply", "apply", "check", lambda: queue.change(run.folder, **changes), disabled=not changes)
    else:
        _button("Go on with these", "extend", "play_arrow", lambda: queue.submit(run.folder, **changes))
    if kept := sorted(int(event["step"]) for event in run.events() if event["kind"] == "kept"):
        step = st.selectbox("Or a new run from the weights of step", kept[::-1], key=f"fork_{run.name}")
        _button("Fork", "fork", "fork_right", lambda: _fork(run, int(step), changes))


def _fork(run: Followed, step: int, changes: dict[str, float]) -> None:
    name = free_name(run.folder.parent, run.name)
    fork(run.folder, step, run.folder.parent / name, **changes)
    queue.submit(run.folder.parent / name)
    st.session_state[RUN] = name


def _delete(run: Followed) -> None:
    remove(run.folder)
    st.session_state.pop(RUN, None)


def _button(label: str, key: str, icon: str, do: Callable[[], object], disabled: bool = False) -> None:
    """A button whose refusal is a sentence."""

    def pressed() -> None:
        st.session_state["_refused"] = None
        try:
            do()
        except (ValueError, OSError) as error:
            st.session_state["_refused"] = str(error)

    st.button(label, key=key, icon=f":material/{icon}:", on_click=pressed, disabled=disabled)
    if (refused := st.session_state.get("_refused")) and st.session_state.get(key):
        st.caption(":orange[:material/warning:] " + words.plain(refused))
