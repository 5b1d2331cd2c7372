"""The folder of a run: made by whoever starts it, written by one worker, read by anybody.

config.json         model, task and training settings, seed
vocab.json          the tokens, of a model that reads or answers tokens
model.safetensors   the best weights so far
state.safetensors   all that a resume reads
status.json         what the run is doing; control.jsonl: what was asked of it
events.jsonl        what happened, an event a line
steps/000128.safetensors   the weights at some steps
text.txt            a text that was given by hand
card.md             what this is, once it is finished
"""

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from rnnviz.files import is_temporary, json_bytes, read_capped, read_json, replace_whole
from rnnviz.settings import CHANGEABLE, Settings
from rnnviz.tasks import task_of
from rnnviz.tasks.base import Task
from rnnviz.training import tickets
from rnnviz.training.control import CONTROL
from rnnviz.training.film import name_of
from rnnviz.training.status import LOCK, STATUS, Status, is_locked, say, status_of

FORMAT = 1
CONFIG, VOCABULARY, MODEL, STATE = "config.json", "vocab.json", "model.safetensors", "state.safetensors"
EVENTS, CARD, TEXT, STEPS = "events.jsonl", "card.md", "text.txt", "steps"
FILES = (CONFIG, VOCABULARY, MODEL, STATE, EVENTS, CARD, TEXT, STEPS, LOCK, STATUS, CONTROL)
MOST_CONFIG, MOST_TEXT = 1 << 20, 20 << 20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
LONGEST = 58  # characters of a name that may still get a number
TRASH = ".trash-"
FORKED = (*CHANGEABLE, "schedule", "decay", "dropout", "clip_by")  # what may be another one in a fork


class Run:
    """A run by its folder: what was asked for. Raises ValueError where the folder does not say it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_json(folder / CONFIG, MOST_CONFIG)
        self.settings = Settings.of(self.config)
        described = self.config.get("task")
        self.task: Task = task_of(described if isinstance(described, dict) else {})
        if (folder / TEXT).is_file() and any(f.name == "pasted" for f in fields(self.task)):
            pasted: dict[str, Any] = {"pasted": read_capped(folder / TEXT, MOST_TEXT).decode()}
            self.task = replace(self.task, **pasted)

    def write_config(self, **parts: Any) -> None:
        """Puts other parts into config.json."""
        self.config = self.config | parts
        replace_whole(self.folder / CONFIG, json_bytes(self.config))


def create(folder: Path, task: Task, settings: Settings, overwrite: bool = False) -> Run:
    """A new run, which nobody works on yet. Raises ValueError where the folder is in use.

    overwrite: replaces the files of a run that is there, and never anything else.
    """
    _prepare(folder, overwrite)
    pasted = getattr(task, "pasted", None)
    if pasted is not None:
        replace_whole(folder / TEXT, pasted.encode("utf-8", "replace"))
    options = task.options()
    if options.get("file"):  # whoever works on it may have been started elsewhere
        options["file"] = str(Path(options["file"]).absolute())
    config = {
        "format": FORMAT,
        "task": {"name": task.name, **options},
        "train": settings.of_training(),
        "seed": settings.seed,
    }
    say(folder, Status("stopped", steps=settings.steps))
    replace_whole(folder / CONFIG, json_bytes(config))
    return Run(folder)


def free_name(runs: Path, wanted: str) -> str:
    """A name for a new run in a folder: the wanted one, or that with a number behind it.

    It is taken at once, by an empty folder: two who ask at the same time get two names.
    """
    name = wanted[:LONGEST] if NAME.match(wanted[:LONGEST]) else "run"
    runs.mkdir(parents=True, exist_ok=True)
    taken = {path.name.casefold() for path in runs.iterdir()}
    for numbered in _numbered(name):
        if numbered.casefold() not in taken:
            try:
                (runs / numbered).mkdir()
            except FileExistsError:
                continue
            return numbered
    raise AssertionError


def fork(folder: Path, step: int, into: Path, **settings: Any) -> Run:
    """A new run that goes on from the weights that another kept at a step, with other settings where named.

    The optimizer begins anew: its averages were not kept. Raises ValueError where that step was not kept, or
    a setting shapes the model.
    """
    source = Run(folder)
    kept = folder / STEPS / name_of(step)
    if not kept.is_file():
        raise ValueError(f"{folder.name} has not kept the weights of step {step}.")
    wrong = [name for name in settings if name not in FORKED]
    if wrong:
        raise ValueError(f"{wrong[0]} cannot be another one in a fork.")
    chosen = replace(source.settings, **settings)
    if chosen.steps <= step:
        raise ValueError(f"A fork from step {step} needs more than {step} steps in all, not {chosen.steps}.")
    made = create(into, source.task, chosen)
    (into / STEPS).mkdir()
    shutil.copyfile(kept, into / STEPS / name_of(step))
    made.write_config(fork={"of": folder.name, "step": step})
    return made


def remove(folder: Path) -> None:
    """Deletes a run: out of sight at once, then for good. Raises ValueError for one that is at work, and for
    anything else than a run.
    """
    if folder.is_symlink() or not (folder / CONFIG).is_file() or not (folder / STATUS).is_file():
        raise ValueError(f"{folder.name} is no run, so it is not deleted.")
    if foreign := _foreign(folder):
        raise ValueError(f"{folder.name} holds {foreign}, which is no part of a run, so it is not deleted.")
    if _at_work(folder):
        raise ValueError(f"{folder.name} is at work: stop it first.")
    tickets.tear(folder)
    trash = folder.with_name(f"{TRASH}{time.time_ns()}")
    folder.rename(trash)
    shutil.rmtree(trash)


def empty_trash(runs: Path) -> None:
    """Deletes what somebody was killed over deleting."""
    for trash in runs.glob(f"{TRASH}*"):
        shutil.rmtree(trash, ignore_errors=True)


def _prepare(folder: Path, overwrite: bool) -> None:
    """An empty folder for a run. Only ever removes the files of a run, and only when asked to."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; a run is written to a folder.")
    found = [path.name for path in folder.iterdir()] if folder.exists() else []
    if found and not overwrite:
        raise ValueError(f"{folder} is not empty: choose another folder, or overwrite its run (--overwrite).")
    if found and (foreign := _foreign(folder)):
        raise ValueError(f"{folder} holds {foreign}, which is no part of a run, so it is not overwritten.")
    if found and _at_work(folder):
        raise ValueError(f"{folder} holds a run that is at work: stop it first.")
    try:
        for name in found:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{folder} cannot be made ready: {error.strerror}.") from None


def _foreign(folder: Path) -> str | None:
    """The first thing in a folder that is no part of a run."""
    own = {folder / name for name in FILES}
    found = sorted([*folder.iterdir(), *(folder / STEPS).glob("*")])
    strange = (path for path in found if path not in own and not is_temporary(path.name))
    return next(
        (path.name for path in strange if path.parent == folder or path.suffix != ".safetensors"), None
    )


def _at_work(folder: Path) -> bool:
    try:
        return status_of(folder).at_work
    except ValueError:  # it cannot say what it is doing
        return is_locked(folder)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in range(2, 100_000))
