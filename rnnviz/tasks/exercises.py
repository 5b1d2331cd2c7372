"""Exercises in counting, nesting and looking back, each of any size: three languages, and a sum."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from rnnviz.models.vocabulary import UNKNOWN, Vocabulary
from rnnviz.tasks.supervised import NOT_COUNTED, Examples

CLOSERS = {"(": ")", "[": "]", "{": "}"}
STOP = "."
NOTHING = " "  # where nothing is asked
DOWN, UP = 0.7, 0.3  # how likely a bracket opens on the way to the greatest depth, and after it
SYMBOLS = "abcd"


class Word(NamedTuple):
    """text; answers: what should be answered after each of its characters, NOTHING where nothing is asked."""

    text: str
    answers: str


def counted(n: int, chooser: random.Random) -> Word:
    """aaabbb: n times a and n times b. After the first b all is settled: what is to come, and the end.

    From F. A. Gers and J. Schmidhuber, "LSTM Recurrent Networks Learn Simple Context-Free and
    Context-Sensitive Languages" (2001).
    """
    return Word("a" * n + "b" * n, NOTHING * n + "b" * (n - 1) + STOP)


def nested(depth: int, chooser: random.Random) -> Word:
    """([]{()}): brackets of three kinds, up to `depth` of them open at a time, and so many at least once.

    Asked is, after each: which closing bracket fits now, or STOP where none is open.
    """
    text, pending, answers, deepest = "", "", "", 0
    while pending or deepest < depth:
        opens = chooser.random() < (DOWN if deepest < depth else UP)
        if not pending or (opens and len(pending) < depth):
            opener = chooser.choice(list(CLOSERS))
            text, pending = text + opener, pending + CLOSERS[opener]
        else:
            text, pending = text + pending[-1], pending[:-1]
        deepest = max(deepest, len(pending))
        answers += pending[-1] if pending else STOP
    return Word(text, answers)


def echoed(length: int, chooser: random.Random, delay: int) -> Word:
    """Letters at random; asked is, from step `delay` + 1 on, which one was read `delay` steps before."""
    text = "".join(chooser.choices(SYMBOLS, k=length + delay))
    return Word(text, NOTHING * delay + text[:length])


def summed(length: int, chooser: np.random.Generator) -> np.ndarray:
    """A series (length, 2) of numbers, 0 to 1, two of which are marked by a 1 beside them, one in each half.
    Asked is, in the end, the sum of these two.

    From S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory" (1997), with the marks as M. Arjovsky,
    A. Shah and Y. Bengio set them in "Unitary Evolution Recurrent Neural Networks" (2016).
    """
    numbers, marked = chooser.random(length), np.zeros(length)
    half = length // 2
    marked[[chooser.integers(half), chooser.integers(half, length)]] = 1
    return np.stack([numbers, marked], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Exercise(ABC):
    """What is to be learned, of every size. Abstract.

    title: a few words; size: what one example has more of than another; longest: the size that is learned up
    to; least: the smallest there is; keeps: in words, the number that a network has to keep in mind, "" if it
    is no number.
    """

    kind: ClassVar[str]
    least: ClassVar[int] = 1

    title: str
    size: str
    longest: int
    keeps: str = ""
    example: str = ""

    @property
    @abstractmethod
    def inputs(self) -> Vocabulary | int:
        """As in `Data`."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[str, ...] | int:
        """As in `Data`."""

    @property
    def told(self) -> Mapping[str, Any]:
        """As in `Data`."""
        return {}

    @abstractmethod
    def examples(self, sizes: Sequence[int], seed: Sequence[int]) -> Examples:
        """Examples of these sizes."""

    @abstractmethod
    def kept(self, examples: Examples) -> np.ndarray:
        """The number that has to be kept in mind, after each step of each example, (N, T)."""


@dataclass(frozen=True)
class Words(Exercise):
    """A language. letters: of its words; answers: its classes; weights: by how much a letter changes the
    number to be kept in mind.
    """

    kind = "text"

    letters: str = ""
    answers: str = ""
    weights: Mapping[str, int] = field(default_factory=dict)
    word: Callable[[int, random.Random], Word] = counted

    @cached_property
    def inputs(self) -> Vocabulary:
        return Vocabulary((UNKNOWN, *self.letters))

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(self.answers)

    def examples(self, sizes: Sequence[int], seed: Sequence[int]) -> Examples:
        chooser = random.Random(repr(seed))  # noqa: S311 (words, not secrets)
        words = [self.word(size, chooser) for size in sizes]
        classes = {answer: i for i, answer in enumerate(self.answers)} | {NOTHING: NOT_COUNTED}
        asked = [[classes[answer] for answer in word.answers] for word in words]
        return Examples.padded([self.inputs.encode(word.text) for word in words], asked)

    def kept(self, examples: Examples) -> np.ndarray:
        weights = np.array([self.weights.get(letter, 0) for letter in self.inputs.tokens])
        return weights[examples.x].cumsum(axis=1)


@dataclass(frozen=True)
class Sums(Exercise):
    """Two marked numbers of a series."""

    kind = "series"
    least = 2
    inputs = 2
    outputs = 1
    told: ClassVar[Mapping[str, Any]] = {"columns": ["number", "marked"], "answers": ["sum"]}

    def examples(self, sizes: Sequence[int], seed: Sequence[int]) -> Examples:
        chooser = np.random.default_rng(seed)
        x = np.zeros((len(sizes), max(sizes), 2), np.float32)
        y = np.full((len(sizes), max(sizes), 1), np.nan, np.float32)
        for i, length in enumerate(sizes):
            x[i, :length] = summed(length, chooser)
            y[i, length - 1] = x[i].prod(axis=1).sum()
        return Examples(x, y, np.array(sizes))

    def kept(self, examples: Examples) -> np.ndarray:
        return examples.x.prod(axis=2).cumsum(axis=1)


def exercises(delay: int) -> Mapping[str, Exercise]:
    """All of them by name; delay: steps that the echo lags behind."""
    openers, closers = "".join(CLOSERS), "".join(CLOSERS.values())
    down = dict.fromkeys(openers, 1) | dict.fromkeys(closers, -1)
    return {
        "anbn": Words(
            "Counting: as many b as a", "n", 16, "how many b are still to come", "aaaaabbbbb",
            "ab", "b" + STOP, {"a": 1, "b": -1}, counted,
        ),
        "brackets": Words(
            "Nesting: which bracket closes", "brackets deep", 5, "how many brackets are open", "([]{()})",
            openers + closers, closers + STOP, down, nested,
        ),
        "echo": Words(
            "Looking back: an echo", "letters to repeat", 24, "", "abcadcbbdaacdb",
            SYMBOLS, SYMBOLS, {}, partial(echoed, delay=delay),
        ),
        "adding": Sums("Adding two of many numbers", "steps", 30, "the sum of what was marked so far"),
    }  # fmt: skip
