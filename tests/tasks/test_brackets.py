import math

import pytest

from rnnviz.tasks import brackets
from rnnviz.tasks.brackets import Brackets, after, best_perplexity, following, write

CLOSED_BY = {value: key for key, value in brackets.CLOSERS.items()}


def test_every_bracket_is_closed_by_its_kind_and_every_digit_tells_the_depth() -> None:
    stack: list[str] = []
    quoted = False
    for step in write(5000, seed=3):
        if step.character == brackets.QUOTE:
            quoted = not quoted
        elif step.character in brackets.CLOSERS:
            assert not quoted
            stack.append(step.character)
        elif step.character in CLOSED_BY:
            assert stack.pop() == CLOSED_BY[step.character]
        elif step.character.isdigit():
            assert int(step.character) == len(stack)
        elif step.character == brackets.STOP:
            assert not stack
            assert not quoted
        elif step.character != " ":
            assert step.character in ("xy" if quoted else "ab")
        assert (step.depth, step.quoted) == (len(stack), quoted)
        assert len(stack) <= brackets.DEEPEST


def test_a_sentence_starts_where_the_last_one_stopped() -> None:
    text = Brackets(2000).text()
    starts = Brackets().starts(text)
    assert starts[0] == 0
    assert all(text[start - 1] == brackets.STOP for start in starts[1:])
    assert len(starts) == text.count(brackets.STOP) + 1 > 20


def test_the_example_is_a_sentence_of_the_language() -> None:
    pending, quoted = "", False
    for character in Brackets.example:
        assert character in following(pending, quoted), f"{character!r} cannot stand there"
        pending, quoted = after(character, pending, quoted)
    assert (pending, quoted) == ("", False)


def test_every_depth_and_kind_occurs() -> None:
    steps = write(5000, seed=0)
    assert {step.depth for step in steps} == set(range(brackets.DEEPEST + 1))
    assert {step.character for step in steps} >= {*brackets.CLOSERS, *CLOSED_BY, brackets.QUOTE}


def test_the_seed_makes_the_text() -> None:
    assert Brackets(500, 1).text() == Brackets(500, 1).text() != Brackets(500, 2).text()
    assert Brackets(500, 1).text() == Brackets(900, 1).text()[:500]


def test_the_chances_are_those_of_the_drawing() -> None:
    pending, quoted = "", False
    for step in write(200, seed=5):
        weights = following(pending, quoted)
        assert step.chance == pytest.approx(weights[step.character] / sum(weights.values()))
        pending, quoted = after(step.character, pending, quoted)


def test_the_best_perplexity_by_hand() -> None:
    steps = [brackets.Written("a", 0, False, 0.5), brackets.Written("b", 0, False, 0.125)]
    assert best_perplexity(steps) == pytest.approx(4)


def test_the_best_perplexity_of_a_long_text_hardly_depends_on_it() -> None:
    assert best_perplexity(write(20_000, 1)) == pytest.approx(best_perplexity(write(20_000, 2)), rel=0.02)
    assert 1 < best_perplexity(write(2000, 1)) < math.inf
