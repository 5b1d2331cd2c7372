"""Sentences of the pages, and how text that is not ours is put into them."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from rnnviz.views.tokens import number, quoted

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class Between(NamedTuple):
    """All numbers from `low` to `high`."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


CELLS = {"rnn": "RNN", "rnn_relu": "RNN (ReLU)", "lstm": "LSTM", "gru": "GRU"}


def plain(text: str) -> str:
    """`text` for Markdown, with nothing in it taken for markup.

    A text typed by a visitor or found in somebody's checkpoint could hold an image, and the browser would
    fetch it.
    """
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.replace("\0", "␀").split()))


def cell(entry: "Entry") -> str:
    """The name of a model's cell as people write it."""
    return CELLS.get(entry.cell, entry.cell)


def title(entry: "Entry") -> str:
    """What a model is called in a list: what tells it from its neighbours comes first."""
    task, dot, kind = entry.title.rpartition(" · ")
    return f"{kind}{dot}{task}"


def facts(entry: "Entry") -> str:
    """What a model is, in one line."""
    layers = "1 layer" if entry.layers == 1 else f"{entry.layers} layers"
    parts = [f"{cell(entry)}, {layers} of {entry.hidden} units", f"{entry.parameters:,} parameters"]
    if entry.held_out is not None:
        parts.append(f"perplexity {number(entry.held_out)} on text it never saw")
    return " · ".join(parts)


def equal(error: float) -> str:
    """How far the numbers on the page are from those of torch.nn."""
    return f"equals torch.nn to {error:.0e}" if error else "equals torch.nn to the last bit"


def unknown(count: int, total: int) -> str:
    """How much of the text the model does not know; empty if it knows all of it."""
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    share = f"{count:,} of {total:,} characters {verb}"
    return f"{share} unknown to this model; it reads one and the same sign for all of them."


def too_long(length: int, limit: int) -> str:
    """Why only the beginning of a text is shown."""
    return (
        f"The text has {length:,} characters and the limit is {limit:,}: only the first {limit:,} are read."
    )


def nothing_typed() -> str:
    """What stands on the page when the field is empty."""
    return "The field is empty, so the network reads its example. Type a few characters and watch."


def not_offered(what: str, given: str, instead: object, offered: Collection[object]) -> str:
    """The answer to a value in the address that does not exist."""
    shown = given if len(given) <= 40 else given[:39] + "…"
    if isinstance(offered, range | Between):
        possible = f"{offered[0]:g} to {offered[-1]:g}"
    else:
        possible = ", ".join(str(each) for each in offered)
    return f"There is no {what} {quoted(shown)} here (possible: {possible}), so this is {instead}."


def broken(name: str, reason: str) -> str:
    """Why a checkpoint that was found is not offered."""
    return f"{name} cannot be read: {reason}"
