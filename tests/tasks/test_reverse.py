"""Backwards: what is learned, how far the curve goes, and what is said of it."""

import random
from typing import Any

import pytest
from torch import nn

from rnnviz.settings import Settings
from rnnviz.tasks import task_of
from rnnviz.tasks.pairs import Pair
from rnnviz.tasks.reverse import Reverse, word
from rnnviz.tasks.translation import PairsProblem
from rnnviz.training.loop import Training, train


@pytest.mark.parametrize("letters", [5, 12, 30])
def test_words_are_drawn_up_to_the_longest_and_none_that_is_held_out(letters: int) -> None:
    task, chooser = Reverse(letters=letters), random.Random(2)
    drawn = [task.drawn(chooser) for _ in range(3000)]
    never = {pair.source for pair in task.held_out()}
    assert {len(pair.source) for pair in drawn} == set(range(1, letters + 1))
    assert all(pair.target == pair.source[::-1] for pair in [*drawn, *task.held_out(), *task.shown()])
    assert not never & {pair.source for pair in drawn}
    assert task.size()["held out"] == len(never)


@pytest.mark.parametrize("letters", [4, 31])
def test_what_it_cannot_do_is_told(letters: int) -> None:
    with pytest.raises(ValueError, match=f"from 5 to 30, not {letters}"):
        Reverse(letters=letters)


def test_it_comes_back_from_its_description() -> None:
    told = Reverse(letters=7).problem().describe()
    assert task_of(told) == Reverse(letters=7)
    assert told["sha256"] == Reverse(letters=7).problem().describe()["sha256"]
    assert told["sha256"] != Reverse(letters=8).problem().describe()["sha256"]


class Knowing(PairsProblem):
    """Answers are right up to a length."""

    upto = 0

    def answers(self, model: Any, sources: Any, longest: int | None = None) -> list[str]:
        assert longest is not None
        assert longest >= max(map(len, sources))
        return [source[::-1] if len(source) <= self.upto else source[::-1][:-1] for source in sources]

    def attention(self, model: Any, source: str) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("upto", [0, 1, 13, 15])
def test_the_curve_tells_how_far_it_holds(upto: int) -> None:
    task = Reverse(letters=5)
    problem = Knowing(task)
    problem.upto = upto
    model = nn.Linear(2, 2)
    model.parameter_count = 10_000  # type: ignore[assignment]
    sample = problem.sample(model)
    assert sample["kind"] == "lengths"
    assert sample["lengths"] == list(range(1, 16))
    assert sample["accuracy"] == [1.0] * upto + [0.0] * (15 - upto)
    said = problem.findings(model)[0]
    if upto:
        assert f"It learned from words to 5 letters; at least nine of ten are right to {upto}" in said
        assert ("the longest that were tried" in said) == (upto == 15)
    else:
        assert said == "Not nine of ten are right even of one letter."


def test_right_is_told_in_the_order_of_the_pairs_whatever_their_lengths() -> None:
    problem = Knowing(Reverse())
    problem.upto = 6
    model = nn.Linear(2, 2)
    model.parameter_count = 10_000_000  # type: ignore[assignment]
    chooser = random.Random(1)
    pairs = [word(chooser.randint(1, 12), chooser) for _ in range(50)]
    assert problem.right(model, pairs) == [len(pair.source) <= 6 for pair in pairs]


@pytest.mark.slow
def test_what_is_written_is_judged_as_it_is_written() -> None:
    """Answers of a batch are those of each word alone, and the metric of teacher forcing agrees with them."""
    problem = Reverse(letters=5).problem()
    training = Training(problem, Settings(**{**Reverse.defaults, "hidden": 16, "steps": 300, "lr": 0.01}))
    for _ in training.events():
        if training.progress.step >= 250:
            break
    model, chooser = training.model, random.Random(0)
    pairs = [word(chooser.randint(1, 6), chooser) for _ in range(60)]
    together = problem.answers(model, [pair.source for pair in pairs])
    assert together == [problem.answers(model, [pair.source])[0] for pair in pairs]
    right = [pair.right(answer) for pair, answer in zip(pairs, together, strict=True)]
    assert 0 < sum(right) < len(right)
    model.eval()
    _, metric, state = problem.loss(model, problem.batch(pairs, model.device), None)
    assert state is None
    assert metric.item() == pytest.approx(sum(right) / len(right))


def test_a_model_that_does_not_look_has_no_attention_to_show() -> None:
    problem = Reverse(letters=5).problem()
    settings = Settings(**{**Reverse.defaults, "hidden": 4, "attention": "none"})
    assert "attention" not in problem.sample(problem.model(settings))
    looking = problem.sample(problem.model(Settings(**{**Reverse.defaults, "hidden": 4})))["attention"]
    assert looking["source"] == list("stressed")
    assert all(sum(row) == pytest.approx(1, abs=0.001) for row in looking["weights"])


@pytest.mark.slow
def test_words_are_learned_backwards() -> None:
    settings = Settings(**{**Reverse.defaults, "steps": 400, "evaluate_every": 200})
    *_, end = train(Training(Reverse(letters=8).problem(), settings))
    assert end.held_out > 0.9  # type: ignore[union-attr]
    assert Pair("stressed", "desserts").right("desserts")
