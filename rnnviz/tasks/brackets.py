"""Nested brackets and quotes: a made-up language in which one can see what has to be remembered.

    a(bb[2a"x y2y"]b)0ab{1"yy"}.

Letters and spaces are filler. A closing bracket is of the kind that was opened last. A digit tells how many
brackets are open, inside quotes too. In quotes the letters are x and y, elsewhere a and b. A full stop ends a
sentence, where nothing is open. So to predict well at every step one has to know the depth, the kinds of the
open brackets, and whether a quote is open.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rnnviz.tasks.texts import TextTask

if TYPE_CHECKING:
    from rnnviz.models.language import LanguageModel

CLOSERS = {"(": ")", "[": "]", "{": "}"}
QUOTE = '"'
STOP = "."
DEEPEST = 5
FRESH_CHARACTERS, FRESH_SEED = 5000, 10**6  # the text that findings are measured on


class Written(NamedTuple):
    """One character, what is true after it, and how likely it was, 0 to 1."""

    character: str
    depth: int
    quoted: bool
    chance: float


class Finding(NamedTuple):
    """The unit of a layer whose state follows a signal best, and Pearson's correlation, -1 to 1."""

    quantity: str
    unit: int
    correlation: float


@dataclass(frozen=True)
class Brackets(TextTask):
    """A text in that language, of any length, from a seed."""

    name = "brackets"
    title = "Brackets and quotes"
    look = (
        "One unit keeps how deep the brackets are nested, another whether a quote is open: find their rows."
    )
    example = 'a(b[a"x y"b]1{b"y2x"a})0.'
    # A small network, and weight decay, so that it cannot afford to keep one thing in many cells. Each row is
    # read from the start of a sentence, so that the zero state comes to mean that nothing is open.
    defaults: ClassVar[Mapping[str, Any]] = {
        "hidden": 12, "length": 64, "sampling": "random", "steps": 6000, "lr": 0.015, "decay": 0.03,
        "dropout": 0.0,
    }  # fmt: skip

    characters: int = field(default=200_000, metadata={"help": "length of the text"})
    text_seed: int = field(default=0, metadata={"help": "seed of the text"})

    def text(self) -> str:
        """The text of this seed."""
        return "".join(step.character for step in write(self.characters, self.text_seed))

    def starts(self, text: str) -> list[int]:
        """Where a sentence begins."""
        return [0, *(place + 1 for place, character in enumerate(text) if character == STOP)]

    def findings(self, model: "LanguageModel") -> list[str]:
        """Which unit keeps the depth and which the quote, measured on text from another seed."""
        steps = write(FRESH_CHARACTERS, FRESH_SEED)
        depth, quote = followers(model, steps)
        return [
            f"Unit {depth.unit} keeps the depth: its {depth.quantity} and the number of open brackets "
            f"correlate by {depth.correlation:+.3f}.",
            f"Unit {quote.unit} keeps the quote: its {quote.quantity} and being inside a quote "
            f"correlate by {quote.correlation:+.3f}.",
            f"Both were measured on {len(steps):,} characters of fresh text; one who knows the rules reads "
            f"it with a perplexity of {best_perplexity(steps):.3f}.",
        ]


def write(characters: int, seed: int) -> list[Written]:
    """So many characters of the language."""
    chooser = random.Random(seed)  # noqa: S311 (a text, not a secret)
    pending, quoted = "", False  # pending: the closing brackets that are still to come, the next one last
    steps = []
    for _ in range(characters):
        weights = following(pending, quoted)
        character = chooser.choices(list(weights), list(weights.values()))[0]
        pending, quoted = after(character, pending, quoted)
        steps.append(Written(character, len(pending), quoted, weights[character] / sum(weights.values())))
    return steps


def following(pending: str, quoted: bool) -> dict[str, float]:
    """What can come next, with weights."""
    depth = str(len(pending))
    if quoted:
        return {" ": 3, "x": 1.5, "y": 1.5, depth: 1.5, QUOTE: 1.2}
    weights: dict[str, float] = {" ": 2, "a": 1.5, "b": 1.5, depth: 1.5, QUOTE: 1}
    if len(pending) < DEEPEST:
        weights |= dict.fromkeys(CLOSERS, 0.6)
    weights[pending[-1] if pending else STOP] = 1.8
    return weights


def after(character: str, pending: str, quoted: bool) -> tuple[str, bool]:
    """What is pending, and whether a quote is open, after one more character."""
    if character == QUOTE:
        return pending, not quoted
    if quoted:
        return pending, quoted
    if character in CLOSERS:
        return pending + CLOSERS[character], quoted
    return (pending[:-1], quoted) if character in CLOSERS.values() else (pending, quoted)


def best_perplexity(steps: list[Written]) -> float:
    """The perplexity on a text of one who knows the language: none can do better in the long run."""
    return math.exp(-sum(math.log(step.chance) for step in steps) / len(steps))


def followers(model: "LanguageModel", steps: list[Written]) -> tuple[Finding, Finding]:
    """The units of a model that follow the depth and the quote best while it reads a text."""
    import torch

    from rnnviz.models.language import reading

    with reading(model):
        ids = model.ids("".join(step.character for step in steps))
        values = model.rnn.trace(model.input_rows(ids[:, None])).values
    carried = "c" if "l0.c" in values else "h"
    signals = torch.tensor([[step.depth, step.quoted] for step in steps], dtype=torch.float64)
    best = [Finding("", -1, 0.0)] * 2
    for layer in range(model.layers):
        quantity = f"l{layer}.{carried}"
        states = values[quantity][:, 0].double().cpu()  # (T, H)
        table = torch.corrcoef(torch.cat([signals, states], dim=1).T).nan_to_num()
        for i, correlations in enumerate(table[:2, 2:]):
            unit = int(correlations.abs().argmax())
            if abs(correlations[unit]) > abs(best[i].correlation):
                best[i] = Finding(quantity, unit, float(correlations[unit]))
    return best[0], best[1]
