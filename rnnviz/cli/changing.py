"""The commands that change something and tell what follows."""

import argparse
import sys
from typing import TYPE_CHECKING

from rnnviz.cli.telling import aligned, tell

if TYPE_CHECKING:
    from rnnviz.traces import Trace


def whatif(arguments: argparse.Namespace) -> int:
    """Changes gates, states or characters while a model reads, and tells what follows."""
    from rnnviz.checkpoints import load
    from rnnviz.edits import edit, write_on

    if arguments.write and arguments.write < 0:
        raise ValueError(f"The characters to write are at least 0, not {arguments.write}.")
    model = load(arguments.checkpoint)
    original = edit(model, arguments.text)
    edited = edit(model, arguments.text, arguments.edit)
    for line in aligned(_table(original, edited), left=(1,)):
        tell(sys.stdout, line)
    for line in _answers(original, edited):
        tell(sys.stdout, line)
    if arguments.write:
        for name, edits in (("original", []), ("edited", arguments.edit)):
            text = write_on(
                model, arguments.text, edits, arguments.write, arguments.temperature, None, arguments.seed
            )
            tell(sys.stdout, f"{name} writes on: {text!r}")
    if arguments.output:
        edited.save(arguments.output)
        tell(sys.stdout, f"{arguments.output}: the edited trace, {len(edited.names)} quantities")
    return 0


def ablate(arguments: argparse.Namespace) -> int:
    """Lists the units whose death costs a language model most, on a text."""
    from rnnviz.checkpoints import load
    from rnnviz.edits import ablate

    found = ablate(load(arguments.checkpoint), arguments.text, arguments.name)
    tell(sys.stdout, f"{found.loss:.4f} nats a character with all units of {found.name} alive")
    rows = [("unit", "loss", "cost")]
    for unit in found.order[: max(arguments.largest, 0)]:
        rows.append((str(unit), f"{found.losses[unit]:.4f}", f"{found.costs[unit]:+.4f}"))
    for line in aligned(rows, left=()):
        tell(sys.stdout, line)
    return 0


def _table(original: "Trace", edited: "Trace") -> list[tuple[str, ...]]:
    """Step by step: how far the last layer's state moved, and the surprises, where there are any."""
    import numpy as np

    top = f"l{original.meta['layers'] - 1}.h"
    moved = np.abs(edited[top].values - original[top].values).max(axis=1)
    surprises = [trace["out.surprise"].values for trace in (original, edited) if "out.surprise" in trace]
    header = ("step", "read", f"largest change of {top}")
    rows = [header + (("surprise", "edited") if surprises else ())]
    for step, token in enumerate(edited.tokens):
        told = (str(step), repr(token), f"{moved[step]:.4g}")
        rows.append(told + tuple("" if np.isnan(s[step]) else f"{s[step]:.2f}" for s in surprises))
    return rows


def _answers(original: "Trace", edited: "Trace") -> list[str]:
    """What it comes to in the end."""
    if "out.perplexity" in original:
        before, after = (float(trace["out.perplexity"].values) for trace in (original, edited))
        return [f"perplexity {before:.4g}, edited {after:.4g}"]
    if "answer" in original.meta:
        told = [
            trace.meta["answer"] if isinstance(trace.meta["answer"], str) else " ".join(trace.meta["answer"])
            for trace in (original, edited)
        ]
        return [f"answer {told[0]}, edited {told[1]}"]
    return []
