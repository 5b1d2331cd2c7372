"""A run, written to its folder: config.json, vocab.json, model.safetensors, events.jsonl, card.md.

Every file but events.jsonl is replaced whole; that one is appended to, a line an event. So whoever reads the
folder, at any time and after any crash, finds files that fit together.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save

from rnnviz.files import is_temporary, json_bytes, replace_whole
from rnnviz.models.language import LanguageModel
from rnnviz.tasks.base import Corpus, Task
from rnnviz.training.card import card
from rnnviz.training.events import Evaluated, Event, Finished, to_line
from rnnviz.training.loop import new_model, train
from rnnviz.training.settings import Settings

FORMAT = 1
FILES = ("config.json", "vocab.json", "model.safetensors", "events.jsonl", "card.md")


def write_run(
    folder: Path, task: Task, settings: Settings, device: str = "cpu", overwrite: bool = False
) -> Iterator[Event]:
    """Starts a run in a folder and yields its events, each after it was written down.

    Raises ValueError at once for settings or a text that cannot be trained, and for a folder that is in use
    (with overwrite: one that holds anything but a run).
    """
    corpus = task.corpus()
    model = new_model(corpus, settings).to(_checked(device))
    events = train(model, task, corpus, settings)
    _prepare(folder, overwrite)
    model.vocabulary.save(folder / "vocab.json")
    config = {
        "format": FORMAT,
        "model": model.config,
        "task": task.describe(corpus),
        "train": settings.of_training(),
        "seed": settings.seed,
    }
    replace_whole(folder / "config.json", json_bytes(config))
    return _drain(events, folder, model, task, corpus, settings)


def _drain(
    events: Iterator[Event],
    folder: Path,
    model: LanguageModel,
    task: Task,
    corpus: Corpus,
    settings: Settings,
) -> Iterator[Event]:
    best_sample = ""
    with (folder / "events.jsonl").open("a", encoding="ascii") as log:
        for event in events:
            if isinstance(event, Evaluated) and event.best:
                best_sample = event.sample
                save_weights(model, folder / "model.safetensors")
            if isinstance(event, Finished):
                text = card(folder, task, corpus, settings, event, best_sample)
                replace_whole(folder / "card.md", text.encode("utf-8", "replace"))
            log.write(to_line(event))
            log.flush()
            yield event


def save_weights(model: LanguageModel, path: Path) -> None:
    """The weights of a model as a safetensors file, replaced whole."""
    weights = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    replace_whole(path, save(weights))


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
    try:
        for name in found:
            (folder / name).unlink()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{folder} cannot be made ready: {error.strerror}.") from None


def _checked(device: str) -> torch.device:
    """A device that is there. Raises ValueError for another."""
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"The device {device!r} cannot be used: {reason}.") from None
    return chosen
