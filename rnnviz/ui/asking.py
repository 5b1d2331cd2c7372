"""What can be asked of a run: to pause, stop, go on, change, begin a fork, or be deleted."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import streamlit as st

from rnnviz.checkpoints import attends, name_of
from rnnviz.settings import Settings
from rnnviz.training import queue
from rnnviz.training.run import MODEL as MODEL_FILE
from rnnviz.training.run import Run, create, fork, remove
from rnnviz.ui import reading, saying, starting, words
from rnnviz.ui.runs import Followed

PAGES = Path(__file__).resolve().parents[2] / "pages"
AGAIN = ("paused", "stopped", "halted", "dead")
REFUSED = "_refused"
WHOLE = re.compile(r"The loss is -?\d")  # a number: only the gradient of it was none
_limits = {f.name: f.metadata["most"] for f in fields(Settings)}
MOST_RATE, MOST_STEPS = float(_limits["lr"]), int(_limits["steps"])


def buttons(run: Followed) -> None:
    """What can be asked of the run; what cannot be asked just now is there too, so that nothing moves."""
    status, folder = run.status, run.folder
    _look(run)
    able = status.state in AGAIN and not run.error and not _bad_numbers(run)
    pausing = status.at_work and not run.error
    _button("Go on", "resume", "play_arrow", lambda: queue.submit(folder), disabled=not able)
    _button("Pause", "pause", "pause", lambda: queue.pause(folder), disabled=not pausing)
    _button("Stop", "stop", "stop", lambda: queue.stop(folder), disabled=not status.at_work)
    with st.popover("change", type="tertiary", disabled=status.state == "queued" or bool(run.error)):
        _change(run)
    with st.popover("delete", type="tertiary", disabled=status.at_work):
        st.text(f"{run.name}: its weights, its log, everything. There is no way back.")
        _button("Delete it", "delete", "delete", lambda: remove(folder))


def refused() -> None:
    """Why what was asked last could not be done."""
    if sentence := st.session_state.get(REFUSED):
        st.caption(":orange[:material/warning:] " + words.plain(sentence))


def mend(run: Followed) -> None:
    """What came before a halt, and what may help."""
    if not (last := _bad_numbers(run)):
        return
    st.caption(words.plain(saying.before_halt(last.get("norms") or [])))
    rate = float(run.settings.get("lr", 0.001)) / 10
    whole = WHOLE.match(str(last.get("reason")))
    with st.container(horizontal=True, gap="small"):
        if whole:  # else its weights are beyond help: it would halt at the same step again
            _button(
                f"Go on with a tenth of the learning rate, {rate:g}", "mend", "healing",
                lambda: queue.submit(run.folder, lr=rate),
                help="From the weights that it had before the step that went wrong.",
            )  # fmt: skip
        _button(
            "Begin again with it" if whole else f"Begin again with a tenth of the learning rate, {rate:g}",
            "again", "replay", lambda: _again(run, rate), help="A new run, from the same seed.",
        )  # fmt: skip


def _bad_numbers(run: Followed) -> dict[str, Any]:
    """How the run halted, if its numbers went bad and nothing was asked of it since; else {}."""
    last = run.events()[-1] if run.events() else {}
    return last if run.status.state == "halted" and last.get("kind") == "halted" else {}


def _look(run: Followed) -> None:
    """The model as it is now, on the page that shows what it holds in mind, or where it looks."""
    if run.type == "language":
        label, icon, page = "Watch it read", "visibility", "watch.py"
    elif run.task.get("kind") == "text" and attends(run.model):
        label, icon, page = "See where it looks", "center_focus_strong", "attention.py"
    else:
        return
    begun = (run.folder / MODEL_FILE).exists()
    if st.button(label, key="watch", icon=f":material/{icon}:", type="tertiary", disabled=not begun):
        st.session_state[reading.MODEL] = name_of(run.folder)
        st.switch_page(PAGES / page)


def _change(run: Followed) -> None:
    """Another learning rate, more steps, or a fork."""
    settings, status = run.settings, run.status
    rate = st.number_input(
        "Learning rate from the next step on",
        min_value=0.0,
        max_value=MOST_RATE,
        value=float(settings.get("lr", 0.001)),
        format="%g",
        key=f"rate_{run.name}",
    )
    steps = st.number_input(
        "Steps in all",
        min_value=1,  # the same all the time: another limit is another field, and whoever types in it is lost
        max_value=MOST_STEPS,
        value=max(int(settings.get("steps", 1)), status.step, 1),
        step=100,
        key=f"steps_{run.name}",
    )
    changes = {"lr": float(rate), "steps": int(steps)}
    changes = {name: value for name, value in changes.items() if value != settings.get(name) and value > 0}
    if status.state == "running":
        _button("Apply", "apply", "check", lambda: queue.change(run.folder, **changes), disabled=not changes)
    else:
        over = steps <= status.step
        _button(
            "Go on with these", "extend", "play_arrow",
            lambda: queue.submit(run.folder, **changes), disabled=over,
        )  # fmt: skip
    _button("Put its settings above", "reuse", "north", lambda: starting.take_settings(run.name))
    if kept := sorted(int(event["step"]) for event in run.events() if event["kind"] == "kept"):
        step = st.selectbox("Or a new run from the weights of step", kept[::-1], key=f"fork_{run.name}")
        _button("Fork", "fork", "fork_right", lambda: _fork(run, int(step), changes))


def _fork(run: Followed, step: int, changes: dict[str, float]) -> None:
    starting.begin(run.name, lambda folder: fork(run.folder, step, folder, **changes))


def _again(run: Followed, rate: float) -> None:
    """The same from the beginning, with another learning rate."""
    before = Run(run.folder)
    settings = replace(before.settings, lr=rate)
    starting.begin(run.name, lambda folder: create(folder, before.task, settings))


def _button(label: str, key: str, icon: str, do: Callable[[], object], **look: Any) -> None:
    """A button whose refusal is a sentence, until the next one is pressed; see `refused`."""

    def pressed() -> None:
        st.session_state[REFUSED] = None
        try:
            do()
        except (ValueError, OSError) as error:
            st.session_state[REFUSED] = str(error)

    st.button(label, key=key, icon=f":material/{icon}:", on_click=pressed, **look)
