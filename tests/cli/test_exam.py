"""Models side by side at the command line: how many answers are right at each length."""

from pathlib import Path
from typing import Any

import pytest
import torch

import rnnviz
from rnnviz.analysis import by_length
from rnnviz.cli import main
from rnnviz.settings import Settings
from rnnviz.tasks.base import Task
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.reverse import Reverse
from rnnviz.tasks.sentiment import Sentiment
from tests.checkpoints.made import write
from tests.cli.short import wrong

TASKS: dict[str, tuple[Task, dict[str, Any]]] = {
    "gru": (Sentiment(sentences=1000), {}),
    "transformer": (Sentiment(sentences=1000), {"cell": "transformer", "heads": 2}),
    "other": (Sentiment(sentences=1001), {}),
    "words": (Reverse(letters=5), {}),
    "speaker": (Brackets(characters=400), {}),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, (task, settings) in TASKS.items():
        torch.manual_seed(0)
        problem = task.problem()
        model: Any = problem.model(Settings(**{"cell": "gru", "hidden": 4, **settings}))
        write(tmp_path / name, model, problem.describe())
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: tmp_path)
    return tmp_path


def test_a_table_tells_the_accuracy_at_each_length(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exam", "gru", "transformer", "--count", "300", "--seed", "2"]) == 0
    header, *rows, last = capsys.readouterr().out.splitlines()
    assert header.split() == ["characters", "asked", "gru", "transformer"]
    exams = [rnnviz.exam(name, 300, seed=2) for name in ("gru", "transformer")]
    tables = [by_length(each.lengths, each.right) for each in exams]
    assert len(rows) == len(tables[0].count)
    for k, row in enumerate(rows):
        *length, count, first, second = row.split()
        assert [int(length[0]), int(length[-1])] == [tables[0].first[k], tables[0].last[k]]
        assert int(count) == tables[0].count[k]
        assert [first, second] == [f"{table.share[k]:.1%}" for table in tables]
    assert last.split() == ["all", "300", *(f"{each.share:.1%}" for each in exams)]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["gru", "words"], "gru learned sentiment, words reverse"),
        (["gru", "transformer", "other"], "gru learned sentiment, other other data of the same task"),
        (["speaker"], "The task brackets has no examples"),
        (["nobody"], "There is no checkpoint 'nobody'"),
        (["gru", "--count", "0"], "At least one example is asked, not 0"),
        ([], "checkpoint"),
    ],
)
def test_what_cannot_be_compared_is_told(
    names: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in wrong(["exam", *names], capsys)
