"""Changes that teach something, ready to click, for each cell."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry


class Lesson(NamedTuple):
    """A title on a button, what to look for, and the edits."""

    name: str
    title: str
    look: str
    edits: tuple[str, ...]


def of(entry: "Entry") -> list[Lesson]:
    """The lessons of a model's cell, in all of its layers and directions."""
    layers = [f"l{k}{way}" for k in range(entry.layers) for way in ("", "r")[: entry.directions]]
    return [
        Lesson(name, title, look, tuple(f"{layer}.{change}" for layer in layers))
        for name, title, look, change in LESSONS[entry.cell]
    ]


_STATE = ("half", "h halved", "Each state is half as large as it wants to be.", "h*=0.5")
LESSONS: dict[str, list[tuple[str, str, str, str]]] = {
    "lstm": [
        ("f1", "forget gate always 1", "Nothing is ever forgotten: c grows and grows.", "f=1"),
        ("f0", "forget gate always 0", "Nothing is kept: what is left is the last character.", "f=0"),
        ("i0", "input gate always 0", "Nothing is taken in: the cell stays empty.", "i=0"),
        ("o1", "output gate always 1", "The cell always shows all that it holds.", "o=1"),
        _STATE,
    ],
    "gru": [
        ("r0", "reset gate 0", "The candidate does not hear the past.", "r=0"),
        ("r1", "reset gate 1", "The candidate always hears all of the past.", "r=1"),
        ("z1", "update gate 1", "Nothing new is ever taken in.", "z=1"),
        ("z0", "update gate 0", "Nothing is carried over but through the candidate.", "z=0"),
        _STATE,
    ],
    "rnn": [("deaf", "h always 0", "It hears the last character alone.", "h=0"), _STATE],
    "rnn_relu": [("deaf", "h always 0", "It hears the last character alone.", "h=0"), _STATE],
}
