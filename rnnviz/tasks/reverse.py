"""Letters, to be written backwards: nothing to understand, and everything to remember."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, ClassVar

from rnnviz.models.vocabulary import UNKNOWN, Vocabulary
from rnnviz.tasks.pairs import PRESETS, Pair, PairsTask

if TYPE_CHECKING:
    from rnnviz.tasks.translation import PairsProblem

JUDGED, JUDGED_SEED = 500, 0
FURTHEST = 2  # to how many times the longest word that is learned words are asked: nothing holds further
SHOWN, MEASURED = 330, 1000  # words of the curve while it learns, and of what is said in the end
ENOUGH = 0.9  # the share that has to be right to say that it still holds at a length
LEAST_JUDGED = 4  # letters: there are few shorter words, and all are learned
MOST = 30


@dataclass(frozen=True)
class Reverse(PairsTask):
    """Words of letters at random, from one to the longest; judged by others as long as these.

    The curve goes on to twice the longest: the share of words that are right from the first letter to
    the last. Without attention the whole word has to go through one state.
    """

    name = "reverse"
    title = "Backwards"
    look = (
        "With attention the bright cells go from the end of the word to its beginning. See how far the curve "
        "goes on beyond the longest word that was learned, and how far without attention, or with a "
        "transformer."
    )
    example = "stressed"
    defaults: ClassVar[Mapping[str, Any]] = {
        "cell": "gru", "hidden": 64, "directions": 2, "input": "embedding", "embedding": 32,
        "attention": "dot", "batch": 64, "steps": 3000, "lr": 5e-3, "dropout": 0.0, "decay": 0.0,
        "evaluate_every": 100,
    }  # fmt: skip
    # Waves carry a little beyond the longest word, learned places do not; a smaller lr has no setbacks.
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        **PRESETS,
        "a transformer": {**PRESETS["a transformer"], "positions": "sinusoidal", "lr": 2e-3, "steps": 1000},
    }
    outputs = tuple(ascii_lowercase)
    longest = 3 * MOST
    counted = things = "words"
    unit = "letters"

    letters: int = field(
        default=12, metadata={"help": "letters of the longest word to learn from", "least": 5, "most": MOST}
    )

    def __post_init__(self) -> None:
        if not 5 <= self.letters <= MOST:
            raise ValueError(f"letters is a whole number from 5 to {MOST}, not {self.letters}.")

    @property
    def trained_to(self) -> int:
        """Letters of the longest word that is learned from."""
        return self.letters

    def vocabulary(self) -> Vocabulary:
        return Vocabulary((UNKNOWN, *ascii_lowercase))

    def right(self, source: str) -> tuple[str, ...]:
        return (source[::-1],)

    def drawn(self, chooser: random.Random) -> Pair:
        never = self._never()
        while True:
            pair = word(chooser.randint(1, self.letters), chooser)
            if pair.source not in never:
                return pair

    def held_out(self) -> list[Pair]:
        chooser = random.Random(JUDGED_SEED)  # noqa: S311 (words, not secrets)
        return [word(chooser.randint(LEAST_JUDGED, self.letters), chooser) for _ in range(JUDGED)]

    def size(self) -> dict[str, int]:
        never = len(self._never())
        return {"train": sum(26**n for n in range(1, self.letters + 1)) - never, "held out": never}

    def judged(self) -> str:
        return (
            f"The weights are those of the step with the best accuracy on {JUDGED} words that were held out. "
            "A word is right if all of its letters are."
        )

    def shown(self) -> list[Pair]:
        return [Pair(self.example, self.example[::-1])]

    def asked(self, count: int, seed: int) -> Sequence[Pair]:
        """As many words of each length, from four letters to twice the longest that is learned; those
        that are no longer than what is learned are of the words held out.
        """
        chooser = random.Random(f"asked {seed}")  # noqa: S311
        lengths = range(LEAST_JUDGED, FURTHEST * self.letters + 1)
        each, more = divmod(count, len(lengths))
        found: list[Pair] = []
        for place, length in enumerate(lengths):
            many = each + (place < more)
            if length > self.letters:
                found += (word(length, chooser) for _ in range(many))
            else:
                there = sorted(source for source in self._never() if len(source) == length)
                found += (
                    Pair(source, source[::-1]) for source in chooser.sample(there, min(many, len(there)))
                )
        return found

    def curve(self, model: Any, count: int) -> tuple[list[int], list[float]]:
        """Lengths, to twice the longest that is learned, and what share of words of each is right."""
        from rnnviz.tasks.exam import exam

        asked = exam(model, self, count)
        right, read = asked.right, asked.lengths
        lengths = sorted(set(read.tolist()))
        return lengths, [round(float(right[read == n].mean()), 4) for n in lengths]

    def sample(self, problem: "PairsProblem", model: Any) -> dict[str, Any]:
        """How far it generalises."""
        lengths, shares = self.curve(model, SHOWN)
        return {
            "kind": "lengths", "lengths": lengths, "accuracy": shares, "trained_to": self.letters,
            "unit": self.unit, **problem.attention(model, self.example),
        }  # fmt: skip

    def findings(self, problem: "PairsProblem", model: Any) -> list[str]:
        """How far it generalises."""
        lengths, shares = self.curve(model, MEASURED)
        few = [n for n, right in zip(lengths, shares, strict=True) if right < ENOUGH]
        if few and few[0] == LEAST_JUDGED:
            return [f"Not nine of ten are right even of {LEAST_JUDGED} letters."]
        held = max(n for n in lengths if not few or n < few[0])
        return [
            f"It learned from words to {self.letters} letters; at least nine of ten are right to {held}"
            f"{'' if few else ', the longest that were tried'}."
        ]

    def _never(self) -> frozenset[str]:
        return _sources(self)


@cache
def _sources(task: Reverse) -> frozenset[str]:
    """Of the words that are held out."""
    return frozenset(pair.source for pair in task.held_out())


def word(letters: int, chooser: random.Random) -> Pair:
    """A word of so many letters, and the same backwards."""
    source = "".join(chooser.choices(ascii_lowercase, k=letters))
    return Pair(source, source[::-1])
