"""What is ready to click: models alike in one thing, and pairs of sentences that differ in little."""

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from rnnviz.ui import words

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

ALIKE = 0.01  # the share by which two numbers of parameters that are called equal may differ


class Preset(NamedTuple):
    """Models that are compared: what is said on the button, why these, and their names."""

    name: str
    title: str
    look: str
    models: tuple[str, ...]


class Pair(NamedTuple):
    """Two sentences that differ in little: who is to read them if it is there, and the two."""

    name: str
    models: tuple[str, ...]
    first: str
    second: str


SENTIMENT = ("sentiment-gru", "sentiment-bilstm")
TIME_MACHINE = ("timemachine-lstm", "timemachine-gru", "timemachine-rnn")
PAIRS = (
    Pair("not", SENTIMENT, "I think it is good", "I think it is not good"),
    Pair("bu", SENTIMENT, "我喜欢", "我不喜欢"),
    Pair("word", SENTIMENT, "this film is wonderful", "this film is terrible"),
    Pair("spelling", TIME_MACHINE, "The Time Traveller smiled at us.", "The Time Traveler smiled at us."),
    Pair("letter", TIME_MACHINE, "I saw the white sphinx.", "I saw the while sphinx."),
    Pair("count", ("anbn-lstm",), "aaaabbbb", "aaaaaabbbb"),
    Pair("open", ("brackets-lstm",), "(a[b]x)0.", "(a{b]x)0."),
)


def presets(working: "Mapping[str, Entry]") -> list[Preset]:
    """Models with the same task and another cell: of equal width, and with equally many parameters."""
    tasks: dict[tuple[str, int, int], list[Entry]] = {}
    for entry in working.values():
        tasks.setdefault((words.task(entry), entry.layers, entry.directions), []).append(entry)
    found = []
    for (task, _, _), entries in tasks.items():
        for hidden in dict.fromkeys(entry.hidden for entry in entries):
            wide = _by_cell([entry for entry in entries if entry.hidden == hidden])
            if len(wide) > 1:
                found.append(_preset("width", f"{hidden} units each", f"{task}, equal width", wide))
        for one, other in combinations(entries, 2):
            apart = abs(one.parameters - other.parameters) / max(one.parameters, other.parameters)
            if one.cell != other.cell and one.hidden != other.hidden and apart <= ALIKE:
                title = f"{round(one.parameters / 1000)} thousand parameters each"
                two = sorted((one, other), key=_usual)
                found.append(_preset("parameters", title, f"{task}, equally many parameters", two))
    return found


def _by_cell(entries: "list[Entry]") -> "list[Entry]":
    """The first of each cell, at most four."""
    cells: dict[str, Entry] = {}
    for entry in sorted(entries, key=_usual):
        cells.setdefault(entry.cell, entry)
    return list(cells.values())[:4]


def _usual(entry: "Entry") -> int:
    """LSTM first, then GRU, then the rest."""
    order = ("lstm", "gru", "rnn")
    return order.index(entry.cell) if entry.cell in order else len(order)


def _preset(kind: str, title: str, look: str, entries: "list[Entry]") -> Preset:
    said = f"{', '.join(words.cell(entry) for entry in entries)}: {title}"
    models = tuple(entry.name for entry in entries)
    return Preset(f"{kind}_{'_'.join(models)}", said, look, models)


def first(working: "Mapping[str, Entry]", begin: "Entry") -> tuple[str, ...]:
    """What is compared before anything was chosen: those of equal width with the shelf's first model, or else
    it and the next.
    """
    fitting = [each.models for each in presets(working) if begin.name in each.models]
    return fitting[0] if fitting else tuple(dict.fromkeys([begin.name, *working]))[:2]


def pairs(working: "Mapping[str, Entry]") -> list[Pair]:
    """The pairs that some model on the shelf can read."""
    return [pair for pair in PAIRS if reader(pair, working)]


def reader(pair: Pair, working: "Mapping[str, Entry]", now: str = "") -> str:
    """Who reads a pair: the model that is looked at now, if it is one for it; empty if nobody is there."""
    there = [name for name in pair.models if name in working]
    return now if now in there else next(iter(there), "")
