import dataclasses
import json
import math
from dataclasses import asdict, replace
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from rnnviz.models.language import LanguageModel, perplexity, reading
from rnnviz.nn import LAYERS
from rnnviz.tasks.text import OwnText
from rnnviz.training.batches import sequential
from rnnviz.training.events import Evaluated, Event, Finished, Halted, Stepped, to_line
from rnnviz.training.loop import Randomness, new_model, ranges, train
from tests.training.short import SHORT, TASK, events

CLOCK = ("time", "tokens_per_s")


def content(found: list[Event]) -> list[dict[str, Any]]:
    """The events without what the clock says."""
    return [{key: value for key, value in asdict(event).items() if key not in CLOCK} for event in found]


def test_the_order_of_events() -> None:
    kinds = [(event.kind, event.step) for event in events()]
    assert kinds == [
        ("evaluated", 0), ("step", 2), ("evaluated", 3), ("step", 4), ("step", 6), ("evaluated", 6),
        ("finished", 6),
    ]  # fmt: skip


@pytest.mark.parametrize("cell", LAYERS)
@pytest.mark.parametrize("sampling", ["sequential", "random"])
def test_the_same_seed_gives_the_same_events(cell: str, sampling: str) -> None:
    first = events(cell=cell, sampling=sampling)
    torch.rand(3)  # whoever watches may draw random numbers of their own
    assert content(events(cell=cell, sampling=sampling)) == content(first)
    assert content(events(cell=cell, sampling=sampling, seed=1)) != content(first)


def test_training_leaves_the_random_numbers_of_others_alone() -> None:
    before = torch.get_rng_state()
    events()
    assert torch.equal(torch.get_rng_state(), before)


def test_it_learns() -> None:
    task = OwnText(pasted="the cat sat. " * 40)
    settings = replace(SHORT, steps=150, lr=0.03, evaluate_every=150)
    corpus = task.corpus()
    found = list(train(new_model(corpus, settings), task, corpus, settings))
    assert isinstance(found[0], Evaluated)
    assert isinstance(found[-1], Finished)
    assert found[-1].held_out < 1.5 < 8 < found[0].held_out


def test_at_a_best_event_the_weights_are_the_ones_that_were_measured_and_at_the_end_too() -> None:
    corpus = TASK.corpus()
    settings = replace(SHORT, steps=30, lr=3.0, decay=0.05)  # so wild that the last weights are not the best
    model = new_model(corpus, settings)
    kept: dict[str, torch.Tensor] = {}
    for event in train(model, TASK, corpus, settings):
        if isinstance(event, Evaluated) and event.best:
            kept = {name: value.clone() for name, value in model.state_dict().items()}
            assert perplexity(model, corpus.held_out) == event.held_out
    assert isinstance(event, Finished)
    assert event.best_step < 30
    assert all(torch.equal(kept[name], value) for name, value in model.state_dict().items())
    assert event.held_out == perplexity(model, corpus.held_out)
    assert event.perplexity == perplexity(model, corpus.train)
    assert event.parameters == sum(weight.numel() for weight in model.parameters())


def test_the_norm_is_clipped() -> None:
    steps = [event for event in events(clip=0.01) if isinstance(event, Stepped)]
    assert all(event.norm_before > 0.01 for event in steps)
    assert [event.norm_after for event in steps] == pytest.approx([0.01] * len(steps), rel=1e-3)
    for event in events(clip=1e9):
        if isinstance(event, Stepped):
            assert event.norm_after == event.norm_before


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_go_bad_end_the_run_before_the_step(bad: float) -> None:
    corpus = TASK.corpus()
    model = new_model(corpus, SHORT)
    found = []
    for event in train(model, TASK, corpus, SHORT):
        found.append(event)
        if event.step == 2:
            with torch.no_grad():
                model.out.bias[0] = bad
            spoilt = {name: value.clone() for name, value in model.state_dict().items()}
    assert isinstance(found[-1], Halted)
    assert found[-1].step == 3
    assert "before step 3" in found[-1].reason
    assert "weights of step 0" in found[-1].reason
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, spoilt[name], rtol=0, atol=0, equal_nan=True)


def test_a_learning_rate_beyond_reason_ends_with_an_event_not_with_an_error() -> None:
    last = events(lr=1e30, steps=20, schedule="constant")[-1]
    assert isinstance(last, Halted | Finished)
    json.loads(to_line(last))


def test_a_text_that_is_too_short_is_told_at_once() -> None:
    corpus = TASK.corpus()
    settings = replace(SHORT, batch=400)
    with pytest.raises(ValueError, match="too few for 400 rows of 5"):
        train(new_model(corpus, settings), TASK, corpus, settings)


def test_the_state_is_carried_from_batch_to_batch() -> None:
    corpus = TASK.corpus()
    settings = replace(SHORT, steps=2, dropout=0.0, log_every=1)
    model = new_model(corpus, settings)
    with Randomness(settings.seed + 1).drawn():
        rows = sequential(model.ids(corpus.train), range(0), settings.batch, settings.length)
        first, second = next(rows), next(rows)
    _, state = model(first.read)
    events = (event for event in train(model, TASK, corpus, settings) if isinstance(event, Stepped))
    next(events)
    logits, _ = model(second.read, state)  # the weights are those after the first step by now
    wanted = cross_entropy(logits.flatten(0, 1), second.came.flatten()).item()
    assert next(events).loss == pytest.approx(wanted, rel=1e-6)


def test_ranges_are_the_largest_magnitudes_over_the_text() -> None:
    corpus = TASK.corpus()
    model: LanguageModel = new_model(corpus, SHORT)
    found = ranges(model, corpus.held_out)
    assert {"l0.c", "l0.h", "l0.a_i", "l0.f", "out.logits"} <= set(found)
    with reading(model):
        values = model.rnn.trace(model.input_rows(model.ids(corpus.held_out)[:, None])).values
    assert found["l0.c"] == pytest.approx(float(values["l0.c"].abs().max()))
    assert found["l0.f"] <= 1


def test_events_cannot_be_changed_and_are_lines_of_json() -> None:
    for event in events():
        with pytest.raises(dataclasses.FrozenInstanceError):
            event.step = 7  # type: ignore[misc]
        line = to_line(event)
        assert line.endswith("\n")
        assert "\n" not in line[:-1]
        assert json.loads(line)["kind"] == event.kind


def test_a_number_that_json_cannot_say_is_null() -> None:
    line = to_line(Stepped(1, math.nan, math.inf, 1.23456789, 0.1, 1.0, 1.0))
    told = json.loads(line)
    assert told["loss"] is None
    assert told["norm_before"] is None
    assert told["norm_after"] == 1.23457
