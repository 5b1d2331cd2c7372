"""Runs that take a moment, of every kind of model, state and optimizer."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from rnnviz.settings import Settings
from rnnviz.tasks import brackets, language
from rnnviz.tasks.base import Problem, Task
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.hello import Hello
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.sentiment import Sentiment
from rnnviz.tasks.sine import Sine
from rnnviz.tasks.text import OwnText
from rnnviz.training.events import Event, Stepped
from rnnviz.training.loop import Training, train
from rnnviz.training.run import STEPS, Run, create
from rnnviz.training.work import work

TASK = Brackets(characters=400)
PROSE = OwnText(pasted="The cat sat on the mat, and the dog did not. " * 10)
SHORT = Settings(
    hidden=6, steps=6, batch=4, length=5, evaluate_every=3, log_every=2, save_every=2, dropout=0.2
)
CLOCK = ("time", "tokens_per_s")


def shorten(put: Callable[[ModuleType, str, int], object]) -> None:
    """Runs of a moment write a few characters only, and measure what they learned on a text of a moment."""
    put(language, "SAMPLE_LENGTH", 12)
    put(brackets, "FRESH_CHARACTERS", 300)


KINDS: dict[str, tuple[Task, dict[str, Any]]] = {
    "lstm": (TASK, {}),
    "two layers of lstm": (TASK, {"layers": 2}),
    "rnn with relu": (TASK, {"cell": "rnn_relu", "clip_by": "value", "clip": 0.1}),
    "gru, rows from anywhere": (TASK, {"cell": "gru", "sampling": "random", "input": "embedding"}),
    "sgd": (TASK, {"cell": "rnn", "optimizer": "sgd", "lr": 0.5, "init": "normal"}),
    "numbers, the state carried": (Sine(segments=30), {"batch": 1, "lr": 0.02}),
    "classes at each step": (Hello(), {"batch": 1, "cell": "rnn", "input": "embedding"}),
    "classes of both directions": (
        Sentiment(language="english", sentences=1000),
        {"directions": 2, "readout": "mean", "cell": "gru"},
    ),
    "classes, by attention": (
        Sentiment(language="english", sentences=1000),
        {"cell": "gru", "input": "embedding", "readout": "attention_by_unit"},
    ),
    "dates": (Dates(language="Korean"), {"cell": "gru", "directions": 2, "input": "embedding"}),
    "backwards, without looking": (Reverse(letters=5), {"attention": "none"}),
    "backwards, by a transformer": (Reverse(letters=5), {"cell": "transformer", "hidden": 8, "layers": 2}),
    "a transformer": (PROSE, {"cell": "transformer", "hidden": 8, "layers": 2, "sampling": "random"}),
}


def settings(**changes: Any) -> Settings:
    """Those of the short run, with others where named."""
    return replace(SHORT, **changes)


@cache
def problem(name: str) -> Problem:
    """What a kind of run learns; made once, it does not change."""
    return KINDS[name][0].problem()


def kind(name: str, **changes: Any) -> tuple[Problem, Settings]:
    """A kind of run, by its name."""
    return problem(name), settings(**{**KINDS[name][1], **changes})


def training(**changes: Any) -> Training:
    """The short training, with other settings where named."""
    return Training(TASK.problem(), settings(**changes))


def events(**changes: Any) -> list[Event]:
    """All events of the short training."""
    return list(train(training(**changes)))


def content(found: list[Event]) -> list[dict[str, Any]]:
    """The events without what the clock says."""
    return [
        {"kind": event.kind} | {key: value for key, value in asdict(event).items() if key not in CLOCK}
        for event in found
    ]


def made(folder: Path, task: Task = TASK, **changes: Any) -> Run:
    """The short run, which nobody works on yet."""
    return create(folder, task, settings(**changes))


def worked(folder: Path) -> list[Event]:
    """The events of working on a run until it ends."""
    return list(work(folder))


def told(folder: Path) -> list[dict[str, Any]]:
    """events.jsonl without what the clock says."""
    lines = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    return [
        {key: value for key, value in line.items() if key not in ("time", "tokens_per_s")} for line in lines
    ]


def weights(folder: Path) -> dict[str, bytes]:
    """The weights in a run's folder, of all kept steps as well, by file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in [folder / "model.safetensors", *(folder / STEPS).iterdir()]}  # fmt: skip


def working(folder: Path, asked: Callable[[Event], None]) -> list[Event]:
    """Works on a run while somebody looks at its events, and may ask for something."""
    found = []
    for event in work(folder):
        found.append(event)
        asked(event)
    return found


def at(step: int, do: Callable[[], object]) -> Callable[[Event], None]:
    """Does something when a step is logged."""
    return lambda event: do() and None if isinstance(event, Stepped) and event.step == step else None


def working_until(folder: Path, step: int, asked: Callable[[Event], None]) -> list[Event]:
    """Works on a run until a step has been taken, and is gone without another word."""
    found = []
    working = work(folder)
    for event in working:
        found.append(event)
        asked(event)
        if event.step >= step:
            break
    working.close()  # type: ignore[attr-defined]
    return found
