"""How well a checkpoint does on examples of its own task that nobody has learned from."""

from pathlib import Path
from typing import NamedTuple

from rnnviz.checkpoints.finding import CheckpointError, find
from rnnviz.checkpoints.loading import CONFIG, MOST_CONFIG, load
from rnnviz.files import read_json
from rnnviz.models.base import Model
from rnnviz.tasks import exam as exams
from rnnviz.tasks import task_of
from rnnviz.tasks.base import Task
from rnnviz.tasks.exam import Exam


class Learned(NamedTuple):
    """What a checkpoint learned: the task, and the digest of its data, None where the run did not say it."""

    task: Task
    data: str | None


def learned(name_or_path: str | Path) -> Learned:
    """What a checkpoint learned. Raises CheckpointError where it is none, or its task is none of ours."""
    folder = find(name_or_path)
    try:
        part = read_json(folder / CONFIG, MOST_CONFIG).get("task")
        told = part if isinstance(part, dict) else {}
        return Learned(task_of(told), told.get("sha256"))
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"What {folder.name!r} learned is not known here. {error}") from None


def exam(model: Model | str | Path, count: int = 1000, seed: int = 0) -> Exam:
    """What a checkpoint answers to examples that nobody has learned from, `count` of them at most.

    model: as `load` returns it, or what `load` takes. Two of the same task and data are asked the same by the
    same count and seed. Raises CheckpointError where it is none, and ValueError for a task that asks nothing,
    and a model that came from nowhere: `tasks.exam.exam` takes the task as well.
    """
    whence = model.folder if isinstance(model, Model) else model
    if whence is None:
        raise ValueError("This model comes from no checkpoint, so nobody knows what it learned.")
    task = learned(whence).task
    return exams.exam(model if isinstance(model, Model) else load(whence), task, count, seed)
