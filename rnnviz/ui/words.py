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


_DOING = {
    "running": "is learning", "paused": "is paused", "stopped": "was stopped", "finished": "has finished",
    "halted": "has halted", "dead": "has lost its worker",
}  # fmt: skip


def doing(state: str, name: str, waiting: Sequence[str]) -> str:
    """What a run is doing: `sine-gru is learning`, `sine-gru waits, 2nd in the queue`."""
    if state != "queued":
        return f"{plain(name)} {_DOING[state]}"
    if name not in waiting:
        return f"{plain(name)} is about to begin"
    place = waiting.index(name) + 1
    return f"{plain(name)} waits, number {place} of {len(waiting)} in the queue"


def unreadable(name: str) -> str:
    """What is said of a run whose folder is damaged."""
    return f"{plain(name)} cannot be read"


def no_worker() -> str:
    """Why a run waits though nobody else is at work."""
    return (
        "Nobody has taken it for 10 seconds. The app keeps a worker ready by itself; if this goes on, start "
        "one at the terminal:  python -m rnnviz worker RUNS"
    )


def limits(help: str, usual: object, least: float | None, most: float | None) -> str:
    """What a control is for, and its range: `Units of a layer. Default 32, from 1 to 4,096.`"""
    said = [f"default {_value(usual)}"]
    if least is not None and most is not None:
        said.append(f"from {_value(least)} to {_value(most)}")
    elif least is not None:
        said.append(f"at least {_value(least)}")
    return f"{plain(help[:1].upper() + help[1:])}. {', '.join(said).capitalize()}."


def _value(value: object) -> str:
    """A value of a setting in words: `4,096`, `0.004`, `LSTM`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.10g}"
    return choice(value)


def before_halt(norms: Sequence[float | None]) -> str:
    """How the gradient grew before a run halted: `The length of its gradient: 1.2, 340, 5,600,000.`"""
    shown = [number(norm) if norm is not None else "infinite" for norm in norms[-_NORMS:]]
    if not shown:
        return ""
    return f"The length of its gradient in the last steps before: {', '.join(shown)}."


_NORMS = 5  # lengths in one sentence


def come_along(title: str, count: int) -> str:
    """What is shown where nothing was trained yet."""
    models = f"{count} models that come along" if count > 1 else "a model that comes along"
    return f"Until then, this is how {models} learned: {title}."


def did(name: str, step: int) -> str:
    """What a sample is of: `sine-gru before training`, `sine-gru after 1,240 steps`."""
    return f"{name} after {step:,} steps" if step else f"{name} before training"


def no_run(asked: str) -> str:
    """The answer to an address of a run, where there is not a single one."""
    return f"There is no run {quoted(asked[:40])} here."


def other_metric(names: Sequence[str], metric: str) -> str:
    """Why some runs are not on the axes of another."""
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {verb} not judged by {metric}, and so not on these axes."


def differing(shown: str, settings: Sequence[str], count: int) -> str:
    """What is stressed in the table of runs."""
    if count == 1:
        return "With a second run, the settings in which the two differ are columns here."
    if not settings:
        return "All of these have the same settings and the same seed, and so the same curves."
    return f"Columns from {settings[0]} on: the settings in which runs differ; stressed: not as in {shown}."


_FILMS = {
    "language": "the whole sentence, read by the network as it was then. Look for rows that come to keep "
    "their colour over several characters: that is where it begins to remember.",
    "text": "the whole sentence, read by the network as it was then. Look for the column where the late "
    "frames part from the early ones: there it has learned to tell what it reads.",
    "series": "the whole series, read by the network as it was then. Look for rows that begin to swing with "
    "it, each with a phase of its own: of those the answer is made.",
    "image": "one picture, read row by row by the network as it was then. Look for the column from which on "
    "the rows keep their colour: there it has made up its mind.",
}


def film(kind: str, type: str) -> str:
    """What to look for in a film of a model of this type, by what it reads."""
    what = "language" if type == "language" else kind
    return f"Each frame is {_FILMS.get(what, _FILMS['text'])}"


def quantity(name: str, several: bool) -> str:
    """A quantity on a button: `$h$`, or of several layers `$h_1$`; `answer` for `out.answer`."""
    layer, _, letter = name.rpartition(".")
    if not layer.startswith("l"):
        return _OUTPUTS.get(letter, letter)
    sign = rf"\overleftarrow{{{letter}}}" if layer.endswith("r") else letter
    return f"${sign}_{int(layer[1:].removesuffix('r')) + 1}$" if several else f"${sign}$"


_OUTPUTS = {"prob": "chances", "answer": "answer"}


def progress(step: int, steps: int, seconds: float, speed: float | None, tokens: float | None) -> str:
    """How far a run is: `step 1,240 of 4,000 · 23 s of work · 50 steps a second · 1 min left`."""
    parts = [f"step {step:,} of {steps:,}"]
    if seconds:
        parts.append(f"{duration(seconds)} of work")
    if tokens:
        parts.append(f"{number(tokens)} tokens a second")
    if speed and step < steps:
        parts.append(f"{duration((steps - step) / speed)} left")
    return " · ".join(parts)


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
    "series": ("reads series of numbers, Watch shows text", "read series of numbers, Watch shows text"),
    "image": ("reads images, Watch shows text", "read images, Watch shows text"),
    "text": (
        "answers what it reads, Watch shows what is expected next",
        "answer what they read, Watch shows what is expected next",
    ),
}
_NAMED = 5  # models in one sentence


def not_shown(entries: "Sequence[Entry]") -> list[str]:
    """Why Watch does not show some models, in a sentence for each kind: `sine-gru reads series of numbers,
    Watch shows text: see Train.`
    """
    sentences = []
    for kind, (one, many) in _ELSEWHERE.items():
        names = [entry.name for entry in entries if entry.kind == kind]
        if names:
            more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            *first, last = names[:_NAMED] + more
            who = f"{', '.join(first)} and {last}" if first else last
            sentences.append(f"{who} {many if first else one}: see Train.")
    return sentences


def broken(name: str, reason: str) -> str:
    """Why a checkpoint that was found is not offered."""
    return f"{name} cannot be read: {reason}"
