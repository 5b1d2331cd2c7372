"""The loop of a training: its order, what it learns, what it tells, and what it begins with."""

import dataclasses
import json
import math
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from rnnviz.models.language import LanguageModel, perplexity, reading
from rnnviz.nn import LAYERS
from rnnviz.tasks.text import OwnText
from rnnviz.training.events import QUANTILES, Changed, Evaluated, Finished, Kept, Stepped, to_line
from rnnviz.training.film import is_kept
from rnnviz.training.loop import Training, train
from tests.cases import mostly_slow
from tests.training.short import content, events, settings, training


def of_kind(found: list[Any], kind: type) -> list[Any]:
    return [event for event in found if isinstance(event, kind)]


def test_the_order_of_events() -> None:
    kinds = [(event.kind, event.step) for event in events()]
    assert kinds == [
        ("kept", 0), ("evaluated", 0), ("kept", 1), ("step", 2), ("kept", 2), ("kept", 3), ("evaluated", 3),
        ("step", 4), ("kept", 4), ("step", 6), ("kept", 6), ("evaluated", 6), ("finished", 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "sampling"),
    mostly_slow(
        [*((cell, "sequential") for cell in LAYERS), ("lstm", "random")],
        ("rnn", "sequential"),
        ("lstm", "random"),
    ),
)
def test_the_same_seed_gives_the_same_events(cell: str, sampling: str) -> None:
    first = events(cell=cell, sampling=sampling)
    torch.rand(3)  # whoever watches may draw random numbers of their own
    assert content(events(cell=cell, sampling=sampling)) == content(first)
    assert content(events(cell=cell, sampling=sampling, seed=1)) != content(first)


def test_training_leaves_the_random_numbers_of_others_alone() -> None:
    before = torch.get_rng_state()
    events()
    assert torch.equal(torch.get_rng_state(), before)


def test_how_often_it_tells_saves_or_evaluates_changes_nothing_of_what_it_learns() -> None:
    last = of_kind(events(log_every=1), Stepped)[-1]
    others = events(log_every=1, evaluate_every=1, save_every=5)
    assert content(of_kind(others, Stepped)[-1:]) == content([last])


@pytest.mark.slow
def test_it_learns() -> None:
    task = OwnText(pasted="the cat sat. " * 40)
    found = list(train(Training(task.problem(), settings(steps=150, lr=0.03, evaluate_every=150))))
    looks = of_kind(found, Evaluated)
    assert isinstance(found[-1], Finished)
    assert found[-1].held_out < 1.5 < 8 < looks[0].held_out


def test_at_a_best_event_the_weights_are_the_ones_that_were_measured_and_at_the_end_too() -> None:
    # So wild that the last weights are not the best.
    wild = training(steps=18, lr=1.0, schedule="constant", decay=0.0, clip=1e9, seed=1)
    held_out, kept = wild.problem.corpus.held_out, {}  # type: ignore[attr-defined]
    for event in train(wild):
        if isinstance(event, Evaluated) and event.best:
            kept = {name: value.clone() for name, value in wild.model.state_dict().items()}
            assert perplexity(wild.model, held_out) == event.held_out
            assert wild.progress.best == event.held_out
    assert isinstance(event, Finished)
    assert 0 < event.best_step < 18
    assert all(torch.equal(kept[name], value) for name, value in wild.model.state_dict().items())
    assert event.held_out == perplexity(wild.model, held_out)
    assert event.trained == perplexity(wild.model, wild.problem.corpus.train)  # type: ignore[attr-defined]
    assert event.parameters == sum(weight.numel() for weight in wild.model.parameters())


def test_the_norm_is_clipped() -> None:
    steps = of_kind(events(clip=0.01), Stepped)
    assert all(event.norm_before > 0.01 for event in steps)
    assert [event.norm_after for event in steps] == pytest.approx([0.01] * len(steps), rel=1e-3)
    for event in of_kind(events(clip=1e9), Stepped):
        assert event.norm_after == event.norm_before


def test_clipped_by_value_no_number_of_the_gradient_is_larger() -> None:
    clipped, free = training(clip=0.01, clip_by="value"), training(clip=1e9, clip_by="value")
    for each in (clipped, free):
        next(event for event in each.events() if isinstance(event, Stepped))
    largest = max(float(weight.grad.abs().max()) for weight in clipped.weights if weight.grad is not None)
    assert largest == pytest.approx(0.01)
    count = sum(weight.numel() for weight in clipped.weights)
    assert of_kind(events(clip=0.01, clip_by="value"), Stepped)[0].norm_after <= 0.01 * math.sqrt(count)
    assert max(float(weight.grad.abs().max()) for weight in free.weights if weight.grad is not None) > 0.01


def test_sgd_is_the_gradient_times_the_learning_rate() -> None:
    plain = training(optimizer="sgd", lr=0.5, schedule="constant", decay=0.0, dropout=0.0, clip=1e9)
    before = [weight.detach().clone() for weight in plain.weights]
    stepping = plain.events()
    while plain.progress.step < 1:
        next(stepping)
    for old, new in zip(before, plain.weights, strict=True):
        assert new.grad is not None
        torch.testing.assert_close(new.detach(), old - 0.5 * new.grad)


def test_normal_weights_are_small_and_their_biases_zero() -> None:
    model = training(init="normal", hidden=40).model
    for name, weight in model.named_parameters():
        if weight.dim() > 1:
            assert 0.008 < weight.detach().std().item() < 0.012, name
        else:
            assert not weight.any(), name
    assert training(hidden=40).model.rnn.weight_hh_l0.detach().std().item() > 0.05


def test_weights_are_those_of_the_seed() -> None:
    first, again, other = (training(seed=seed).model.state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["out.weight"], other["out.weight"])


def test_dropout_is_another_at_each_step_and_the_same_for_a_seed() -> None:
    def losses(seed: int) -> list[float]:
        each = training(dropout=0.5, lr=1e-12, log_every=1, sampling="random", seed=seed)
        batch = training().batches(1)
        each.batches = lambda step: batch
        each.model.load_state_dict(training().model.state_dict())
        return [event.loss for event in each.events() if isinstance(event, Stepped)]

    assert len(set(losses(0))) == 6
    assert losses(0) == losses(0)
    assert not set(losses(0)) & set(losses(1))


def test_the_state_is_carried_from_batch_to_batch() -> None:
    each = training(steps=2, dropout=0.0, log_every=1)
    first, second = each.batches(1), each.batches(2)
    assert first.fresh
    assert not second.fresh
    _, state = each.model(first.x)
    steps = (event for event in each.events() if isinstance(event, Stepped))
    next(steps)
    logits, _ = each.model(second.x, state)  # the weights are those after the first step by now
    wanted = cross_entropy(logits.flatten(0, 1), second.y.flatten()).item()
    assert next(steps).loss == pytest.approx(wanted, rel=1e-6)


def test_rows_from_anywhere_begin_with_a_new_state() -> None:
    each = training(steps=2, dropout=0.0, log_every=1, sampling="random")
    steps = (event for event in each.events() if isinstance(event, Stepped))
    next(steps)
    batch = each.batches(2)
    wanted = cross_entropy(each.model(batch.x)[0].flatten(0, 1), batch.y.flatten()).item()
    assert next(steps).loss == pytest.approx(wanted, rel=1e-6)


def test_what_is_told_of_a_step_are_means_since_the_last_time() -> None:
    single = of_kind(events(log_every=1), Stepped)
    for told in of_kind(events(log_every=3), Stepped):
        part = [event for event in single if told.step - 3 < event.step <= told.step]
        assert told.loss == pytest.approx(sum(event.loss for event in part) / 3)
        assert told.metric == pytest.approx(sum(event.metric for event in part) / 3)
        assert (told.norm_before, told.lr) == (part[-1].norm_before, part[-1].lr)


def test_a_kept_step_is_described_by_its_own_weights_gradients_and_gates() -> None:
    levels = torch.tensor(QUANTILES)
    each = training(cell="gru", steps=9, clip=1e9)
    for event in each.events():
        if isinstance(event, Kept):
            weight = each.model.out.weight
            assert event.weights["out.weight"] == torch.quantile(weight.detach(), levels).tolist()
            assert set(event.saturated) == {"l0.r", "l0.z"}
            assert all(0 <= share <= 1 for shares in event.saturated.values() for share in shares)
            if event.step:
                assert event.gradients["out.weight"] == torch.quantile(weight.grad, levels).tolist()
                assert set(event.gradients) == set(event.weights)
            else:
                assert event.gradients == {}


def test_kept_are_half_octaves_the_start_and_the_end() -> None:
    assert [step for step in range(101) if is_kept(step, 100)] == [
        0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 100,
    ]  # fmt: skip


def test_fewer_steps_may_be_asked_for_on_the_way() -> None:
    each, found = training(steps=50, evaluate_every=50, log_every=20), []
    for event in each.events():
        if event is not None:
            found.append(event)
        elif each.progress.step == 5 and each.settings.steps == 50:
            found.append(each.change(steps=5))
    assert [(event.kind, event.step) for event in found[-5:]] == [
        ("changed", 5), ("step", 5), ("kept", 5), ("evaluated", 5), ("finished", 5)
    ]  # fmt: skip
    kept = found[-3]
    assert isinstance(kept, Kept)
    assert kept.gradients == {}  # those at hand are another step's, or clipped
    with pytest.raises(ValueError, match="5 steps were already taken"):
        each.change(steps=4)
    with pytest.raises(ValueError, match="hidden cannot be changed on the way; these can: lr, steps"):
        each.change(hidden=3)


def test_a_finished_training_goes_on_for_more_steps() -> None:
    each = training(schedule="constant")
    first = [event for event in each.events() if event is not None]
    assert [event for event in each.events() if event is not None] == []
    changed = each.change(steps=9)
    more = [event for event in each.events() if event is not None]
    whole = events(steps=9, schedule="constant")
    steps = [event for event in [*first, *more] if isinstance(event, Stepped)]
    assert content(steps) == content(of_kind(whole, Stepped))
    assert isinstance(changed, Changed)
    assert (more[-1].kind, more[-1].step) == ("finished", 9)


def test_ranges_are_the_largest_magnitudes_over_the_held_out_text() -> None:
    each = training()
    last = list(train(each))[-1]
    assert isinstance(last, Finished)
    assert {"l0.c", "l0.h", "l0.a_i", "l0.f", "out.logits"} <= set(last.ranges)
    model: LanguageModel = each.model
    with reading(model):
        values = model.rnn.trace(model.read(model.ids(each.problem.corpus.held_out)[:, None])).values  # type: ignore[attr-defined]
    assert last.ranges["l0.c"] == pytest.approx(float(values["l0.c"].abs().max()))
    assert last.ranges["l0.f"] <= 1


def test_events_cannot_be_changed_and_are_lines_of_json() -> None:
    for event in events():
        with pytest.raises(dataclasses.FrozenInstanceError):
            event.step = 7  # type: ignore[misc]
        line = to_line(event)
        assert line.endswith("\n")
        assert "\n" not in line[:-1]
        assert json.loads(line)["kind"] == event.kind


def test_a_number_that_json_cannot_say_is_null() -> None:
    told = json.loads(to_line(Stepped(1, math.nan, math.inf, -math.inf, 1.23456789, 0.1, 1.0, 1.0)))
    assert told["loss"] is told["metric"] is told["norm_before"] is None
    assert told["norm_after"] == 1.23457
