"""A folder -> a model."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rnnviz.checkpoints.finding import WEIGHTS, CheckpointError, find
from rnnviz.files import read_json
from rnnviz.models import model_of
from rnnviz.models.base import Model
from rnnviz.models.speaker import Speaker
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.results import METRICS, Results, read_results
from rnnviz.training.film import name_of
from rnnviz.weights import read_weights, shapes_only

FORMAT = 1
MOST_CONFIG = 1 << 20
CONFIG, VOCABULARY, EVENTS, STEPS = "config.json", "vocab.json", "events.jsonl", "steps"
KEPT = re.compile(r"\d{6,18}\.safetensors\Z")


class Loaded(NamedTuple):
    """A model; the "task" part of its config.json, {} for none; the name of what it is judged by."""

    model: Model
    task: dict[str, Any]
    metric: str


def load(name_or_path: str | Path, device: str | torch.device = "cpu") -> Model:
    """A trained model, ready to read: by its name in the gallery, or the path of its folder.

    It is of one of the classes in `rnnviz.models.MODELS`. Raises CheckpointError with a sentence where there
    is none, or it is damaged.
    """
    return _ready(find(name_or_path), WEIGHTS, device)


def load_at(name_or_path: str | Path, step: int, device: str | torch.device = "cpu") -> Model:
    """The same model as it was at a step of its training, one of `kept_steps`. Raises CheckpointError."""
    folder = find(name_or_path)
    kept = kept_steps(folder)
    if step not in kept:
        there = ", ".join(map(str, kept)) or "none"
        raise CheckpointError(f"{folder.name} has not kept the weights of step {step}. It has: {there}.")
    return _ready(folder, f"{STEPS}/{name_of(step)}", device)


def kept_steps(name_or_path: str | Path) -> list[int]:
    """The training steps whose weights a run has kept, the first one first; empty for a model that ships.

    Raises CheckpointError where there is no such run.
    """
    try:
        names = [path.name for path in (find(name_or_path) / STEPS).iterdir()]
    except OSError:
        return []
    return sorted(int(name.partition(".")[0]) for name in names if KEPT.match(name))


def read_folder(folder: Path, weights: str = WEIGHTS) -> Loaded:
    """The model of a folder, with some of its weights. Raises ValueError, naming the file that is wrong."""
    config = read_json(folder / CONFIG, MOST_CONFIG)
    if config.get("format") != FORMAT:
        raise ValueError(f"{CONFIG}: the format should be {FORMAT}, not {config.get('format')!r:.40}.")
    part = config.get("model")
    reads_numbers = isinstance(part, dict) and part.get("input") == "numbers"
    vocabulary = None if reads_numbers else Vocabulary.load(folder / VOCABULARY)
    try:
        with shapes_only():
            model = model_of(part, vocabulary)
    except ValueError as error:
        raise ValueError(f"{CONFIG}: {error}") from None
    wanted = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    model.load_state_dict(read_weights(folder / weights, wanted), assign=True)
    described = config.get("task")
    task = described if isinstance(described, dict) else {}
    model.name, model.folder = folder.name, folder
    model.columns = _columns(task.get("columns"), model.inputs)
    return Loaded(model, task, _metric(task.get("metric"), model))


def results_of(folder: Path, metric: str) -> Results:
    """What the run of a folder reached."""
    return read_results(folder / EVENTS, metric)


def _ready(folder: Path, weights: str, device: str | torch.device) -> Model:
    try:
        model, _, metric = read_folder(folder, weights)
    except ValueError as error:
        raise CheckpointError(f"The checkpoint {folder.name!r} cannot be loaded. {error}") from None
    model.ranges = dict(results_of(folder, metric).ranges)
    return model.to(device).eval()


def _columns(names: Any, count: int) -> tuple[str, ...]:
    """The names of the numbers that are read, where each has one."""
    whole = isinstance(names, list) and len(names) == count and all(isinstance(name, str) for name in names)
    return tuple(names) if whole else ()


def _metric(name: Any, model: Model) -> str:
    """What a model is judged by; the first runs did not say it."""
    if isinstance(name, str) and name in METRICS:
        return name
    classes = getattr(model, "classes", None)
    return "perplexity" if isinstance(model, Speaker) else "accuracy" if classes else "error"
