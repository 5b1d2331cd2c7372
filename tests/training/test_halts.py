"""When the numbers of a training go bad, or there is too little to learn from."""

import json
import math
from typing import Any

import pytest
import torch

from rnnviz.training.events import Finished, Halted, Stepped, to_line
from tests.training.short import events, training


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_go_bad_end_the_run_before_the_step(bad: float) -> None:
    each, found = training(), []
    for event in each.events():
        if isinstance(event, Stepped) and event.step == 2:
            with torch.no_grad():
                each.model.out.bias[0] = bad
            spoilt = {name: value.clone() for name, value in each.model.state_dict().items()}
        if event is not None:
            found.append(event)
    last = found[-1]
    assert isinstance(last, Halted)
    assert last.step == 3
    assert "before step 3" in last.reason
    assert "weights of step 0" in last.reason
    assert last.norms == each.progress.norms
    assert len(last.norms) == each.progress.step == 2
    for name, value in each.model.state_dict().items():
        torch.testing.assert_close(value, spoilt[name], rtol=0, atol=0, equal_nan=True)


def test_a_gradient_that_is_no_number_ends_the_run_though_the_loss_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    each = training()
    before = {name: value.clone() for name, value in each.model.state_dict().items()}

    def bad(problem: Any, model: Any, batch: Any, state: Any) -> Any:
        return (0 * model.out.bias).sqrt().sum(), torch.tensor(0.0), None

    monkeypatch.setattr(type(each.problem), "loss", bad)
    last = [event for event in each.events() if event is not None][-1]
    assert isinstance(last, Halted)
    assert "The loss is 0 and the norm of its gradient nan" in last.reason
    assert all(torch.equal(value, before[name]) for name, value in each.model.state_dict().items())


def test_a_learning_rate_beyond_reason_ends_with_an_event_not_with_an_error() -> None:
    last = events(lr=1e6, steps=20, schedule="constant")[-1]
    assert isinstance(last, Halted | Finished)
    json.loads(to_line(last))


def test_a_metric_that_is_no_number_halts_and_a_lower_rate_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    each = training(evaluate_every=2)
    evaluate = each.problem.evaluate

    def endless(model: Any) -> Any:
        yield from evaluate(model)
        return math.inf if each.progress.step == 2 else 5.0

    monkeypatch.setattr(each.problem, "evaluate", endless)
    found = [event for event in each.events() if event is not None]
    assert isinstance(found[-1], Halted)
    assert "perplexity on what is held out is inf" in found[-1].reason
    each.change(lr=1e-3)
    assert [event for event in each.events() if event is not None][-1].kind == "finished"


def test_a_text_that_is_too_short_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="too few for 400 rows of 5"):
        training(batch=400)
