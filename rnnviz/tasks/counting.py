"""Counting, nesting, looking back: what can be learned on short words, and how far beyond them it holds."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rnnviz.models.vocabulary import UNKNOWN, Vocabulary
from rnnviz.tasks.base import ALWAYS
from rnnviz.tasks.exercises import COLUMNS, NOTHING, Language, languages, summed
from rnnviz.tasks.supervised import NOT_COUNTED, Data, Examples, SupervisedTask

if TYPE_CHECKING:
    from rnnviz.tasks.examples import SupervisedProblem

ADDING = "adding"
NAMES = ("anbn", "brackets", "echo", ADDING)
SIZE, LONGEST = "steps", 30  # of a series to be added
LEARNED, HELD_OUT = 10_000, 500  # words
LEARNED_SEED, HELD_OUT_SEED, CURVE_SEED = range(3)
TRIED = 30  # words of each size of the curve
POINTS, FURTHEST = 16, 3  # of the curve, and to how many times the longest that is learned it goes
TOLERANCE = 0.04  # within which a sum counts as right, as it did for Hochreiter and Schmidhuber
MOST_SIZE, MOST_DELAY = 200, 50


@dataclass(frozen=True)
class Counting(SupervisedTask):
    """Four exercises (`rnnviz.tasks.exercises`): a^n b^n, nested brackets, an echo, and a sum.

    It learns from words up to a size, and is judged by the answers to fresh words of these sizes. The curve
    goes on to three times that size: the share of words that are right from the first answer to the last.
    A sum is right within 0.04.
    """

    name = "counting"
    title = "Counting, nesting, looking back"
    look = (
        "See how far the curve goes on beyond the longest word that was learned: a network that counts goes "
        "on, one that knows its words by heart stops there."
    )
    defaults: ClassVar[Mapping[str, Any]] = {
        "cell": "lstm", "hidden": 32, "steps": 2000, "batch": 32, "lr": 0.01, "dropout": 0.0, "decay": 0.0,
        "evaluate_every": 100,
    }  # fmt: skip
    offered = (
        "cell", "hidden", "steps", "lr", "layers", "input", "embedding",
        *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr", "layers")),
    )  # fmt: skip

    language: str = field(
        default="anbn", metadata={"help": "what is to be learned: " + ", ".join(NAMES), "choices": NAMES}
    )
    longest: int = field(
        default=0, metadata={"help": "size that it learns up to; 0 for what suits the language"}
    )
    delay: int = field(default=5, metadata={"help": "steps that the echo lags behind"})
    text_seed: int = field(default=0, metadata={"help": "seed of the words"})

    def __post_init__(self) -> None:
        if self.language not in NAMES:
            raise ValueError(f"The language is {', '.join(NAMES)}, not {self.language!r}.")
        if not 0 <= self.longest <= MOST_SIZE or self.longest == 1:
            raise ValueError(f"longest is 0, or a size from 2 to {MOST_SIZE}, not {self.longest}.")
        if not 1 <= self.delay <= MOST_DELAY:
            raise ValueError(f"delay is a whole number of steps from 1 to {MOST_DELAY}, not {self.delay}.")
        words = self.words
        object.__setattr__(self, "kind", "text" if words else "series")
        object.__setattr__(self, "example", words.example if words else "")

    @property
    def words(self) -> Language | None:
        """The language; None for adding, which has none."""
        return languages(self.delay).get(self.language)

    @property
    def trained_to(self) -> int:
        """The largest size that is learned."""
        return self.longest or (self.words.longest if self.words else LONGEST)

    def data(self) -> Data:
        learned, held_out = (
            self.examples(self.sizes(count, seed), seed)
            for count, seed in ((LEARNED, LEARNED_SEED), (HELD_OUT, HELD_OUT_SEED))
        )
        if self.words is None:
            return Data(
                learned, held_out, len(COLUMNS), 1, told={"columns": list(COLUMNS), "answers": ["sum"]}
            )
        return Data(learned, held_out, _vocabulary(self.words), tuple(self.words.classes))

    def sizes(self, count: int, seed: int) -> list[int]:
        """Sizes up to the largest that is learned, each as likely as the others."""
        least = 1 if self.words else 2
        return (
            np.random.default_rng([self.text_seed, seed]).integers(least, self.trained_to + 1, count).tolist()
        )

    def examples(self, sizes: Sequence[int], seed: int) -> Examples:
        """Words, or series, of these sizes."""
        if self.words is None:
            return _series(sizes, np.random.default_rng([self.text_seed, seed]))
        chooser = random.Random(self.text_seed * 1000 + seed)  # noqa: S311 (words, not secrets)
        words = [self.words.word(size, chooser) for size in sizes]
        classes = {answer: i for i, answer in enumerate(self.words.classes)} | {NOTHING: NOT_COUNTED}
        encode = _vocabulary(self.words).encode
        return Examples.padded(
            [encode(word.text) for word in words], [[classes[c] for c in word.answers] for word in words]
        )

    def curve(self, model: Any) -> tuple[list[int], list[float]]:
        """Sizes, to three times the largest that is learned, and what share of words of each is right."""
        least = 1 if self.words else 2
        sizes = np.unique(np.linspace(least, FURTHEST * self.trained_to, POINTS).astype(int)).tolist()
        tried = 1 if self.language == "anbn" else TRIED  # of a size there is one such word
        return sizes, [whole(model, self.examples([size] * tried, CURVE_SEED + size)) for size in sizes]

    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        """How far it generalises."""
        sizes, right = self.curve(model)
        unit = self.words.size if self.words else SIZE
        return {
            "kind": "lengths", "lengths": sizes, "accuracy": [round(share, 4) for share in right],
            "trained_to": self.trained_to, "unit": unit,
        }  # fmt: skip


def whole(model: Any, examples: Examples) -> float:
    """The share of words of which every answer is right, 0 to 1."""
    from rnnviz.models.language import reading
    from rnnviz.tasks.examples import Rows, answered

    batch = Rows(examples, model.rnn.all_weights[0][0].device).batch(range(len(examples.x)))
    with reading(model):
        answers, _ = answered(model, batch)
        if model.classes:
            right = (answers.argmax(-1) == batch.y) | (batch.y == NOT_COUNTED)  # (T, B)
        else:
            right = (((answers - batch.y).abs() <= TOLERANCE) | batch.y.isnan()).all(-1)
        return right.all(0).float().mean().item()


def _vocabulary(language: Language) -> Vocabulary:
    return Vocabulary((UNKNOWN, *language.letters))


def _series(lengths: Sequence[int], chooser: np.random.Generator) -> Examples:
    x = np.zeros((len(lengths), max(lengths), len(COLUMNS)), np.float32)
    y = np.full((len(lengths), max(lengths), 1), np.nan, np.float32)
    for i, length in enumerate(lengths):
        x[i, :length], y[i, length - 1] = summed(length, chooser)
    return Examples(x, y, np.array(lengths))
