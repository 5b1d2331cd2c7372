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

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnviz.files import is_temporary, json_bytes, read_capped, read_json, replace_whole
from rnnviz.settings import CHANGEABLE, Settings
from rnnviz.tasks import task_of
from rnnviz.tasks.base import Task
from rnnviz.training.film import name_of
from rnnviz.training.status import AT_WORK, LOCK, status_of, write_status

FORMAT = 1
CONFIG, VOCABULARY, MODEL, STATE = "config.json", "vocab.json", "model.safetensors", "state.safetensors"
EVENTS, CARD, TEXT, STEPS = "events.jsonl", "card.md", "text.txt", "steps"
FILES = (CONFIG, VOCABULARY, MODEL, STATE, EVENTS, CARD, TEXT, STEPS, LOCK, "status.json", "control.jsonl")
MOST_CONFIG, MOST_TEXT = 1 << 20, 20 << 20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


class Run:
    """A run by its folder: what was asked for. Raises ValueError where the folder does not say it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_json(folder / CONFIG, MOST_CONFIG)
        self.settings = Settings.of(self.config)
        described = self.config.get("task")
        self.task: Task = task_of(described if isinstance(described, dict) else {})
        if (folder / TEXT).is_file():
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
    config = {
        "format": FORMAT,
        "task": {"name": task.name, **task.options()},
        "train": settings.of_training(),
        "seed": settings.seed,
    }
    replace_whole(folder / CONFIG, json_bytes(config))
    write_status(folder, "queued", steps=settings.steps)
    return Run(folder)


def free_name(runs: Path, wanted: str) -> str:
    """A name for a new run in a folder: the wanted one, or that with a number behind it."""
    name = wanted if NAME.match(wanted) else "run"
    taken = {path.name.casefold() for path in runs.iterdir()} if runs.is_dir() else set()
    numbered = (f"{name}-{k}" for k in range(2, 100_000))
    return name if name.casefold() not in taken else next(n for n in numbered if n.casefold() not in taken)


def fork(folder: Path, step: int, into: Path, **settings: Any) -> Run:
    """A new run that goes on from the weights that another kept at a step, with other settings where named.

    The optimizer begins anew: its averages were not kept. Raises ValueError where that step was not kept, or
    a setting shapes the model.
    """
    source = Run(folder)
    kept = folder / STEPS / name_of(step)
    if not kept.is_file():
        raise ValueError(f"{folder.name} has not kept the weights of step {step}.")
    wrong = [
        name for name in settings if name not in (*CHANGEABLE, "schedule", "decay", "dropout", "clip_by")
    ]
    if wrong:
        raise ValueError(f"{wrong[0]} cannot be another one in a fork.")
    chosen = replace(source.settings, **settings)
    if chosen.steps <= step:
        raise ValueError(f"A fork from step {step} needs more than {step} steps in all, not {chosen.steps}.")
    made = create(into, source.task, chosen)
    made.write_config(fork={"of": folder.name, "step": step})
    (into / STEPS).mkdir()
    shutil.copyfile(kept, into / STEPS / name_of(step))
    return made


def remove(folder: Path) -> None:
    """Deletes a run: out of sight at once, then for good. Raises ValueError for one that is at work."""
    if (folder / "status.json").exists() and status_of(folder).state in AT_WORK:
        raise ValueError(f"{folder.name} is at work: stop it first.")
    Run(folder)  # nothing else is ever deleted
    trash = folder.with_name(f".trash-{folder.name}-{os.getpid()}")
    folder.rename(trash)
    shutil.rmtree(trash)


def _prepare(folder: Path, overwrite: bool) -> None:
    """An empty folder for a run. Only ever removes the files of a run, and only when asked to."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; a run is written to a folder.")
    found = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if found and not overwrite:
        raise ValueError(f"{folder} is not empty: choose another folder, or overwrite its run (--overwrite).")
    foreign = sorted(name for name in found if name not in FILES and not is_temporary(name))
    if foreign:
        raise ValueError(f"{folder} holds {foreign[0]}, which is no part of a run, so it is not overwritten.")
    if "status.json" in found and status_of(folder).state in AT_WORK:
        raise ValueError(f"{folder} holds a run that is at work: stop it first.")
    try:
        for name in found:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{folder} cannot be made ready: {error.strerror}.") from None
