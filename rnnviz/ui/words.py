"""Sentences of the pages, and how text that is not ours is put into them."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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


def choice(value: object) -> str:
    """One of the choices of a setting, as people write it."""
    return CELLS.get(str(value), str(value))


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


def task(entry: "Entry") -> str:
    """What a model has learned, as the first words of its title: `The Time Machine`."""
    return entry.title.rpartition(" · ")[0]


def titles(entries: "Mapping[str, Entry]") -> dict[str, str]:
    """What some models are called in one list, by name; with that name where two would be called the same."""
    called = {name: title(entry) for name, entry in entries.items()}
    often = Counter(called.values())
    return {name: text if often[text] == 1 else f"{text} · {name}" for name, text in called.items()}


def facts(entry: "Entry") -> str:
    """What a model is, in one line."""
    layers = "1 layer" if entry.layers == 1 else f"{entry.layers} layers"
    parts = [f"{cell(entry)}, {layers} of {entry.hidden} units", f"{entry.parameters:,} parameters"]
    if entry.held_out is not None:
        what = "text" if entry.kind == "text" else entry.kind
        parts.append(f"{reached(entry.metric, entry.held_out)} on {what} it never saw")
    return " · ".join(parts)


def reached(metric: str, value: float) -> str:
    """A result in words: `perplexity 4.26`, `accuracy 98.2 %`, `error 0.0041`."""
    return f"accuracy {100 * value:.1f} %" if metric == "accuracy" else f"{metric} {number(value)}"


def duration(seconds: float) -> str:
    """`0.4 s`, `23 s`, `2 min 5 s`, `1 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


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


_ELSEWHERE = {
    "series": ("reads series of numbers", "read series of numbers", "shows text"),
    "image": ("reads images", "read images", "shows text"),
    "attention": ("looks back by attention", "look back by attention", "shows recurrent networks"),
    "text": ("answers what it reads", "answer what they read", "shows what is expected next"),
}
_WITHOUT = ("has no attention", "have no attention", "shows where a network looks")
_NAMED = 5  # models in one sentence


def not_shown(entries: "Sequence[Entry]", page: str) -> list[str]:
    """Why a page does not show some models, in a sentence for each kind: `sine-gru reads series of numbers,
    Watch shows text: see Train.`
    """
    sentences = []
    of_text = {"text": _WITHOUT} if page == "Attention" else {}
    for kind, (one, many, shown) in (_ELSEWHERE | of_text).items():
        names = [entry.name for entry in entries if _other(entry) == kind]
        if names:
            more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            *first, last = names[:_NAMED] + more
            who = f"{', '.join(first)} and {last}" if first else last
            where = "Attention" if kind == "attention" else "Train"
            sentences.append(f"{who} {many if first else one}, {page} {shown}: see {where}.")
    return sentences


def _other(entry: "Entry") -> str:
    """What a model does that a page does not show."""
    looks_back = entry.writes or entry.type.startswith("transformer")
    return "attention" if looks_back and entry.attends else entry.kind


def broken(name: str, reason: str) -> str:
    """Why a checkpoint that was found is not offered."""
    return f"{name} cannot be read: {reason}"
