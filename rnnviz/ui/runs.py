"""The runs that a page can show, and what each is doing."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from rnnviz.files import read_json
from rnnviz.folders import runs_folder
from rnnviz.tasks import TASKS, task_of
from rnnviz.training.run import CONFIG, EVENTS, MOST_CONFIG, NAME
from rnnviz.training.status import Status, status_of
from rnnviz.training.tail import Event, Tail

MOST = 200  # runs that are listed


@dataclass(frozen=True)
class Followed:
    """A run as a page sees it just now. error: what is wrong with its folder, "" if nothing."""

    name: str
    folder: Path
    status: Status
    config: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def task(self) -> dict[str, Any]:
        return dict(self.config.get("task") or {})

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.config.get("train") or {})

    @property
    def metric(self) -> str:
        """What it is judged by; before its worker has said so, what its task's kind usually is."""
        return str(self.task.get("metric") or "loss")

    @property
    def title(self) -> str:
        known = TASKS.get(str(self.task.get("name")))
        return known.title if known else str(self.task.get("name", self.name))

    @property
    def example(self) -> str:
        """A sentence for its model to read, "" if it reads no text."""
        try:
            return task_of(self.task).example
        except (ValueError, TypeError):  # another task, or options that it does not have
            return ""

    def events(self) -> list[Event]:
        return _tail(str(self.folder / EVENTS)).events()


def names() -> list[str]:
    """The runs of the runs folder, the newest first."""
    try:
        named = [path for path in runs_folder().iterdir() if NAME.match(path.name)]
        found = [path for path in named if _config(path).is_file()]
        return [path.name for path in sorted(found, key=_begun, reverse=True)[:MOST]]
    except OSError:
        return []


def follow(name: str) -> Followed:
    """A run by its name, one of `names`."""
    folder = runs_folder() / name
    try:
        status = status_of(folder)
        return Followed(name, folder, status, read_json(_config(folder), MOST_CONFIG))
    except ValueError as error:
        return Followed(name, folder, Status("dead", reason=str(error)), error=str(error))


@st.cache_resource(show_spinner=False, max_entries=50)
def _tail(path: str) -> Tail:
    return Tail(Path(path))


def _config(folder: Path) -> Path:
    return folder / CONFIG


def _begun(folder: Path) -> float:
    """When a run was begun, or its settings were changed last."""
    return _config(folder).stat().st_mtime
