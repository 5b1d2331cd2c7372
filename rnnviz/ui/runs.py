"""The runs that a page can show, and what each is doing."""

import time
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import streamlit as st

from rnnviz.files import read_json
from rnnviz.folders import runs_folder
from rnnviz.tasks import TASKS, task_of
from rnnviz.training.run import CONFIG, EVENTS, MOST_CONFIG, NAME, TEXT
from rnnviz.training.status import Status, status_of
from rnnviz.training.tail import Event, Tail
from rnnviz.training.tickets import QUEUE
from rnnviz.views.measures import MEASURES

MOST = 200  # runs that are listed
NEXT, TAKEN = "_next_run", "_taken_settings"  # what a part asks of the whole page
EXAMPLE = 40  # characters of a text that was given by hand
PATIENCE = 10.0  # seconds after which a run that waits should have found a worker


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
        return self._part("task")

    @property
    def model(self) -> dict[str, Any]:
        """What its model is made of; {} before its worker has made it."""
        return self._part("model")

    @property
    def type(self) -> str:
        """What its model is, a name in `rnnviz.models.MODELS`; "" before its worker has made it."""
        return str(self.model.get("type", ""))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Its settings as they are by now, with all that was changed on the way, and the seed."""
        now = {**self._part("train"), "seed": self.config.get("seed", 0)}
        for event in self.events():
            if event["kind"] == "changed" and isinstance(event.get("settings"), dict):
                now |= event["settings"]
        return now

    @property
    def options(self) -> dict[str, Any]:
        """The options of its task."""
        known = TASKS.get(str(self.task.get("name")))
        offered = {f.name for f in fields(known) if f.metadata.get("kept", True)} if known else set()
        return {name: value for name, value in self.task.items() if name in offered}

    @property
    def metric(self) -> str:
        """What it is judged by; before its worker has said so, and of a very old run, its loss."""
        told = self.task.get("metric")
        return str(told) if told in MEASURES else "perplexity" if self.type == "language" else "loss"

    @property
    def title(self) -> str:
        known = TASKS.get(str(self.task.get("name")))
        return known.title if known else str(self.task.get("name", self.name))

    @property
    def example(self) -> str:
        """A sentence for its model to read, "" if it reads no text; the beginning of a text of one's own."""
        if own := _beginning(self.folder / TEXT):
            return own
        try:
            return task_of(self.task).example
        except (ValueError, TypeError):  # another task, or options that it does not have
            return ""

    def events(self) -> list[Event]:
        """What has happened so far; the same list for as long as this look at the run lasts."""
        return self._events

    @cached_property
    def _events(self) -> list[Event]:
        events = _tail(str(self.folder / EVENTS)).events()
        return [event for event in events if isinstance(event.get("kind"), str)]

    def _part(self, name: str) -> dict[str, Any]:
        """A part of config.json; empty where somebody has written something else there."""
        part = self.config.get(name)
        return dict(part) if isinstance(part, dict) else {}


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


def go_to(name: str) -> None:
    """Show another run from the next drawing of the whole page on.

    A button in a part that is drawn by itself cannot set what stands outside of it: the browser would send
    the old choice along with the next drawing.
    """
    st.session_state[NEXT] = name


def elsewhere(name: str) -> bool:
    """Whether the whole page has to be drawn again: a part of it asks for that, or this run is gone."""
    asked = NEXT in st.session_state or TAKEN in st.session_state
    return asked or not _config(runs_folder() / name).is_file()


def unanswered(run: Followed) -> bool:
    """Whether a run has waited for long and no worker is at any other: then there is probably none."""
    try:
        since = time.time() - (run.folder.parent / QUEUE / run.name).stat().st_mtime
    except OSError:  # it does not wait any more
        return False
    return since > PATIENCE and not any(follow(name).status.state == "running" for name in names())


@st.cache_resource(show_spinner=False, max_entries=50)
def _tail(path: str) -> Tail:
    return Tail(Path(path))


def _beginning(path: Path) -> str:
    """The first words of a file, "" if it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="ignore") as file:
            words = " ".join(file.read(10 * EXAMPLE).split())
    except OSError:
        return ""
    return words[:EXAMPLE]


def _config(folder: Path) -> Path:
    return folder / CONFIG


def _begun(folder: Path) -> float:
    """When a run was begun, or its settings were changed last; 0.0 if it was deleted just now."""
    try:
        return _config(folder).stat().st_mtime
    except OSError:
        return 0.0
