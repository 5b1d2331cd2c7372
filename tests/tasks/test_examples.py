"""Learning from examples, on examples small enough to be judged by hand."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnviz.models.language import exhausted
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.settings import Settings
from rnnviz.tasks import examples
from rnnviz.tasks.examples import Classes, Numbers, SupervisedProblem, answered, problem_of
from rnnviz.tasks.supervised import NOT_COUNTED, Data, Examples, SupervisedTask

ABC = Vocabulary.of("abc")
CPU = torch.device("cpu")
SMALL: Mapping[str, Any] = {"cell": "gru", "hidden": 6, "dropout": 0.0, "batch": 4}


@dataclass(frozen=True)
class Made(SupervisedTask):
    """Examples as given."""

    name = "made"
    title = "Made"
    look = "."
    given: Any = None

    def data(self) -> Data:
        assert isinstance(self.given, Data)
        return self.given

    def options(self) -> dict[str, Any]:
        return {}

    def sample(self, problem: SupervisedProblem, model: Any) -> dict[str, Any]:
        return {}


def made(train: Examples, held_out: Examples | None, inputs: Any, outputs: Any, **more: Any) -> Any:
    return Made(given=Data(train, held_out, inputs, outputs, **more)).problem()


def words(count: int, seed: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(1, 4, random.integers(1, 8)).tolist() for _ in range(count)]


def by_word(count: int = 30, seed: int = 0) -> Examples:
    """Rows of different lengths, with one class: whether the last id is odd."""
    rows = words(count, seed)
    return Examples.padded(rows, [row[-1] % 2 for row in rows])


def by_step(count: int = 30, seed: int = 0) -> Examples:
    """The same rows with a class at each step: whether the sum so far is odd."""
    rows = words(count, seed)
    return Examples.padded(rows, [(np.cumsum(row) % 2).tolist() for row in rows])


def waves(count: int = 8) -> Examples:
    random = np.random.default_rng(1)
    return Examples(random.normal(size=(count, 5, 2)), random.normal(size=(count, 5, 1)))


def model_for(problem: SupervisedProblem, **settings: Any) -> Any:
    torch.manual_seed(0)
    return problem.model(Settings(**{**SMALL, **settings})).eval()


def one_by_one(model: Any, given: Examples) -> list[Tensor]:
    """What a model answers to each row by itself, cut to its length: no padding, no batch."""
    found = []
    with torch.no_grad():
        for row, length in enumerate(given.lengths if given.lengths is not None else [None] * len(given.x)):
            x = torch.as_tensor(given.x[row][:length])[:, None]
            x = x.float() if x.is_floating_point() else x
            answers = model(x)
            found.append(answers[0] if isinstance(model, Classifier) else answers[0][:, 0])
    return found


def test_rows_of_different_lengths_are_filled_up() -> None:
    made = Examples.padded([[1, 2, 3], [2]], [[0, 1, 0], [1]])
    assert made.x.tolist() == [[1, 2, 3], [2, 0, 0]]
    assert made.y.tolist() == [[0, 1, 0], [1, NOT_COUNTED, NOT_COUNTED]]
    assert made.lengths is not None
    assert made.lengths.tolist() == [3, 1]
    assert Examples.padded([[1], [2, 3]], [1, 0]).y.tolist() == [1, 0]


@pytest.mark.parametrize(("given", "kind"), [(by_word(), Classifier), (by_step(), Tagger)])
def test_accuracy_counts_what_is_answered_and_nothing_else(given: Examples, kind: type) -> None:
    problem = made(by_word() if kind is Classifier else by_step(), given, ABC, ("even", "odd"))
    model = model_for(problem)
    assert isinstance(model, kind)
    right = [
        int(guess == wanted)
        for answers, y in zip(one_by_one(model, given), given.y, strict=True)
        for guess, wanted in zip(answers.argmax(-1).flatten().tolist(), np.ravel(y), strict=False)
    ]
    assert exhausted(problem.evaluate(model)) == pytest.approx(np.mean(right))
    assert 0 < np.mean(right) < 1


def test_the_loss_of_a_batch_by_hand() -> None:
    given = by_step(4)
    problem = made(given, None, ABC, ("even", "odd"))
    model = model_for(problem)
    batch = problem.batches(Settings(**SMALL), CPU)(1)
    loss, metric, _ = problem.loss(model, batch, None)
    losses, right = [], []
    for answers, y in zip(one_by_one(model, given), given.y, strict=True):
        for logits, wanted in zip(answers, y, strict=False):
            losses.append(-logits.log_softmax(0)[wanted].item())
            right.append(logits.argmax().item() == wanted)
    assert loss.item() == pytest.approx(np.mean(losses), rel=1e-5)
    assert metric.item() == pytest.approx(np.mean(right))
    assert loss.requires_grad
    assert not metric.requires_grad


def test_the_error_of_numbers_leaves_out_what_is_not_asked() -> None:
    given = waves()
    given.y[3, 2:] = np.nan
    given.y[5] = np.nan
    problem = made(given, None, 2, 1)
    model = model_for(problem)
    answers = np.stack([a.numpy() for a in one_by_one(model, given)])
    wanted = np.nanmean(np.square(answers - given.y))
    assert exhausted(problem.evaluate(model)) == pytest.approx(wanted, rel=1e-5)
    loss, _, _ = problem.loss(model, examples.Rows(given, CPU).batch(range(8)), None)
    assert loss.item() == pytest.approx(wanted, rel=1e-5)
    loss.backward()
    assert all(weight.grad.isfinite().all() for weight in model.parameters())


def test_pieces_do_not_change_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, outputs in [(by_word(), ("even", "odd")), (by_step(), ("even", "odd"))]:
        problem = made(given, None, ABC, outputs)
        model = model_for(problem)
        whole = exhausted(problem.evaluate(model))
        with monkeypatch.context() as patched:
            patched.setattr(examples, "PIECE", 7 * model.parameter_count * given.x.shape[1])
            assert len(list(problem.evaluate(model))) == 5
            assert exhausted(problem.evaluate(model)) == pytest.approx(whole, rel=1e-6)
            assert exhausted(problem.trained(model)) == pytest.approx(whole, rel=1e-6)


def test_between_two_pieces_the_model_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "PIECE", 1)
    problem = made(by_word(3), None, ABC, ("even", "odd"))
    model = model_for(problem).train()
    for _ in problem.evaluate(model):
        assert model.training
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_each_example_is_learned_from_once_in_a_round() -> None:
    given = Examples(np.arange(1, 9)[:, None] % 4, np.arange(8) % 2)
    problem = made(given, None, ABC, ("even", "odd"))
    batches = problem.batches(Settings(**SMALL), CPU)
    for first in (1, 3):
        seen = torch.cat([batches(step).x[0] for step in (first, first + 1)])
        assert sorted(seen.tolist()) == sorted(given.x[:, 0].tolist())
    assert torch.equal(batches(2).x, problem.batches(Settings(**SMALL), CPU)(2).x)
    with pytest.raises(ValueError, match="8 examples to train on, too few for 9"):
        problem.batches(Settings(**{**SMALL, "batch": 9}), CPU)


def test_a_batch_is_cut_at_its_longest_row() -> None:
    given = Examples.padded([[1, 2, 3, 1, 2], [1], [2, 3]], [0, 1, 0])
    batch = examples.Rows(given, CPU).batch([1, 2])
    assert batch.x.tolist() == [[1, 2], [0, 3]]
    assert batch.y.tolist() == [1, 0]
    assert batch.lengths is not None
    assert batch.lengths.tolist() == [1, 2]


def test_bytes_are_read_from_0_to_1() -> None:
    given = Examples(np.array([[[0, 51]], [[255, 102]]], dtype=np.uint8), np.array([0, 1], dtype=np.uint8))
    batch = examples.Rows(given, CPU).batch([0, 1])
    torch.testing.assert_close(batch.x, torch.tensor([[[0, 0.2], [1, 0.4]]]))
    assert batch.y.dtype == torch.long


def in_order(count: int = 30, held_out: int = 4) -> Any:
    random = np.random.default_rng(2)
    x, y = random.normal(size=(2, count + held_out, 5, 1))
    return made(Examples(x[:count], y[:count]), Examples(x[count:], y[count:]), 1, 1, in_order=True)


def test_examples_in_order_go_on_from_each_other() -> None:
    problem = in_order(3)
    batches = problem.batches(Settings(**SMALL | {"batch": 1}), CPU)
    assert [batches(step).fresh for step in range(1, 8)] == [True, False, False, True, False, False, True]
    for step in range(1, 5):
        wanted = torch.tensor(problem.train.x[(step - 1) % 3], dtype=torch.float)
        assert torch.equal(batches(step).x[:, 0], wanted)
    with pytest.raises(ValueError, match="batch is 1, not 4"):
        problem.batches(Settings(**SMALL), CPU)


def test_what_is_held_out_in_order_is_read_after_what_leads_there() -> None:
    problem = in_order()
    model = model_for(problem, batch=1)
    series = np.concatenate([problem.train.x[-examples.WARM_UP :], problem.held_out.x]).reshape(-1, 1, 1)
    with torch.no_grad():
        answers, _ = model(torch.tensor(series, dtype=torch.float))
    error = np.square(answers[-20:, 0].numpy() - problem.held_out.y.reshape(-1, 1)).mean()
    assert exhausted(problem.evaluate(model)) == pytest.approx(error, rel=1e-5)
    whole = problem.answers(model, series.reshape(-1, 5, 1))
    torch.testing.assert_close(whole.flatten(), answers.flatten())


def test_without_anything_held_out_it_is_judged_on_what_it_learns() -> None:
    problem = made(by_word(), None, ABC, ("even", "odd"))
    model = model_for(problem)
    assert problem.size == {"train": 30, "held out": 0}
    assert exhausted(problem.evaluate(model)) == exhausted(problem.trained(model))


def test_ranges_are_those_of_the_steps_that_were_read() -> None:
    given = by_step()
    problem = made(given, None, ABC, ("even", "odd"))
    model = model_for(problem, directions=2)
    found = problem.ranges(model)
    largest = 0.0
    for row, length in enumerate(given.lengths if given.lengths is not None else []):
        trace = model.trace(torch.tensor(given.x[row][:length])[:, None])
        largest = max(largest, trace["l0r.h"].abs().max().item())
    assert found["l0r.h"] == pytest.approx(largest, rel=1e-5)
    assert all(math.isfinite(value) for value in found.values())
    assert "out.logits" in found
    numbers = made(waves(), None, 2, 1)
    assert "out.answer" in numbers.ranges(model_for(numbers))


def test_answers_are_told_row_by_row() -> None:
    given = waves()
    problem = made(given, None, 2, 1)
    model = model_for(problem)
    found = problem.answers(model, given.x)
    assert found.shape == (8, 5, 1)
    torch.testing.assert_close(found[2], one_by_one(model, given)[2])
    assert model_for(problem).directions == 1


def test_the_answers_say_what_kind_of_problem_it_is() -> None:
    task = Made()
    assert type(problem_of(task, Data(by_word(), None, ABC, ("even", "odd")))) is Classes
    assert type(problem_of(task, Data(waves(), None, 2, 1))) is Numbers


def test_a_description_tells_data_apart() -> None:
    described = [
        made(by_word(seed=seed), None, ABC, ("a", "b"), told={"columns": ["x"]}) for seed in (0, 0, 1)
    ]
    first, again, other = (problem.describe() for problem in described)
    assert json.loads(json.dumps(first)) == first == again
    assert first["sha256"] != other["sha256"]
    assert first["columns"] == ["x"]
    assert first["metric"] == "accuracy"


@pytest.mark.parametrize("given", [by_word(), by_step()])
@pytest.mark.slow
def test_it_learns(given: Examples) -> None:
    problem = made(given, None, ABC, ("even", "odd"))
    settings = Settings(**SMALL | {"hidden": 12, "batch": 15})
    torch.manual_seed(0)
    model, batches = problem.model(settings), problem.batches(settings, CPU)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    before = exhausted(problem.evaluate(model))
    for step in range(1, 100):
        loss, _, _ = problem.loss(model, batches(step), None)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert exhausted(problem.evaluate(model)) > max(0.95, before)


def test_a_classifier_answers_without_a_state() -> None:
    problem = made(by_word(), None, ABC, ("even", "odd"))
    answers, state = answered(model_for(problem), examples.Rows(problem.train, CPU).batch([0, 1]))
    assert answers.shape == (2, 2)
    assert state is None
