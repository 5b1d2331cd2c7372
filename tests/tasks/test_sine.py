import math
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.models.language import exhausted
from rnnviz.settings import Settings
from rnnviz.tasks.sine import Sine
from rnnviz.training.loop import Training, train


def trained(**settings: Any) -> tuple[Any, Any]:
    """The problem, and a model that learned it."""
    task = Sine()
    training = Training(task.problem(), Settings(**{**task.defaults, "evaluate_every": 100, **settings}))
    for _ in train(training):
        pass
    return training.problem, training.model


def test_segments_follow_each_other_and_so_do_those_held_out() -> None:
    problem = Sine(segments=7).problem()
    x, y = (np.concatenate(parts) for parts in zip(problem.train[:2], problem.held_out[:2], strict=True))
    assert x.shape == (27, 10, 1)
    points = np.arange(270) * math.pi / 10
    np.testing.assert_allclose(x.reshape(-1), np.sin(points), atol=1e-6)
    np.testing.assert_allclose(y.reshape(-1), np.cos(points), atol=1e-6)


def test_a_step_goes_on_where_the_one_before_stopped() -> None:
    batches = Sine(segments=3).problem().batches(Settings(**Sine.defaults), torch.device("cpu"))
    assert [batches(step).fresh for step in (1, 2, 3, 4)] == [True, False, False, True]
    assert torch.equal(batches(4).x, batches(1).x)
    assert batches(2).x[0].item() == pytest.approx(0, abs=1e-6)  # sin π, falling
    assert batches(2).x[1].item() < 0


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.slow
def test_it_learns_within_a_hundred_steps(cell: str) -> None:
    problem, model = trained(cell=cell, seed=1)
    assert exhausted(problem.evaluate(model)) < 0.01


def test_a_sample_goes_on_from_the_segments_before() -> None:
    problem, model = trained(hidden=8, steps=20)
    sample = problem.sample(model)
    lead = problem.followed(4)
    with torch.no_grad():
        answers, _ = model(torch.tensor(lead.x.reshape(-1, 1, 1)[:100]))
    np.testing.assert_allclose(sample["answer"], answers[40:].flatten(), atol=1e-4)
    np.testing.assert_allclose(sample["target"], np.cos(sample["x"]), atol=1e-3)
    np.testing.assert_allclose(sample["input"], np.sin(sample["x"]), atol=1e-3)
    assert sample["x"][0] == pytest.approx(100 * math.pi, abs=1e-3)


def test_the_findings_tell_what_the_state_is_worth() -> None:
    problem, model = trained(hidden=8, steps=20)
    x, y, _ = problem.held_out
    with torch.no_grad():
        answers, _ = model(torch.tensor(x).transpose(0, 1))
    error = np.square(answers.transpose(0, 1).numpy() - y).mean()
    (told,) = problem.findings(model)
    assert f"the error is {error:.3g}:" in told


@pytest.mark.parametrize("segments", [1, 10**6])
def test_too_few_and_too_many_segments_are_refused(segments: int) -> None:
    with pytest.raises(ValueError, match=r"from 2 to 100,000"):
        Sine(segments=segments).problem()
