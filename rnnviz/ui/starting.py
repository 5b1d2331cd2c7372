"""A new run: the task, its settings, five of them at once and the rest behind "more", and the button."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import Field, asdict, fields
from operator import call
from pathlib import Path
from typing import Any

import streamlit as st

from rnnviz.folders import runs_folder
from rnnviz.settings import Settings, idle
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task
from rnnviz.training.queue import submit
from rnnviz.training.run import Run, create, free_name
from rnnviz.ui import address, runs, saying, words
from rnnviz.ui.fields import field

TASK, RUN, PRESET = "task", "run", "preset"
FIRST_TASK = "hello"
OURS = "our defaults"
SHOWN = 5
MOST_TEXT = 1_000_000  # characters of a text that is pasted

LABELS = {
    "cell": "cell", "hidden": "units", "steps": "steps", "lr": "learning rate", "layers": "layers",
    "length": "steps back in time", "batch": "rows of a batch", "clip": "longest gradient",
    "clip_by": "clipping by", "decay": "weight decay", "init": "weights at the start",
    "evaluate_every": "steps between evaluations", "log_every": "steps between log entries",
    "save_every": "steps between saves", "minutes": "minutes at most", "readout": "answer read from",
    "attention": "looking back by", "head": "answers made by", "input": "tokens go in as",
    "embedding": "numbers of an embedding",
}  # fmt: skip

_settings = {setting.name: setting for setting in fields(Settings)}


def settle() -> type[Task]:
    """The task, as the session says or else the address, with a value for each of its controls."""
    state = st.session_state
    if given := state.pop(runs.TAKEN, None):
        _take(given)
    chosen = TASKS[address.settle(TASK, _first_task(), TASKS, what="task")]
    preset = _key(chosen, PRESET)
    if state.get(preset) not in (OURS, *chosen.presets):
        state[preset] = OURS
    for name, value in _values(chosen, state[preset]).items():
        state.setdefault(_key(chosen, name), value)
    return chosen


def _first_task() -> str:
    """The task of the run that the address names, if it names one; else the smallest."""
    asked = st.query_params.get(RUN, "")
    told = runs.follow(asked).task.get("name") if asked in runs.names() else None
    return str(told) if told in TASKS else FIRST_TASK


def take_settings(run: str) -> None:
    """From the next drawing of the whole page on, the controls say what a run was made with.

    Raises ValueError for one whose folder does not say it.
    """
    made = Run(runs_folder() / run)
    st.session_state[runs.TAKEN] = made.task.name, {**made.task.options(), **asdict(made.settings)}


def _take(given: tuple[str, dict[str, Any]]) -> None:
    state, (name, values) = st.session_state, given
    state[TASK] = name
    for control, usual in _values(TASKS[name], OURS).items():
        value = values.get(control, usual)
        state[_key(TASKS[name], control)] = type(usual)(value) if isinstance(usual, float) else value


def ask(task: type[Task]) -> None:
    """Draw the task, its controls and the button."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.selectbox(
        "What is to be learned",
        list(TASKS),
        key=TASK,
        persist_state="session",
        format_func=lambda name: TASKS[name].title,
    )
    right.selectbox(
        "Settings",
        [OURS, *task.presets],
        key=_key(task, PRESET),
        persist_state="session",
        on_change=_take_preset,
        args=(task,),
        help="A preset fills in all controls; each can be changed afterwards.",
    )
    controls = _controls(task)
    first, rest = controls[:SHOWN], controls[SHOWN:]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for control in first:
            _control(task, control, call)
        with st.popover("more settings", type="tertiary"):
            for control in rest:
                _control(task, control, field)
        st.button(
            "Start", key="start", icon=":material/play_arrow:", type="primary", on_click=_start, args=(task,)
        )
    _data(task)
    st.caption(words.plain(task.look))
    if problem := st.session_state.get(_key(task, "problem")):
        st.caption(":orange[:material/warning:] " + words.plain(problem))


def chosen(task: type[Task]) -> tuple[Task, Settings]:
    """What the controls say. Raises ValueError with a sentence for what cannot be."""
    state = st.session_state
    values = {name: state[_key(task, name)] for name in _values(task, OURS)}
    options = {f.name: values[f.name] for f in _options(task)}
    if _takes_text(task) and (given := _given(task)):
        options["pasted"] = given
    settings = {**task.defaults, **{name: values[name] for name in task.offered}}
    return task(**options), Settings(**settings)


def _start(task: type[Task]) -> None:
    problem = _key(task, "problem")
    st.session_state[problem] = None
    try:
        what, settings = chosen(task)
        wanted = f"{task.name}-{settings.cell.replace('_', '-')}"
        begin(wanted, lambda folder: create(folder, what, settings))
    except (ValueError, OSError) as error:
        name, space, rest = str(error).partition(" ")  # a setting is called here as its control is
        st.session_state[problem] = LABELS.get(name, name) + space + rest


def begin(wanted: str, make: Callable[[Path], object]) -> None:
    """A new run, by a name like the wanted one: made, queued, and shown. Raises what `make` does."""
    name = free_name(runs_folder(), wanted)
    folder = runs_folder() / name
    try:
        make(folder)
    except BaseException:
        with suppress(OSError):
            folder.rmdir()  # the name is free again, where nothing was written yet
        raise
    submit(folder)
    runs.go_to(name)


def _take_preset(task: type[Task]) -> None:
    state = st.session_state
    for name, value in _values(task, state[_key(task, PRESET)]).items():
        state[_key(task, name)] = value


def _values(task: type[Task], preset: str) -> dict[str, Any]:
    """The value of each control that a preset, or the task itself, wants."""
    usual = {name: _settings[name].default for name in task.offered}
    options = {f.name: f.default for f in _options(task)}
    wanted: Mapping[str, Any] = {**usual, **options, **task.defaults, **task.presets.get(preset, {})}
    values = {name: wanted[name] for name in (*options, *usual)}
    # A number input insists on the type that it began with.
    floats = {name for name in usual if _settings[name].type is float}
    return {name: float(value) if name in floats else value for name, value in values.items()}


def _controls(task: type[Task]) -> list["Field[Any]"]:
    """The settings that a newcomer sees first; of the task's own options those with a choice come before.
    What does nothing with the chosen cell is not there: it keeps its value for the next cell.
    """
    options, useless = _options(task), idle(st.session_state[_key(task, "cell")])
    choices = [option for option in options if task.choices(option)]
    others = [option for option in options if not task.choices(option)]
    return [*choices, *(_settings[name] for name in task.offered if name not in useless), *others]


def _options(task: type[Task]) -> list["Field[Any]"]:
    """The task's own options that a control can set."""
    return [f for f in fields(task) if f.metadata.get("kept", True) and f.name != "file"]


def _control(task: type[Task], setting: "Field[Any]", draw: Callable[..., object]) -> None:
    key, label, limits = _key(task, setting.name), _label(setting.name), setting.metadata
    least, most = limits.get("least"), limits.get("most")
    usual = _values(task, OURS)[setting.name]
    help = saying.limits(limits["help"], usual, least, most)
    if choices := task.choices(setting):
        draw(
            st.selectbox,
            label,
            choices,
            key=key,
            persist_state="session",
            help=help,
            width=150,
            format_func=words.choice,
        )
        return
    whole = setting.type is int
    kind = int if whole else float
    draw(
        st.number_input,
        label,
        min_value=None if least is None else kind(least),
        max_value=None if most is None else kind(most),
        step=_stride(usual),
        format="%d" if whole else "%g",
        key=key,
        persist_state="session",
        help=help,
        width=150,
    )


def _stride(usual: float) -> float:
    """How far a click goes: a step of the size of the usual value. It is the same all the time, or the field
    would be another one after each click.
    """
    if isinstance(usual, int):
        return int(max(1, 10 ** (len(str(abs(usual))) - 2)))
    return float(10.0 ** math.floor(math.log10(usual))) if usual > 0 else 0.01


def _data(task: type[Task]) -> None:
    """What a task needs besides settings: a text of one's own, or a download."""
    if _takes_text(task):
        with st.expander("Your text (without one: the prose of Python's own documentation)"):
            st.text_area(
                "Paste a text",
                key=_key(task, "pasted"),
                persist_state="session",
                max_chars=MOST_TEXT,
                height=140,
            )
            st.file_uploader("or a text file", type=["txt", "md", "csv"], key=_key(task, "uploaded"))
        return
    if task.fetch is Task.fetch:
        return
    try:
        what, _ = chosen(task)
        what.present()
    except ValueError as error:
        st.caption(":material/info: " + words.plain(str(error)))
        if st.button("Download it", key="download", icon=":material/download:"):
            _download(task)


def _download(task: type[Task]) -> None:
    bar = st.progress(0.0, "Downloading")
    try:
        for done, total in chosen(task)[0].fetch():
            bar.progress(min(done / max(total, 1), 1.0), f"{done:,} of {total:,} bytes")
        st.rerun()
    except ValueError as error:
        bar.empty()
        st.caption(":orange[:material/warning:] " + words.plain(str(error)))


def _given(task: type[Task]) -> str:
    """The text that was pasted, or else uploaded; "" for none. Raises ValueError for what is no text."""
    state = st.session_state
    if pasted := state.get(_key(task, "pasted")):
        return str(pasted)
    uploaded = state.get(_key(task, "uploaded"))
    if uploaded is None:
        return ""
    from rnnviz.tasks.text import decoded

    text = decoded(uploaded.getvalue(), uploaded.name)
    if not text.strip():
        raise ValueError(f"{uploaded.name} is empty.")
    return text


def _takes_text(task: type[Task]) -> bool:
    return any(f.name == "pasted" for f in fields(task))


def _label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " "))


def _key(task: type[Task], name: str) -> str:
    return f"{task.name}_{name}"
