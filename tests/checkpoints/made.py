"""Small checkpoints, written as a run writes them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from rnnviz.models.language import LanguageModel
from rnnviz.models.reader import Reader
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.training.events import Evaluated, Event, Finished, to_line

VOCABULARY = Vocabulary.of("the quick brown fox 跳过了 the lazy dog.")
CLASSES = ("rain", "dry")
COLUMNS = ["precipitation", "temp_max", "temp_min", "wind"]
EVENTS = (
    Evaluated(0, 30.0, True, {}, 0.1),
    Evaluated(2, 20.0, True, {}, 0.2),
    Finished(4, 2, 20.0, 18.5, 300, {"l0.h": 0.9, "out.logits": 2.5}, ("Unit 3 counts.",), 0.4),
)


def language(cell: str = "gru", **settings: Any) -> LanguageModel:
    return LanguageModel(VOCABULARY, cell, **({"hidden": 5, "input": "embedding", "embedding": 3} | settings))


def series(**settings: Any) -> Classifier:
    return Classifier(len(COLUMNS), CLASSES, **({"cell": "gru", "hidden": 5} | settings))


MODELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "a language model": (language, {"name": "text", "metric": "perplexity", "kind": "text"}),
    "a tagger of tokens": (
        lambda: Tagger(VOCABULARY, VOCABULARY, hidden=4, layers=2),
        {"name": "spelling", "metric": "accuracy", "kind": "text"},
    ),
    "a tagger that is h itself": (
        lambda: Tagger(VOCABULARY, len(CLASSES), cell="rnn", hidden=2, head="none"),
        {"name": "bare", "metric": "error", "kind": "text"},
    ),
    "a tagger of numbers": (
        lambda: Tagger(1, 1, hidden=4, cell="rnn_relu"),
        {"name": "wave", "metric": "error", "kind": "series"},
    ),
    "a classifier of text": (
        lambda: Classifier(VOCABULARY, CLASSES, hidden=4, directions=2, readout="mean"),
        {"name": "moods", "metric": "accuracy", "kind": "text"},
    ),
    "a classifier of series": (
        series,
        {"name": "rainy", "metric": "accuracy", "kind": "series", "columns": COLUMNS},
    ),
    "a classifier of images": (
        lambda: Classifier(8, tuple("0123456789"), hidden=4, layers=2),
        {"name": "figures", "metric": "accuracy", "kind": "image"},
    ),
}


def write(
    folder: Path,
    model: Reader | None = None,
    task: Mapping[str, Any] | None = None,
    events: Iterable[Event] = EVENTS,
    weights: bool = True,
) -> Path:
    """A run's folder. weights: False for one that has just begun."""
    model = language() if model is None else model
    folder.mkdir(parents=True)
    described = {"name": "text", "metric": "perplexity"} if task is None else dict(task)
    config = {"format": 1, "model": model.config, "task": described, "train": {}, "seed": 0}
    (folder / "config.json").write_text(json.dumps(config))
    if model.vocabulary is not None:
        model.vocabulary.save(folder / "vocab.json")
    if weights:
        keep(model, folder / "model.safetensors")
    (folder / "events.jsonl").write_text("".join(map(to_line, events)))
    return folder


def keep(model: Reader, path: Path) -> None:
    """The weights of a model, in a file."""
    path.parent.mkdir(exist_ok=True)
    save_file({name: weight.contiguous() for name, weight in model.state_dict().items()}, path)
