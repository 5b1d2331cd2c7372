"""Counting, nesting, looking back: the examples by hand, what counts as right, and that it is learned."""

import json
import random
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnviz.settings import Settings
from rnnviz.tasks import task_of
from rnnviz.tasks.counting import NAMES, TOLERANCE, Counting, follower, right
from rnnviz.tasks.exercises import CLOSERS, counted, echoed, exercises, nested, summed
from rnnviz.tasks.supervised import NOT_COUNTED, Examples
from rnnviz.training.loop import Training, train

every = pytest.mark.parametrize("language", NAMES)
TINY: dict[str, Any] = {"cell": "lstm", "hidden": 6, "dropout": 0.0, "batch": 16, "lr": 0.02}


@pytest.mark.parametrize(
    ("n", "text", "answers"), [(1, "ab", " ."), (2, "aabb", "  b."), (4, "aaaabbbb", "    bbb.")]
)
def test_counting_by_hand(n: int, text: str, answers: str) -> None:
    assert counted(n, random.Random(0)) == (text, answers)


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
def test_brackets_close_what_was_opened_last_and_are_as_deep_as_wanted(depth: int) -> None:
    kinds = set()
    for seed in range(40):
        word = nested(depth, random.Random(seed))
        stack: list[str] = []
        deepest = 0
        for character, answer in zip(*word, strict=True):
            if character in CLOSERS:
                stack.append(CLOSERS[character])
            else:
                assert character == stack.pop()
            deepest = max(deepest, len(stack))
            assert answer == (stack[-1] if stack else ".")
        assert not stack
        assert deepest == depth
        kinds |= set(word.text)
    assert kinds == set("()[]{}")


@pytest.mark.parametrize(("length", "delay"), [(1, 1), (6, 1), (5, 7)])
def test_an_echo_is_what_was_read_before(length: int, delay: int) -> None:
    text, answers = echoed(length, random.Random(3), delay)
    assert len(text) == len(answers) == length + delay
    assert answers[:delay] == " " * delay
    assert all(answers[t] == text[t - delay] for t in range(delay, len(text)))


@pytest.mark.parametrize("length", [2, 3, 10, 31])
def test_two_numbers_are_marked_one_in_each_half(length: int) -> None:
    places = set()
    for seed in range(100):
        series = summed(length, np.random.default_rng(seed))
        assert series.shape == (length, 2)
        assert ((series[:, 0] >= 0) & (series[:, 0] < 1)).all()
        first, second = np.flatnonzero(series[:, 1])
        assert first < length // 2 <= second
        assert series[[first, second], 1].tolist() == [1, 1]
        places |= {first, second}
    assert len(places) > 0.8 * length


@every
def test_examples_ask_for_what_the_exercise_says(language: str) -> None:
    exercise = exercises(delay=3)[language]
    examples = exercise.examples([4, 2, 5], [1, 2])
    assert examples.lengths is not None
    for x, y, length, kept in zip(*examples, exercise.kept(examples), strict=True):
        if language == "adding":
            assert np.isnan(y[: length - 1]).all()
            assert np.isnan(y[length:]).all()
            assert y[length - 1, 0] == pytest.approx(x[:, 0] @ x[:, 1]) == pytest.approx(kept[-1])
            continue
        text = exercise.inputs.decode(x[:length].tolist())  # type: ignore[union-attr]
        answers = "".join(" " if i == NOT_COUNTED else exercise.outputs[i] for i in y[:length])  # type: ignore[index]
        assert (y[length:] == NOT_COUNTED).all()
        if language == "echo":
            assert answers == "   " + text[:-3]
        else:
            opened = np.cumsum([1 if letter in "a([{" else -1 for letter in text])
            assert kept[:length].tolist() == opened.tolist()
            assert answers[-1] == "."
            assert (answers == counted(length // 2, random.Random(0)).answers) == (language == "anbn")


@every
def test_sizes_go_up_to_the_longest_each_as_likely(language: str) -> None:
    task = Counting(language, longest=6)
    examples = task.drawn(3000, 0)
    least = task.exercise.least
    if language == "brackets":
        sizes = task.exercise.kept(examples).max(1)
    else:
        sizes = examples.lengths // (2 if language == "anbn" else 1) - (
            task.delay if language == "echo" else 0
        )
    _, counts = np.unique(sizes, return_counts=True)
    assert sizes.min() == least
    assert sizes.max() == 6
    assert counts == pytest.approx(np.full(7 - least, 3000 / (7 - least)), rel=0.2)


@pytest.mark.slow
@every
def test_the_seed_makes_the_examples(language: str) -> None:
    one, same, other = (Counting(language, text_seed=seed).problem() for seed in (0, 0, 1))
    assert one.describe()["sha256"] == same.describe()["sha256"] != other.describe()["sha256"]
    assert task_of(json.loads(json.dumps(other.describe()))) == other.task
    assert one.size == {"train": 10_000, "held out": 500}
    assert one.train.x.shape != one.held_out.x.shape or (one.train.x[:500] != one.held_out.x).any()


@every
def test_what_is_read_depends_on_the_language(language: str) -> None:
    task = Counting(language)
    problem = task.problem()
    told = problem.describe()
    assert told["kind"] == task.kind == ("series" if language == "adding" else "text")
    assert task.title != Counting.title
    assert told["metric"] == ("error" if language == "adding" else "accuracy")
    if language == "adding":
        assert told["columns"] == ["number", "marked"]
        return
    model = problem.model(Settings(**TINY))
    assert model.vocabulary.unknown(task.example) == []
    assert len(model.ids(task.example)) == len(task.example)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"language": "anbncn"}, "anbn, brackets, echo, adding, not 'anbncn'"),
        ({"longest": 1}, "0, or a whole number from 2 to 200, not 1"),
        ({"longest": 201}, "not 201"),
        ({"delay": 0}, "from 1 to 50, not 0"),
        ({"text_seed": -1}, "at least 0, not -1"),
    ],
)
def test_what_it_cannot_do_is_told(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Counting(**wrong)


class Knowing(nn.Module):
    """Answers what it is told to, whatever it reads."""

    def __init__(self, answers: Tensor, classes: tuple[str, ...] | None) -> None:
        super().__init__()
        self.rnn = nn.Module()
        self.rnn.all_weights = [[torch.zeros(1)]]  # type: ignore[assignment]
        self.answers, self.classes = answers, classes

    def forward(self, x: Tensor, state: Any, lengths: Tensor) -> tuple[Tensor, None]:
        return self.answers, None


def test_an_example_is_right_if_all_of_its_answers_are() -> None:
    exercise = exercises(1)["brackets"]
    examples = exercise.examples([3] * 5, [0])
    wanted = torch.from_numpy(examples.y).T.clamp(min=0)  # (T, N)
    scores = nn.functional.one_hot(wanted, 4).float()
    model = Knowing(scores, ("a", "b", "c", "d"))
    assert right(model, examples).tolist() == [True] * 5
    scores[2, 1] = scores[2, 1].roll(1)  # one answer of the second is wrong
    past = int(examples.lengths[0])  # type: ignore[index]
    assert past < len(scores)
    scores[past, 0] = scores[past, 0].roll(1)  # after the end of the first
    assert right(model, examples).tolist() == [True, False, True, True, True]


def test_a_sum_is_right_within_the_tolerance() -> None:
    examples = exercises(1)["adding"].examples([4, 9, 6], [0])
    answers = torch.from_numpy(examples.y).transpose(0, 1).nan_to_num(5.0).clone()
    model = Knowing(answers, None)
    assert right(model, examples).tolist() == [True] * 3
    answers[3, 0] += TOLERANCE * 0.9
    answers[8, 1] -= TOLERANCE * 1.1
    assert right(model, examples).tolist() == [True, False, True]


@every
def test_the_curve_goes_to_three_times_what_is_learned(language: str) -> None:
    task = Counting(language, longest=4, delay=2)
    problem = task.problem()
    sample = problem.sample(problem.model(Settings(**TINY)))
    assert (sample["kind"], sample["trained_to"], sample["unit"]) == ("lengths", 4, task.exercise.size)
    assert sample["lengths"] == list(range(task.exercise.least, 13))
    assert len(sample["accuracy"]) == len(sample["lengths"])
    assert all(0 <= share <= 1 for share in sample["accuracy"])


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_unit_that_counts_is_found(cell: str) -> None:
    """A unit is made to count: its correlation is that of numpy's own on what was read."""
    task = Counting("anbn", longest=5)
    problem = task.problem()
    model = problem.model(Settings(**{**TINY, "cell": cell, "layers": 2}))
    examples = Examples(*(part[:50] for part in problem.held_out))  # type: ignore[index]
    quantity, unit, correlation = follower(task.exercise, model, examples)
    batch_x = torch.from_numpy(examples.x).T
    best = 0.0
    for layer in range(2):
        states, wanted = [], []
        for i, length in enumerate(examples.lengths):  # type: ignore[arg-type]
            value = model.trace(batch_x[:length, i : i + 1])[f"l{layer}.{'c' if cell == 'lstm' else 'h'}"]
            states.append(value[:, 0].detach().double().numpy())
            wanted.append(task.exercise.kept(examples)[i, :length])
        table = np.corrcoef(np.concatenate(states).T, np.concatenate(wanted))[-1, :-1]
        best = max(best, np.abs(table).max())
        if quantity.startswith(f"l{layer}"):
            assert correlation == pytest.approx(table[unit], abs=1e-6)
    assert abs(correlation) == pytest.approx(best, abs=1e-6)


def test_the_findings_tell_how_far_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Counting("anbn", longest=4)
    problem = task.problem()
    model = problem.model(Settings(**TINY))
    said = partial(problem.findings, model)
    for shares, sentence in [
        ([1.0] * 6 + [0.95] + [0.85] + [1.0] * 4, "right to size 7."),
        ([1.0] * 12, "right to size 12, the furthest that was tried."),
        ([0.0] + [1.0] * 11, "not nine of ten are right even at 1."),
    ]:
        monkeypatch.setattr(
            Counting, "curve", lambda self, model, shares=shares: (list(range(1, 13)), shares)
        )
        assert said()[0].endswith(sentence)
    assert "how many b are still to come" in said()[1]
    assert len(Counting("echo", longest=2).problem().findings(model)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("language", "steps"), [("anbn", 400), ("brackets", 300), ("echo", 500)])
def test_what_can_be_learned_is_learned(language: str, steps: int) -> None:
    task = Counting(language, delay=2)
    settings = Settings(**{**task.defaults, "steps": steps, "evaluate_every": steps})
    *_, end = train(Training(task.problem(), settings))
    assert end.held_out > 0.97  # type: ignore[union-attr]
