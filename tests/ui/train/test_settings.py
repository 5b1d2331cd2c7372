"""The Train page without a browser: its controls, and what is started with them."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.settings import OF_RECURRENT, OF_TRANSFORMERS, idle
from rnnviz.tasks import TASKS
from rnnviz.training import queue
from rnnviz.training.run import Run
from rnnviz.training.work import work
from tests.ui.train.working import points
from tests.ui.visiting import checked, field, said


def test_a_newcomer_sees_a_task_its_settings_and_what_to_do(open_page: Any) -> None:
    at = open_page()
    assert at.selectbox(key="task").value == "hello"
    assert field(at, "hello_hidden").value == TASKS["hello"].defaults["hidden"]
    assert "Press Start" in said(at)


def choices(at: Any) -> set[str]:
    widgets = [*at.selectbox, *at.number_input, *at.text_input]
    return {re.sub(r"_\d+$", "", str(each.key)) for each in widgets}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_all_its_controls(open_page: Any, name: str) -> None:
    at = open_page(task=name)
    keys = choices(at)
    useless = idle(str(TASKS[name].defaults.get("cell", "lstm")))
    wanted = {f"{name}_{setting}" for setting in TASKS[name].offered if setting not in useless}
    assert wanted <= keys
    assert not {f"{name}_{setting}" for setting in useless} & keys
    assert TASKS[name].look[:30] in said(at)


def test_the_controls_are_those_that_do_something_with_the_cell(open_page: Any) -> None:
    at = open_page(task="reverse")
    checked(field(at, "reverse_attention").set_value("none").run())
    checked(field(at, "reverse_cell").set_value("transformer").run())
    keys = choices(at)
    assert {f"reverse_{name}" for name in OF_TRANSFORMERS} <= keys
    assert not {f"reverse_{name}" for name in OF_RECURRENT} & keys
    checked(field(at, "reverse_cell").set_value("lstm").run())
    assert field(at, "reverse_attention").value == "none"


@pytest.mark.parametrize("name", ["reverse", "dates", "sentiment"])
def test_a_transformer_is_a_preset_and_starts(open_page: Any, runs: Path, name: str) -> None:
    at = open_page(task=name)
    checked(at.selectbox(key=f"{name}_preset").set_value("a transformer").run())
    checked(at.button(key="start").click().run())
    made = Run(runs / f"{name}-transformer")
    wanted = TASKS[name].presets["a transformer"]
    chosen = {**made.task.options(), **asdict(made.settings)}
    assert {key: chosen[key] for key in wanted} == dict(wanted)
    assert not set(OF_RECURRENT) & set(made.config["train"])


def test_a_preset_fills_the_controls_in(open_page: Any) -> None:
    at = open_page(task="sine")
    assert field(at, "sine_cell").value == "gru"
    checked(at.selectbox(key="sine_preset").set_value("as in the article").run())
    assert field(at, "sine_cell").value == "rnn"
    checked(at.selectbox(key="sine_preset").set_value("our defaults").run())
    assert field(at, "sine_cell").value == "gru"


def test_start_makes_a_run_and_queues_it(started: AppTest, runs: Path, trained: Path) -> None:
    assert queue.waiting(runs) == ["hello-rnn"]
    assert Run(runs / "hello-rnn").settings.steps == 6
    assert Run(runs / "hello-rnn").settings == Run(trained).settings
    assert started.selectbox(key="run").value == "hello-rnn"
    assert "number 1 of 1 in the queue" in said(started)


def test_each_start_is_a_run_of_its_own(started: AppTest, runs: Path) -> None:
    checked(started.button(key="start").click().run())
    assert queue.waiting(runs) == ["hello-rnn", "hello-rnn-2"]
    assert started.selectbox(key="run").value == "hello-rnn-2"


def test_a_text_of_ones_own_is_learned(open_page: Any, runs: Path) -> None:
    at = open_page(task="text")
    at.text_area(key="text_pasted").set_value("我爱中国。" * 100)
    checked(at.button(key="start").click().run())
    task: Any = Run(runs / "text-lstm").task
    assert task.pasted == "我爱中国。" * 100


def test_a_text_that_is_too_short_halts_with_a_sentence(open_page: Any, runs: Path) -> None:
    at = open_page(task="text")
    at.text_area(key="text_pasted").set_value("too short")
    checked(at.button(key="start").click().run())
    with pytest.raises(ValueError, match="200"):
        work(runs / "text-lstm")
    assert "has halted" in said(checked(at.run()))
    assert "200 to 5,000,000 characters" in said(at)


def test_before_the_first_run_shipped_trainings_are_shown(open_page: Any) -> None:
    at = open_page(task="timemachine")
    assert {"timemachine-lstm", "timemachine-rnn"} <= {row["series"] for row in points(at)}
    assert "timemachine-lstm before training" in said(at)
    assert "Press Start" in said(at)


@pytest.mark.parametrize("name", TASKS)
def test_each_task_has_something_trained_to_show(open_page: Any, name: str) -> None:
    at = open_page(task=name)
    assert "that comes along learned" in said(at) or "that come along learned" in said(at)
    assert points(at)


def test_without_any_run_a_link_to_one_is_answered(open_page: Any) -> None:
    assert "There is no run ‘nowhere’ here." in said(open_page(run="nowhere")).replace(
        "'nowhere'", "‘nowhere’"
    )


def test_each_control_says_its_default_and_its_limits(open_page: Any) -> None:
    at = open_page(task="sine")
    assert "Default 32, from 1 to 4,096." in field(at, "sine_hidden").help
    assert field(at, "sine_lr").help.endswith("Default 0.02, from 0 to 1,000,000.")
    assert field(at, "sine_cell").help.endswith("Default GRU.")


def test_a_wrong_setting_is_called_as_its_control_is(open_page: Any, runs: Path) -> None:
    at = open_page()
    field(at, "hello_lr").set_value(0.0)
    checked(at.button(key="start").click().run())
    assert "learning rate is above 0" in said(at)
    assert not runs.exists()
