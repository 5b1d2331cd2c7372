"""What is asked of a run while it is worked on, and what goes on from another."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load, load_file

from rnnviz.training import loop
from rnnviz.training.control import CHANGE, PAUSE, STOP, ask
from rnnviz.training.events import Event, Stepped
from rnnviz.training.queue import submit
from rnnviz.training.run import CARD, STEPS, fork
from rnnviz.training.status import is_locked, status_of
from tests.training.short import SHORT, TASK, at, content, made, told, weights, worked, working, working_until

pytestmark = pytest.mark.slow  # each trains a run at least twice


@pytest.mark.parametrize(("asked", "state"), [(PAUSE, "paused"), (STOP, "stopped")])
def test_a_run_that_is_asked_to_rest_does_and_goes_on_to_the_same_bits(
    run: Path, whole: Path, asked: str, state: str
) -> None:
    found = working(run, at(4, lambda: ask(run, asked)))
    assert (status_of(run).state, status_of(run).step, status_of(run).reason) == (state, 4, "")
    assert not is_locked(run)
    assert found[-1].step == 4
    submit(run)
    worked(run)
    assert status_of(run).state == "finished"
    assert told(run) == told(whole)
    assert weights(run) == weights(whole)
    cards = [re.sub(r"--run \S+", "", (folder / CARD).read_text()) for folder in (run, whole)]
    assert cards[0] == cards[1]


def test_within_an_evaluation_it_answers_too(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.models.language.CHUNK", 3)
    made(tmp_path / "whole")
    worked(tmp_path / "whole")
    points = itertools.count()
    whole_events = loop.Training.events

    def events(self: loop.Training) -> Iterator[Event | None]:
        for event in whole_events(self):
            if event is None and next(points) == 20:  # in the middle of the evaluation of step 3
                ask(run, PAUSE)
            yield event

    with monkeypatch.context() as patch:
        patch.setattr(loop.Training, "events", events)
        worked(run)
    assert (status_of(run).state, status_of(run).step) == ("paused", 3)
    assert told(run) == told(tmp_path / "whole")[: len(told(run))]
    submit(run)
    worked(run)
    assert told(run) == told(tmp_path / "whole")


def test_what_was_asked_of_it_earlier_is_forgotten_when_it_goes_on(run: Path) -> None:
    ask(run, STOP)
    ask(run, PAUSE)
    submit(run)
    assert worked(run)[-1].kind == "finished"
    ask(run, PAUSE)  # just too late
    submit(run, steps=9)
    assert worked(run)[-1].step == 9


def test_a_change_is_an_event_that_a_resume_repeats(run: Path, tmp_path: Path) -> None:
    """The learning rate is changed; later the run is torn away after its last save, and goes on."""
    found = working(run, at(2, lambda: ask(run, CHANGE, lr=0.5)))
    kinds = [(event.kind, event.step) for event in found]
    assert ("changed", 2) in kinds
    first, second, _ = (event.lr for event in found if isinstance(event, Stepped))
    assert first < 0.01 < 0.1 < second
    assert json.loads((run / "config.json").read_bytes())["train"]["lr"] == 0.5
    assert "Settings were changed on the way" in (run / CARD).read_text()

    torn = tmp_path / "torn"
    made(torn, save_every=1000)
    working_until(torn, 6, at(2, lambda: ask(torn, CHANGE, lr=0.5)))
    worked(torn)
    assert told(torn) == told(run)
    assert weights(torn) == weights(run)


def test_a_change_that_cannot_be_is_passed_over(run: Path, whole: Path) -> None:
    for settings in ({"lr": -1}, {"lr": "x"}, {"hidden": 3}, {"steps": None}, {"": 1}):
        ask(run, CHANGE, **settings)
    worked(run)
    assert told(run) == told(whole)


def test_a_finished_run_goes_on_for_more_steps(run: Path) -> None:
    worked(run)
    assert worked(run) == []  # there is nothing left to do
    assert status_of(run).state == "finished"
    submit(run, steps=10)
    found = worked(run)
    assert [(event.kind, event.step) for event in found[:2]] == [("changed", 6), ("step", 8)]
    assert (found[-1].kind, found[-1].step) == ("finished", 10)
    assert (status_of(run).step, status_of(run).steps) == (10, 10)


def test_after_so_many_minutes_it_stops_and_says_why(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10**6))
    monkeypatch.setattr(loop.time, "monotonic", lambda: float(next(clock)))
    submit(run, minutes=0.5)
    worked(run)
    status = status_of(run)
    assert status.state == "stopped"
    assert 0 < status.step < 6
    assert status.seconds > 30
    assert status.reason == "0.5 minutes of work are over: it can go on with a higher limit."
    submit(run)
    assert worked(run) == []  # no time is left
    submit(run, minutes=100.0)
    assert worked(run)[-1].kind == "finished"


def test_a_fork_begins_with_what_was_kept(run: Path, tmp_path: Path) -> None:
    worked(run)
    fork(run, 3, tmp_path / "fork", steps=9)
    found = worked(tmp_path / "fork")
    assert [(event.kind, event.step) for event in found[:4]] == [
        ("kept", 3), ("evaluated", 3), ("step", 4), ("kept", 4),
    ]  # fmt: skip
    assert (found[-1].kind, found[-1].step) == ("finished", 9)
    evaluated = [line for line in told(run) if line["kind"] == "evaluated" and line["step"] == 3]
    assert content(found)[1]["held_out"] == pytest.approx(evaluated[0]["held_out"], rel=1e-5)
    name = f"{STEPS}/000003.safetensors"
    assert load((tmp_path / "fork" / name).read_bytes()).keys() == load((run / name).read_bytes()).keys()
    assert "It went on from step 3 of run." in (tmp_path / "fork" / CARD).read_text()


def test_the_first_loss_after_a_fork_is_that_of_the_weights_there(run: Path, tmp_path: Path) -> None:
    worked(run)
    fork(run, 4, tmp_path / "fork", dropout=0.0, steps=9)
    working_until(tmp_path / "fork", 6, lambda event: None)
    each = loop.Training(TASK.problem(), replace(SHORT, dropout=0.0, steps=9))
    each.model.load_state_dict(load_file(run / STEPS / "000004.safetensors"))
    batch = each.batches(5)
    each.model.train()
    loss, _, _ = each.problem.loss(each.model, batch, None)
    logged = next(line for line in told(tmp_path / "fork") if line["kind"] == "step")
    assert logged["step"] == 6
    saved = loop.Training(TASK.problem(), replace(SHORT, dropout=0.0, steps=9))
    saved.fork(4, load_file(run / STEPS / "000004.safetensors"))
    going = saved.events()
    while saved.progress.step < 5:
        next(going)
    assert saved.progress.loss == loss.item()


def test_a_fork_that_is_left_goes_on_to_the_same_bits(run: Path, tmp_path: Path) -> None:
    worked(run)
    for name in ("one", "other"):
        fork(run, 3, tmp_path / name, steps=9)
    worked(tmp_path / "one")
    working(tmp_path / "other", at(6, lambda: ask(tmp_path / "other", PAUSE)))
    submit(tmp_path / "other")
    worked(tmp_path / "other")
    assert told(tmp_path / "one") == told(tmp_path / "other")
    assert weights(tmp_path / "one") == weights(tmp_path / "other")
