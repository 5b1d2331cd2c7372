"""Backwards: what is learned, how far the curve goes, and what is said of it."""

import math
import random
from collections import Counter
from typing import Any

import pytest
from torch import nn

from rnnviz.settings import Settings
from rnnviz.tasks import task_of
from rnnviz.tasks.exam import examined
from rnnviz.tasks.reverse import Reverse, word
from rnnviz.training.events import Event, Finished
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


@pytest.mark.parametrize("upto", [0, 4, 8, 10])
def test_the_curve_tells_how_far_it_holds(upto: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def known(model: Any, sources: list[str], longest: int) -> list[str]:
        assert longest >= max(map(len, sources))
        return [source[::-1] if len(source) <= upto else source[::-1][:-1] for source in sources]

    monkeypatch.setattr("rnnviz.tasks.exam.answers", known)
    problem = Reverse(letters=5).problem()
    monkeypatch.setattr(problem, "attention", lambda model, source: {})
    model = nn.Linear(2, 2)
    model.parameter_count = 10_000  # type: ignore[assignment]
    sample = problem.sample(model)
    assert sample["kind"] == "lengths"
    assert sample["lengths"] == list(range(4, 11))
    assert sample["accuracy"] == [float(length <= upto) for length in range(4, 11)]
    said = problem.findings(model)[0]
    if upto:
        assert f"It learned from words to 5 letters; at least nine of ten are right to {upto}" in said
        assert ("the longest that were tried" in said) == (upto == 10)
    else:
        assert said == "Not nine of ten are right even of 4 letters."


@pytest.mark.parametrize(("letters", "count"), [(12, 800), (12, 40), (5, 100), (30, 87)])
def test_as_many_of_each_length_are_asked_and_none_that_is_learned(letters: int, count: int) -> None:
    task = Reverse(letters=letters)
    asked = task.asked(count, seed=3)
    of = Counter(len(pair.source) for pair in asked)
    assert set(of) == set(range(4, 2 * letters + 1))
    assert max(of.values()) - min(of.values()) <= 1
    assert len(asked) == len(set(asked)) == count
    assert all(pair.target == pair.source[::-1] for pair in asked)
    never = {pair.source for pair in task.held_out()}
    assert all(pair.source in never for pair in asked if len(pair.source) <= letters)
    assert task.asked(count, seed=3) == asked != task.asked(count, seed=4)


def test_no_more_are_asked_than_are_held_out() -> None:
    task = Reverse(letters=5)
    of = Counter(len(pair.source) for pair in task.asked(7_000, seed=0))
    assert of[4] + of[5] == task.size()["held out"]
    assert {of[length] for length in range(6, 11)} == {1000}


LEARNERS: dict[str, dict[str, Any]] = {
    "gru": {"hidden": 32, "lr": 0.02, "steps": 150},
    "transformer": {"cell": "transformer", "hidden": 32, "heads": 2, "lr": 5e-3, "steps": 100},
}


@pytest.fixture(scope="module", params=LEARNERS)
def learned(request: pytest.FixtureRequest) -> tuple[Training, Event]:
    """A training on words of up to five letters, and how it ended."""
    chosen = LEARNERS[request.param]
    settings = Settings(**{**Reverse.defaults, **chosen, "evaluate_every": chosen["steps"]})
    training = Training(Reverse(letters=5).problem(), settings)
    *_, end = train(training)
    return training, end


@pytest.mark.slow
def test_words_are_learned_backwards(learned: tuple[Training, Finished]) -> None:
    training, end = learned
    assert end.held_out > 0.85
    assert end.trained > 0.85
    assert "It learned from words to 5 letters; at least nine of ten are right to" in end.findings[0]
    assert all(math.isfinite(value) for value in end.ranges.values())
    looks = training.problem.sample(training.model)["attention"]
    assert looks["source"] == list("stressed")
    assert all(sum(row) == pytest.approx(1, abs=0.001) for row in looks["weights"])


@pytest.mark.slow
def test_what_is_written_is_judged_as_it_is_written(learned: tuple[Training, Finished]) -> None:
    """Answers of a batch are those of each word alone, and the metric of teacher forcing agrees with them."""
    problem, model, chooser = learned[0].problem, learned[0].model, random.Random(0)
    pairs = [word(chooser.randint(1, 8), chooser) for _ in range(60)]
    exam = examined(model, pairs)
    assert exam.answers == tuple(problem.answers(model, [pair.source])[0] for pair in pairs)  # type: ignore[attr-defined]
    assert 0 < exam.right.sum() < len(pairs)
    model.eval()
    _, metric, state = problem.loss(model, problem.batch(pairs, model.device), None)  # type: ignore[attr-defined]
    assert state is None
    assert metric.item() == pytest.approx(exam.share)


def test_a_model_that_does_not_look_has_no_attention_to_show() -> None:
    problem = Reverse(letters=5).problem()
    settings = Settings(**{**Reverse.defaults, "hidden": 4, "attention": "none"})
    assert "attention" not in problem.sample(problem.model(settings))
    looking = problem.sample(problem.model(Settings(**{**Reverse.defaults, "hidden": 4})))["attention"]
    assert looking["source"] == list("stressed")
    assert all(sum(row) == pytest.approx(1, abs=0.001) for row in looking["weights"])
