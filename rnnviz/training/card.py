"""A run's card: what the model is, what it reached, and the command that makes it again."""

import shlex
from dataclasses import asdict
from pathlib import Path

from rnnviz.tasks.base import Corpus, Task
from rnnviz.training.events import Finished
from rnnviz.training.loop import MOST_HELD_OUT, MOST_TRAINED
from rnnviz.training.settings import Settings

KINDS = {"rnn": "A simple recurrent network", "rnn_relu": "A simple recurrent network (relu)"}


def card(folder: Path, task: Task, corpus: Corpus, settings: Settings, end: Finished, sample: str) -> str:
    """The Markdown text of a finished run's card.md."""
    kind = KINDS.get(settings.cell, f"A {settings.cell.upper()}").replace("A LSTM", "An LSTM")
    name = folder.resolve().name
    parts = [
        f"# {name}",
        f"{kind} with {_count(settings.layers, 'layer')} of {_count(settings.hidden, 'unit')}, trained to "
        f"predict the next character. Its text: {task.title}.",
        _results(corpus, settings, end),
        "## What to look for",
        task.look,
        *(["\n".join(f"- {finding}" for finding in end.findings)] if end.findings else []),
        "## What it writes",
        f"After `{task.example}`, at temperature 0.7:",
        _indented(task.example + sample),
        "## How it was made",
        _indented(command(folder, task, settings))
        if task.repeatable
        else "The text was given by hand and is not kept, so no command makes this model again.",
        f"The last tenth of the text, {len(corpus.held_out):,} characters, was held out; the weights are "
        "those of the step with the lowest perplexity on it. A perplexity is exp of the mean loss over a "
        f"text that is read from start to end{_cut(corpus)}. The steps are in `events.jsonl`, all settings "
        "in `config.json`.",
        "## How to use it",
        _indented(
            "import rnnviz\n\n"
            f'model = rnnviz.load("{name}")\n'
            f"trace = rnnviz.trace(model, {_quoted(task.example)})\n"
            'trace["l0.h"].values    # (steps, units)'
        ),
    ]
    return "\n\n".join(parts) + "\n"


def command(folder: Path, task: Task, settings: Settings) -> str:
    """The command that makes this run again, every setting in it, some to a line."""
    options = {**task.options(), **asdict(settings), "run": folder.as_posix()}
    words = [
        f"--{name.replace('_', '-')} {shlex.quote(str(value))}"
        for name, value in options.items()
        if value is not None
    ]
    lines = [" ".join(words[i : i + 5]) for i in range(0, len(words), 5)]
    return " \\\n    ".join([f"python -m rnnviz train {task.name}", *lines])


def _results(corpus: Corpus, settings: Settings, end: Finished) -> str:
    rows = [
        ("held-out perplexity", f"{end.held_out:.3f}"),
        ("training perplexity", f"{end.perplexity:.3f}"),
        ("parameters", f"{end.parameters:,}"),
        ("best step", f"{end.best_step:,} of {settings.steps:,}"),
        ("characters trained on", f"{len(corpus.train):,}"),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _cut(corpus: Corpus) -> str:
    """What to say where a text was too long to be read to its end."""
    longer = len(corpus.train) > MOST_TRAINED or len(corpus.held_out) > MOST_HELD_OUT
    return f", at most {MOST_TRAINED:,} and {MOST_HELD_OUT:,} characters of them" if longer else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _indented(text: str) -> str:
    """A block of code: shown as it is, whatever stands in it."""
    return "\n".join("    " + line for line in text.splitlines())


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else repr(text)
