"""A run's card: what the model is, what it reached, and the command that makes it again."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnnviz.settings import TRANSFORMER, Settings, idle
from rnnviz.tasks.base import Problem, Task
from rnnviz.tasks.translation import PairsProblem
from rnnviz.training.events import Finished, short

KINDS = {
    "rnn": "A simple recurrent network",
    "rnn_relu": "A simple recurrent network (relu)",
    "transformer": "A transformer",
}


def card(
    folder: Path,
    problem: Problem,
    settings: Settings,
    end: Finished,
    sample: Mapping[str, Any],
    turns: Sequence[str] = (),
) -> str:
    """The Markdown text of a finished run's card.md.

    sample: what the model with its best weights does; turns: what no command would repeat, in sentences.
    """
    task = problem.task
    kind = KINDS.get(settings.cell, f"A {settings.cell.upper()}").replace("A LSTM", "An LSTM")
    name = folder.resolve().name
    given = [] if task.repeatable else ["The text was given by hand."]
    parts = [
        f"# {name}",
        f"{kind} with {_count(settings.layers, 'layer')} of {_count(settings.hidden, 'unit')}"
        f"{_ways(problem, settings)}. What it learned: {task.title}.",
        _results(problem, settings, end),
        "## What to look for",
        task.look,
        *(["\n".join(f"- {finding}" for finding in end.findings)] if end.findings else []),
        *_written(sample),
        "## How it was made",
        _made(command(folder, task, settings), [*given, *turns]),
        f"{problem.judged} The steps are in `events.jsonl`, all settings in `config.json`.",
        "## How to use it",
        _indented(f'import rnnviz\n\nmodel = rnnviz.load("{name}")' + _use(problem, settings)),
    ]
    return "\n\n".join(parts) + "\n"


def command(folder: Path, task: Task, settings: Settings) -> str:
    """The command that makes this run again, every setting in it, some to a line."""
    matters = set(task.offered) - set(idle(settings.cell))
    offered = {name: value for name, value in asdict(settings).items() if name in matters}
    place = Path(*folder.absolute().parts[-2:])  # such as runs/name: where that is, is everybody's own
    options = {**task.options(), **offered, "run": place.as_posix()}
    words = [
        f"--{name.replace('_', '-')} {shlex.quote(str(value))}"
        for name, value in options.items()
        if value is not None
    ]
    lines = [" ".join(words[i : i + 5]) for i in range(0, len(words), 5)]
    return " \\\n    ".join([f"python -m rnnviz train {task.name}", *lines])


def _ways(problem: Problem, settings: Settings) -> str:
    """In which directions it reads, and who writes what was read, if anybody does."""
    writes = isinstance(problem, PairsProblem)
    if settings.cell == TRANSFORMER:
        return " on each side: one reads, the other writes and looks at all that was read" if writes else ""
    both = ", read forwards and backwards" if settings.directions == 2 else ""
    looks = "without attention" if settings.attention == "none" else f"with {settings.attention} attention"
    return both + (f"; what it has read another one writes down, {looks}" if writes else "")


def _results(problem: Problem, settings: Settings, end: Finished) -> str:
    metric = problem.metric.name
    rows = [
        (f"held-out {metric}", f"{short(end.held_out):.4g}"),
        (f"training {metric}", f"{short(end.trained):.4g}"),
        ("parameters", f"{end.parameters:,}"),
        ("best step", f"{end.best_step:,} of {settings.steps:,}"),
        *((f"{problem.unit}, {part}", f"{count:,}") for part, count in problem.size.items()),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _written(sample: Mapping[str, Any]) -> list[str]:
    """What a language model wrote, under a heading; nothing for others."""
    if sample.get("kind") != "text":
        return []
    prefix = sample["prefix"]
    said = _indented(prefix + sample["text"])
    return ["## What it writes", f"After `{prefix}`, at temperature 0.7:", said]


def _made(command: str, turns: list[str]) -> str:
    """The command, where it makes the model again; else why none does."""
    return " ".join([*turns, "So no command makes this model again."]) if turns else _indented(command)


def _use(problem: Problem, settings: Settings) -> str:
    task = problem.task
    if not task.example:
        return ""
    name, axes = _first(problem, settings)
    first = f'trace["{name}"].values    # {axes}'
    return f"\ntrace = rnnviz.trace(model, {_quoted(task.example)})\n{first}"


def _first(problem: Problem, settings: Settings) -> tuple[str, str]:
    """What one looks at first, and its axes."""
    writes = isinstance(problem, PairsProblem)
    if settings.cell == TRANSFORMER and writes:
        return "dec.l0.cross.weights", "(heads, steps written, steps read)"
    if settings.cell == TRANSFORMER:
        return "l0.attn.weights", "(heads, steps, steps)"
    if not writes:
        return "l0.h", "(steps, units)"
    if settings.attention == "none":
        return "dec.l0.h", "(steps written, units)"
    return "attn.weights", "(steps written, steps read)"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _indented(text: str) -> str:
    """A block of code: shown as it is, whatever stands in it."""
    return "\n".join("    " + line for line in text.splitlines())


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else repr(text)
