"""The computed sentence is checked against the numbers that it speaks of."""

import numpy as np
import pytest

from rnnviz.analysis.story import first_guess, hits, percent, summary
from rnnviz.traces import Quantity, Trace

VOCAB = ("<unk>", "a", "b", "c")


def trace_of(text: str, guesses: list[int], chances: list[float], surprise: list[float]) -> Trace:
    """A trace with one guess a step, as a model could have made it."""
    perplexity = 2 ** np.nanmean(surprise) if len(text) > 1 else np.nan
    return Trace(
        {"step": tuple(text), "vocab": VOCAB},
        {
            "out.topk.id": Quantity(np.array(guesses)[:, None], ("step", "rank")),
            "out.topk.prob": Quantity(np.array(chances)[:, None], ("step", "rank")),
            "out.surprise": Quantity(np.array(surprise), ("step",)),
            "out.perplexity": Quantity(np.array(perplexity), ()),
        },
    )


def test_the_sentence_names_the_biggest_surprise_what_was_expected_and_the_count() -> None:
    trace = trace_of(
        "abca", guesses=[2, 1, 1, 3], chances=[0.9, 0.6, 0.5, 0.4], surprise=[np.nan, 0.15, 4.0, 1.0]
    )
    assert summary(trace) == (
        "The biggest surprise is “c” after “ab”: 4 bits. The model expected “a” (60 %). "
        "Its first guess was right 2 of 3 times; perplexity of this text 3.29."
    )


def test_a_guess_belongs_to_the_place_after_the_step_that_made_it() -> None:
    trace = trace_of("ab", guesses=[3, 1], chances=[0.7, 0.2], surprise=[np.nan, 2.0])
    assert first_guess(trace, 1) == ("c", 0.7)
    assert hits(trace) == 0


def test_one_character_is_no_reason_for_an_error() -> None:
    assert "Type on" in summary(trace_of("a", [1], [1.0], [np.nan]))


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "100 %"),
        (0.834, "83 %"),
        (0.0995, "10 %"),
        (0.012, "1.2 %"),
        (0.0005, "0.1 %"),
        (0.0001, "under 0.1 %"),
    ],
)
def test_percent(share: float, words: str) -> None:
    assert percent(share) == words
