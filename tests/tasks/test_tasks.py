"""What holds for every task in the registry."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from rnnviz.tasks import TASKS, task_of
from rnnviz.tasks.base import Task
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.text import OwnText
from rnnviz.training.settings import Settings


@pytest.mark.parametrize("name", TASKS)
def test_every_task_introduces_itself(name: str) -> None:
    task = TASKS[name]
    assert task.name == name
    assert all((task.title, task.look.endswith("."), task.example, task.__doc__))
    Settings(**task.defaults)
    assert all(field.metadata["help"] for field in fields(task))
    assert issubclass(task, Task)


@pytest.mark.parametrize("name", ["brackets", "text"])
def test_tasks_that_need_no_file_have_a_text(name: str) -> None:
    task = TASKS[name]()
    corpus = task.corpus()
    assert len(corpus.train) > 9 * len(corpus.held_out) - 10 > 10_000
    assert corpus.train + corpus.held_out == task.text()
    described = task.describe(corpus)
    assert json.loads(json.dumps(described)) == described
    assert len(described["sha256"]) == 64


def test_a_task_comes_back_from_its_description() -> None:
    task = Brackets(characters=3000, text_seed=4)
    assert task_of(task.describe(task.corpus())) == task


@pytest.mark.parametrize("name", [None, "chess", ["brackets"]])
def test_an_unknown_task_is_told_which_there_are(name: object) -> None:
    with pytest.raises(ValueError, match="timemachine, brackets, text"):
        task_of({"name": name})


def test_a_text_that_is_too_short_or_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="this one has 5"):
        OwnText(pasted="hello").corpus()
    with pytest.raises(ValueError, match="200 to 5,000,000 characters; this one has 5,000,001"):
        OwnText(pasted="x" * 5_000_001).corpus()


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
    assert "secret" not in json.dumps(task.describe(task.corpus()))
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
