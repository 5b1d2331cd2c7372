"""A checkpoint is asked by its name what nobody has learned from."""

import json
from pathlib import Path

import pytest
import torch

import rnnviz
from rnnviz.checkpoints import CheckpointError, catalogue, learned, load
from rnnviz.models.base import Model
from rnnviz.settings import Settings
from rnnviz.tasks.reverse import Reverse
from tests.checkpoints.made import write

TASK = Reverse(letters=5)


def writer(**settings: object) -> Model:
    torch.manual_seed(1)
    made = TASK.problem().model(Settings(cell="gru", hidden=6, **settings))  # type: ignore[arg-type]
    assert isinstance(made, Model)
    return made


@pytest.fixture
def backwards(gallery: Path) -> Path:
    return write(gallery / "backwards", writer(), TASK.problem().describe())  # type: ignore[arg-type]


def test_by_its_name_its_folder_or_as_it_was_loaded(backwards: Path) -> None:
    told = rnnviz.exam("backwards", 40, seed=2)
    assert told.pairs == tuple(TASK.asked(40, 2))
    assert told == rnnviz.exam(backwards, 40, seed=2) == rnnviz.exam(load("backwards"), 40, seed=2)
    assert learned("backwards") == (TASK, TASK.problem().describe()["sha256"])


def test_a_folder_that_bears_the_name_of_another_one_is_not_taken_for_it(
    backwards: Path, tmp_path: Path
) -> None:
    short, described = rnnviz.exam("backwards", 30), Reverse(letters=8).problem().describe()
    there = write(tmp_path / "elsewhere" / "backwards", writer(), described)  # type: ignore[arg-type]
    model = load(there)
    assert (model.name, model.folder) == ("backwards", there)
    assert rnnviz.exam(model, 30) == rnnviz.exam(there, 30) != short
    assert rnnviz.exam(load("backwards"), 30) == short


def test_its_entry_tells_the_task_and_the_data(backwards: Path) -> None:
    entry, other = catalogue()
    assert (entry.task, entry.data) == ("reverse", learned("backwards").data)
    assert (other.name, other.task, other.data) == ("good", "text", "")


@pytest.mark.parametrize("told", [{}, {"name": 3, "sha256": ["x"]}, {"name": "x" * 99, "sha256": "y" * 99}])
def test_an_entry_of_a_foreign_task_says_nothing_of_it(told: dict[str, object], backwards: Path) -> None:
    config = json.loads((backwards / "config.json").read_bytes())
    (backwards / "config.json").write_text(json.dumps(config | {"task": told}))
    entry = catalogue()[0]
    assert (entry.error, entry.task, entry.data) == (None, "", "")
    with pytest.raises(
        CheckpointError, match=r"What 'backwards' learned is not known here\. The task is one of"
    ):
        learned("backwards")


def test_what_cannot_be_asked_is_told(backwards: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no checkpoint 'nobody'"):
        rnnviz.exam("nobody")
    with pytest.raises(ValueError, match="The task text has no examples"):
        rnnviz.exam("good")
    with pytest.raises(ValueError, match="comes from no checkpoint"):
        rnnviz.exam(writer())
    (backwards / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"config\.json is missing"):
        rnnviz.exam(backwards)
