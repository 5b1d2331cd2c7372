"""The commands that let a model read and write."""

import argparse
import sys
from pathlib import Path

from rnnviz.cli.telling import aligned, tell

OUTPUTS = (".npz", ".csv", ".html")


def catalogue(arguments: argparse.Namespace) -> int:
    """Lists the trained models; the broken ones with what is wrong."""
    from rnnviz.checkpoints import catalogue, folders

    entries = catalogue()
    if not entries:
        tell(sys.stdout, f"There are no trained models in {' or '.join(map(str, folders()))}.")
        return 0
    rows = [("name", "parameters", "measure", "held-out", "training", "what")]
    for entry in entries:
        if entry.error:
            rows.append((entry.name, "", "", "", "", f"broken: {entry.error}"))
        else:
            reached = (entry.metric, _four(entry.held_out), _four(entry.trained))
            rows.append((entry.name, f"{entry.parameters:,}", *reached, entry.title))
    for line in aligned(rows, left=(0, 5)):
        tell(sys.stdout, line)
    return 0


def sample(arguments: argparse.Namespace) -> int:
    """Lets a model go on writing."""
    from itertools import islice

    from rnnviz.checkpoints import load
    from rnnviz.models.sampling import generate

    if arguments.length < 0:
        raise ValueError(f"The length is at least 0, not {arguments.length}.")
    model = load(arguments.checkpoint)
    written = generate(model, arguments.prefix, arguments.temperature, arguments.top_k, arguments.seed)
    sys.stdout.write(arguments.prefix)
    for character in islice(written, arguments.length):
        sys.stdout.write(character)
        sys.stdout.flush()
    sys.stdout.write("\n")
    return 0


def trace(arguments: argparse.Namespace) -> int:
    """Lets a model read a text and writes down every number."""
    path: Path = arguments.output
    if path.suffix.lower() not in OUTPUTS:
        raise ValueError(f"A trace is written as {', '.join(OUTPUTS)}; {path.name!r} is none of these.")
    from rnnviz.checkpoints import load
    from rnnviz.files import replace_whole
    from rnnviz.record import record

    result = record(load(arguments.checkpoint), arguments.text, target=arguments.target)
    if path.suffix.lower() == ".npz":
        result.save(path)
    elif path.suffix.lower() == ".csv":
        result.to_csv(path)
    else:
        from rnnviz.views.page import page

        replace_whole(path, page(result).encode("utf-8", "replace"))
    unknown = len(result.meta["unknown"])
    note = f" {unknown} of {len(arguments.text)} characters are unknown to this model." if unknown else ""
    if "source" in result.labels:
        note += (
            f" It writes {result.meta['answer']!r}. {_remark(arguments.checkpoint, arguments.text)}".rstrip()
        )
    tell(sys.stdout, f"{path}: {len(result)} steps of {len(result.names)} quantities.{note}")
    return 0


def _remark(checkpoint: str, text: str) -> str:
    """What the task of a checkpoint has to say of a text, such as a date that does not exist."""
    from rnnviz.checkpoints import CheckpointError, learned
    from rnnviz.tasks.pairs import PairsTask

    try:
        task = learned(checkpoint).task
    except CheckpointError:  # a task that is none of ours
        return ""
    return task.remark(text) if isinstance(task, PairsTask) else ""


def _four(value: float | None) -> str:
    """A number with four digits."""
    return "" if value is None else f"{value:.4g}"
