"""Letters, to be written backwards: nothing to understand, and everything to remember."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rnnviz.models.vocabulary import UNKNOWN, Vocabulary
from rnnviz.tasks.pairs import Pair, PairsTask

if TYPE_CHECKING:
    from rnnviz.tasks.translation import PairsProblem

JUDGED, JUDGED_SEED, CURVE_SEED = 500, 0, 1
SIZES, TRIED, FURTHEST = 18, 20, 3  # of the curve: lengths, words of each, and to how many times the longest
ENOUGH = 0.9  # the share that has to be right to say that it still holds at a length
LEAST_JUDGED = 4  # letters: there are few shorter words, and all are learned
MOST = 30


@dataclass(frozen=True)
class Reverse(PairsTask):
    """Words of letters at random, from one to the longest; judged by others as long as these.

    The curve goes on to three times the longest: the share of words that are right from the first letter to
    the last. Without attention the whole word has to go through one state.
    """

    name = "reverse"
    title = "Backwards"
    look = (
        "The bright cells go down from the end of the word to its beginning. See how far the curve goes on "
        "beyond the longest word that was learned, and compare it with that of attention `none`."
    )
    example = "stressed"
    defaults: ClassVar[Mapping[str, Any]] = {
        "cell": "gru", "hidden": 64, "directions": 2, "input": "embedding", "embedding": 32,
        "attention": "dot", "batch": 64, "steps": 3000, "lr": 5e-3, "dropout": 0.0, "decay": 0.0,
        "evaluate_every": 100,
    }  # fmt: skip
    outputs = tuple(ascii_lowercase)
    longest = FURTHEST * MOST
    counted = "words"

    letters: int = field(
        default=12, metadata={"help": "letters of the longest word to learn from", "least": 5, "most": MOST}
    )

    def __post_init__(self) -> None:
        if not 5 <= self.letters <= MOST:
            raise ValueError(f"letters is a whole number from 5 to {MOST}, not {self.letters}.")

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

    def curve(self, problem: "PairsProblem", model: Any) -> tuple[list[int], list[float]]:
        """Lengths, to three times the longest that is learned, and what share of words of each is right."""
        chooser = random.Random(CURVE_SEED)  # noqa: S311
        lengths = np.unique(np.linspace(1, FURTHEST * self.letters, SIZES).astype(int)).tolist()
        words = [word(length, chooser) for length in lengths for _ in range(TRIED)]
        right = np.reshape(problem.right(model, words), (len(lengths), TRIED))
        return lengths, right.mean(1).round(4).tolist()

    def sample(self, problem: "PairsProblem", model: Any) -> dict[str, Any]:
        """How far it generalises."""
        lengths, shares = self.curve(problem, model)
        return {
            "kind": "lengths", "lengths": lengths, "accuracy": shares, "trained_to": self.letters,
            "unit": "letters", **problem.attention(model, self.example),
        }  # fmt: skip

    def findings(self, problem: "PairsProblem", model: Any) -> list[str]:
        """How far it generalises."""
        lengths, shares = self.curve(problem, model)
        few = [n for n, right in zip(lengths, shares, strict=True) if right < ENOUGH]
        if few and few[0] == 1:
            return ["Not nine of ten are right even of one letter."]
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
