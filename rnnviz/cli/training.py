"""The commands that train."""

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from rnnviz.cli.telling import HALTED, INTERRUPTED, tell
from rnnviz.folders import runs_folder
from rnnviz.settings import CHANGEABLE, Settings
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task


def train(arguments: argparse.Namespace) -> int:
    """Trains a model on a task, into a folder, with a bar to watch."""
    from rnnviz.training.run import create
    from rnnviz.training.work import checked_device, work

    given = vars(arguments)
    chosen = TASKS[arguments.task]
    preset = chosen.presets[arguments.preset] if given.get("preset") else {}
    wanted = {**chosen.defaults, **preset, **given}
    task = chosen(**{f.name: wanted[f.name] for f in options_of(chosen) if f.name in wanted})
    settings = Settings(**{f.name: wanted[f.name] for f in fields(Settings) if f.name in wanted})
    folder = arguments.run or runs_folder() / f"{task.name}-{settings.cell}"
    checked_device(arguments.device)
    if given.get("download"):
        _fetch(task)
    task.problem().batches(settings, checked_device("cpu"))  # what cannot be trained makes no folder
    create(folder, task, settings, arguments.overwrite)
    return _watched(folder, lambda: work(folder, arguments.device))


def resume(arguments: argparse.Namespace) -> int:
    """Goes on with a run that was paused, stopped or killed; or with a finished one, for more steps."""
    from rnnviz.training.control import RESUME, ask
    from rnnviz.training.queue import change
    from rnnviz.training.run import Run
    from rnnviz.training.work import work

    folder: Path = arguments.folder
    Run(folder)  # what is no run is told before anything is written to it
    changes = {name: given for name in CHANGEABLE if (given := getattr(arguments, name, None)) is not None}
    change(folder, **changes)
    ask(folder, RESUME)
    return _watched(folder, lambda: work(folder, arguments.device))


def worker(arguments: argparse.Namespace) -> int:
    """Waits for a run that is queued in a folder of runs, and works on it; the app starts these itself."""
    from rnnviz.training.worker import serve

    serve(arguments.runs)
    return 0


def _watched(folder: Path, begin: Callable[[], Iterator[Any]]) -> int:
    """Works on a run, with a bar to watch, and says in the end what became of it."""
    from tqdm import tqdm

    from rnnviz.training.events import Changed, Evaluated, Finished, Halted, Stepped
    from rnnviz.training.interrupt import stopped_when_interrupted
    from rnnviz.training.run import Run
    from rnnviz.training.status import last_said

    again = f"python -m rnnviz resume {shlex.quote(str(folder))}"
    stopping = f"\nStopping; `{again}` goes on with it. Ctrl-C again ends it at once."
    last: Any = None
    with stopped_when_interrupted(folder, lambda: print(stopping, file=sys.stderr)) as interrupts:
        events = begin()
        metric, now = Run(folder).config["task"]["metric"], last_said(folder)
        with tqdm(initial=now.step, total=now.steps, unit="step", dynamic_ncols=True) as bar:
            for last in events:
                if isinstance(last, Stepped):
                    bar.set_postfix_str(f"loss {last.loss:.3f}", refresh=False)
                    bar.update(last.step - bar.n)
                if isinstance(last, Evaluated):
                    bar.set_description(f"held-out {metric} {last.held_out:.4g}")
                if isinstance(last, Changed) and "steps" in last.settings:
                    bar.total = last.settings["steps"]
    if isinstance(last, Halted):
        tell(sys.stderr, f"rnnviz: {last.reason}")
        return HALTED
    if isinstance(last, Finished):
        reached = f"held-out {metric} {last.held_out:.4g}, on what it learned from {last.trained:.4g}"
        tell(
            sys.stdout,
            f"{folder}: {reached}; {last.parameters:,} parameters, best at step {last.best_step:,}.",
        )
        return 0
    now = last_said(folder)
    tell(sys.stdout, f"{folder}: {now.state} at step {now.step:,}. {now.reason}".rstrip())
    return INTERRUPTED if interrupts else 0


def _fetch(task: Task) -> None:
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, desc="download") as bar:
        for done, total in task.fetch():
            bar.total = total
            bar.update(done - bar.n)


def options_of(task: type[Task]) -> list[Field[Any]]:
    """The fields of a task that can be given at the command line."""
    return [field for field in fields(task) if field.metadata.get("kept", True)]
