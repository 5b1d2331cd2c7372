"""What holds for every task in the registry."""

import json
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
import torch

from rnnviz.models import MODELS
from rnnviz.settings import Settings
from rnnviz.tasks import TASKS, task_of
from rnnviz.tasks.base import ALWAYS, KINDS, Problem, Task
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.text import OwnText
from rnnviz.training.events import Evaluated
from rnnviz.training.loop import Training
from tests.cases import mostly_slow

NAMES = {setting.name for setting in fields(Settings)}

LARGE = {"sentiment", "brackets", "dates", "reverse"}  # it takes a while to make all that is learned from
METRICS = ("perplexity", "accuracy", "error")


@cache
def problem(name: str) -> Problem:
    """A task with its data; the test is skipped where they are not on this machine."""
    task = TASKS[name]()
    try:
        task.present()
    except ValueError as error:
        pytest.skip(str(error))
    return task.problem()


@pytest.mark.parametrize("name", TASKS)
def test_every_task_introduces_itself(name: str) -> None:
    task = TASKS[name]
    assert task.name == name
    assert all((task.title, task.look.endswith("."), task.__doc__))
    assert task.kind in KINDS
    assert bool(task.example) == (task.kind == "text")
    assert all(field.metadata["help"] for field in fields(task))
    assert issubclass(task, Task)


@pytest.mark.parametrize("name", TASKS)
def test_what_a_task_offers_are_settings_each_once_the_commonest_first(name: str) -> None:
    task = TASKS[name]
    assert set(ALWAYS) - {"batch"} <= set(task.offered) <= NAMES  # what goes on in order is read one by one
    assert len(set(task.offered)) == len(task.offered)
    assert "cell" in task.offered[:5]
    assert set(task.defaults) <= NAMES
    Settings(**task.defaults)


@pytest.mark.parametrize(("name", "preset"), [(name, key) for name in TASKS for key in TASKS[name].presets])
def test_presets_are_settings_and_options_of_the_task(name: str, preset: str) -> None:
    chosen, options = TASKS[name].presets[preset], {field.name for field in fields(TASKS[name])}
    assert set(chosen) <= NAMES | options
    Settings(**{key: value for key, value in chosen.items() if key in NAMES})
    TASKS[name](**{key: value for key, value in chosen.items() if key in options})


@pytest.mark.parametrize("name", mostly_slow(TASKS, *set(TASKS) - LARGE))
def test_a_task_comes_back_from_its_description(name: str) -> None:
    described = problem(name).describe()
    assert json.loads(json.dumps(described)) == described
    assert task_of(described) == TASKS[name]()
    assert (described["name"], described["kind"]) == (name, TASKS[name].kind)
    assert described["metric"] == problem(name).metric.name
    assert described["metric"] in METRICS
    assert len(described["sha256"]) == 64
    assert problem(name).describe() == described


@pytest.mark.parametrize("name", TASKS)
def test_a_task_makes_a_model_that_can_be_described(name: str) -> None:
    settings = Settings(**{**TASKS[name].defaults, "hidden": 4})
    with torch.device("meta"):
        model = problem(name).model(settings)
    assert model.config["type"] in MODELS
    assert json.loads(json.dumps(model.config)) == model.config
    assert (model.config["cell"], model.hidden) == (settings.cell, 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_learned_and_shown(name: str) -> None:
    """With its own settings, but smaller: a step, an evaluation, a sample that JSON can say."""
    settings = Settings(**{**TASKS[name].defaults, "hidden": 4, "steps": 2})
    training = Training(problem(name), settings)
    events = [event for event in training.events() if isinstance(event, Evaluated)]
    assert [events[0].step, events[-1].step] == [0, 2]
    sample = events[-1].sample
    assert json.loads(json.dumps(sample, allow_nan=False)) == sample
    assert sample["kind"] in ("text", "string", "curve", "answers", "digits", "lengths", "pairs")
    assert set(problem(name).size) == {"train", "held out"}


@pytest.mark.parametrize("name", mostly_slow(["brackets", "text"], "text"))
def test_texts_that_need_no_file_are_divided(name: str) -> None:
    task = TASKS[name]()
    corpus = problem(name).corpus  # type: ignore[attr-defined]
    assert len(corpus.train) > 9 * len(corpus.held_out) - 10 > 10_000
    assert corpus.train + corpus.held_out == task.text()  # type: ignore[attr-defined]


def test_options_come_back_from_a_description() -> None:
    task = Brackets(characters=3000, text_seed=4)
    assert task_of(task.problem().describe()) == task


@pytest.mark.parametrize("name", [None, "chess", ["brackets"]])
def test_an_unknown_task_is_told_which_there_are(name: object) -> None:
    with pytest.raises(ValueError, match=f"The task is one of {', '.join(TASKS)}, not"):
        task_of({"name": name})


def test_a_text_that_is_too_short_or_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="this one has 5"):
        OwnText(pasted="hello").problem()
    with pytest.raises(ValueError, match="200 to 5,000,000 characters; this one has 5,000,001"):
        OwnText(pasted="x" * 5_000_001).problem()


def test_a_model_goes_on_from_words_of_the_text_that_it_learned() -> None:
    problem = OwnText(pasted="春眠不觉晓，处处闻啼鸟。" * 40).problem()
    sample = problem.sample(problem.model(Settings(hidden=4)))
    assert sample["prefix"] == problem.corpus.held_out[:20]
    assert OwnText().prefix("anything") == OwnText.example


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes("你好\r\n世界\r😀\0".encode(encoding))
        assert OwnText(file=str(path)).text() == "你好\n世界\n😀\0"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(ValueError, match=r"not utf-8 text \(byte 3\): save it as UTF-8"):
        OwnText(file=str(path)).text()
    with pytest.raises(ValueError, match=r"no.txt is missing"):
        OwnText(file=str(tmp_path / "no.txt")).text()
    with pytest.raises(ValueError, match="not a regular file"):
        OwnText(file=str(tmp_path)).text()


def test_a_pasted_text_is_not_written_down() -> None:
    task = OwnText(pasted="a secret " * 50)
    assert "secret" not in json.dumps(task.problem().describe())
    assert "secret" not in repr(task)
    assert not task.repeatable
    assert OwnText().repeatable
    with pytest.raises(ValueError, match="not both"):
        OwnText(file="x", pasted="y").text()


def test_the_built_in_text_is_prose() -> None:
    text = OwnText().text()
    assert "   " not in text
    assert "::=" not in text[:20_000]
    assert text.count(".") > 1000
