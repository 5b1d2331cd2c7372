"""Exercises in counting, nesting and looking back, each of a size: languages of words, and a sum."""

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

CLOSERS = {"(": ")", "[": "]", "{": "}"}
STOP = "."
NOTHING = " "  # where nothing is asked
DOWN, UP = 0.7, 0.3  # how likely a bracket opens on the way to the greatest depth, and after it
SYMBOLS = "abcd"
COLUMNS = ("number", "marked")


class Word(NamedTuple):
    """text; answers: what should be answered after each of its characters, NOTHING where nothing is asked."""

    text: str
    answers: str


class Language(NamedTuple):
    """letters: of its words; classes: its answers; size: what one word has more of than another; longest: the
    size that is learned up to; word(size, chooser): a word; example: one.
    """

    letters: str
    classes: str
    size: str
    longest: int
    word: Callable[[int, random.Random], Word]
    example: str


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


def summed(length: int, chooser: np.random.Generator) -> tuple[np.ndarray, float]:
    """A series (length, 2) of numbers, 0 to 1, two of which are marked by a 1 beside them, one in each half;
    and the sum of these two.

    From S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory" (1997), with the marks as M. Arjovsky,
    A. Shah and Y. Bengio set them in "Unitary Evolution Recurrent Neural Networks" (2016).
    """
    numbers, marked = chooser.random(length), np.zeros(length)
    half = length // 2
    marked[[chooser.integers(half), chooser.integers(half, length)]] = 1
    return np.stack([numbers, marked], axis=1).astype(np.float32), float(numbers @ marked)


def languages(delay: int) -> Mapping[str, Language]:
    """The languages of words, by name."""
    brackets = "".join(opener + closer for opener, closer in CLOSERS.items())
    closers = "".join(CLOSERS.values())
    return {
        "anbn": Language("ab", "b" + STOP, "n", 16, counted, "aaaaabbbbb"),
        "brackets": Language(brackets, closers + STOP, "brackets deep", 5, nested, "([]{()})"),
        "echo": Language(
            SYMBOLS, SYMBOLS, "letters to repeat", 24, partial(echoed, delay=delay), "abcadcbbdaacdb"
        ),
    }
