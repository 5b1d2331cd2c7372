"""What is on the page before anything was trained here: how the models learned that come along."""

from pathlib import Path

import streamlit as st

from rnnviz.files import read_json
from rnnviz.folders import shipped_folder
from rnnviz.tasks.base import Task
from rnnviz.training.run import CONFIG, EVENTS, MOST_CONFIG
from rnnviz.training.status import Status
from rnnviz.ui import gallery, live, saying, words
from rnnviz.ui.runs import Followed

MOST = 4  # trainings on one set of axes
SHOWN = (0, 1, -1)  # the samples that are shown: before training, the next, the last


def show(task: type[Task]) -> None:
    """How shipped models were trained, those of this task if there are any, and what one of them did when."""
    found = trainings()
    alike = [run for run in found if run.task.get("name") == task.name] or found
    if not alike:
        return
    first = next((run for run in alike if run.name == gallery.FIRST), alike[0])
    others = [
        run for run in alike if run != first and run.title == first.title and run.metric == first.metric
    ]
    st.caption(words.plain(saying.come_along(first.title, 1 + len(others[: MOST - 1]))))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        live.curves(first, others[: MOST - 1])
    with right:
        _samples(first)
    if any(event["kind"] == "kept" for event in first.events()):
        live.inside(first)


def trainings() -> list[Followed]:
    """The shipped models whose log can be read, by name."""
    try:
        folders = sorted(path for path in shipped_folder().iterdir() if (path / EVENTS).is_file())
    except OSError:
        return []
    found = (_training(folder) for folder in folders)
    return [run for run in found if run and run.events()]


def _training(folder: Path) -> Followed | None:
    try:
        config = read_json(folder / CONFIG, MOST_CONFIG)
    except ValueError:
        return None
    run = Followed(folder.name, folder, Status("finished"), config)
    step = max((event["step"] for event in run.events()), default=0)
    return Followed(folder.name, folder, Status("finished", step=step, steps=step), config)


def _samples(run: Followed) -> None:
    """What it did before training, soon after, and in the end."""
    told = [event for event in run.events() if event["kind"] == "evaluated" and event.get("sample")]
    for event in [told[place] for place in SHOWN if place < len(told)]:
        st.caption(words.plain(saying.did(run.name, event["step"])))
        live.draw(event["sample"], key=f"sample_{event['step']}")
