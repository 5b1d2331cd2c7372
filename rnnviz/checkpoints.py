"""The gallery. A checkpoint is the folder of a run: config.json, vocab.json, model.safetensors, events.jsonl.

A folder may be cut short, edited by hand or foreign: `load` says in one sentence what is wrong with it, and
`catalogue` lists it with that sentence beside those that are whole.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rnnviz.files import read_json
from rnnviz.models.language import LanguageModel
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.results import Results, read_results
from rnnviz.tasks import TASKS
from rnnviz.weights import read_weights

FORMAT = 1
MOST_CONFIG = 1 << 20
FILES = ("config.json", "vocab.json", "model.safetensors", "events.jsonl")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
ANY_EXAMPLE = "The quick brown fox jumps over the lazy dog."


class CheckpointError(ValueError):
    """A checkpoint that is not there, or not whole. Its message is a sentence for people."""


@dataclass(frozen=True)
class Entry:
    """One checkpoint of the gallery.

    error: what is wrong with it, None if nothing; then the rest is as good as empty. held_out and
    train_perplexity: None where the run did not get that far. fingerprint: of the files' content, to tell
    versions apart. example: a sentence for it to read; look, findings: what to look for in it.
    """

    name: str
    path: Path
    error: str | None
    title: str
    cell: str = ""
    hidden: int = 0
    layers: int = 0
    parameters: int = 0
    held_out: float | None = None
    train_perplexity: float | None = None
    fingerprint: str = ""
    example: str = ""
    look: str = ""
    findings: tuple[str, ...] = ()


def folders() -> list[Path]:
    """Where checkpoints are: those that ship, then the folders in $RNNVIZ_CHECKPOINTS."""
    package = Path(__file__).resolve().parent
    shipped = package / "_checkpoints"  # in an installed wheel
    more = os.environ.get("RNNVIZ_CHECKPOINTS", "").split(os.pathsep)
    return [
        shipped if shipped.is_dir() else package.parent / "checkpoints",
        *(Path(name) for name in more if name),
    ]


def load(name_or_path: str | Path, device: str | torch.device = "cpu") -> LanguageModel:
    """A trained model, ready to read: by its name in the gallery, or the path of its folder.

    Raises CheckpointError with a sentence where there is none, or it is damaged.
    """
    folder = _folder(name_or_path)
    try:
        model, results = _read(folder)
    except ValueError as error:
        raise CheckpointError(f"The checkpoint {folder.name!r} cannot be loaded. {error}") from None
    model.name, model.ranges = folder.name, dict(results.ranges)
    return model.to(device).eval()


def catalogue() -> list[Entry]:
    """All checkpoints by name, the broken ones with what is wrong. Never raises; quick to ask again."""
    entries: dict[str, Entry] = {}
    for path in _candidates():
        if path.name in entries:
            reason = f"Another checkpoint of this name comes first, in {entries[path.name].path.parent}."
            entries[f"{path.name} (in {path.parent})"] = Entry(path.name, path, reason, path.name)
        else:
            entries[path.name] = _entry(path)
    return [entries[key] for key in sorted(entries)]


def _candidates() -> list[Path]:
    """Every folder that may be a checkpoint; hidden ones and Python's own are not."""
    found: list[Path] = []
    for folder in folders():
        try:
            paths = sorted(folder.iterdir())
        except OSError:
            continue
        found += [path for path in paths if path.is_dir() and not path.name.startswith((".", "__"))]
    return found


def _folder(name_or_path: str | Path) -> Path:
    """The folder of a checkpoint. Raises CheckpointError that says which there are."""
    candidates = _candidates()
    for path in candidates:
        if path.name == name_or_path:
            return path
    try:
        if str(name_or_path) and Path(name_or_path).is_dir():
            return Path(name_or_path).resolve()
    except (OSError, ValueError):  # a name with a NUL, or one that is far too long
        pass
    names = ", ".join(dict.fromkeys(path.name for path in candidates)) or "none"
    raise CheckpointError(f"There is no checkpoint {str(name_or_path)!r:.80}. There are: {names}.")


_known: dict[Path, tuple[Any, Entry]] = {}


def _entry(path: Path) -> Entry:
    """The entry of a folder, read again only if one of its files has another size or time."""
    state = tuple(_state(path / name) for name in FILES)
    known = _known.get(path)
    if known is None or known[0] != state:
        known = _known[path] = (state, _fresh_entry(path))
    return known[1]


def _state(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _fresh_entry(path: Path) -> Entry:
    try:
        if not NAME.match(path.name):
            raise ValueError("Its name should be of letters, digits, '.', '_' and '-', 64 at most.")
        model, results = _read(path)
        described = _task(read_json(path / "config.json", MOST_CONFIG))
        fingerprint = _fingerprint(path)
    except (ValueError, OSError) as error:
        return Entry(path.name, path, str(error), path.name)
    title, example, look = described
    units = f"{model.layers} × {model.hidden}" if model.layers > 1 else f"{model.hidden}"
    return Entry(
        name=path.name,
        path=path,
        error=None,
        title=f"{title} · {model.cell.replace('_', ' ').upper()}, {units} units",
        cell=model.cell,
        hidden=model.hidden,
        layers=model.layers,
        parameters=model.parameter_count,
        held_out=results.held_out,
        train_perplexity=results.perplexity,
        fingerprint=fingerprint,
        example=example,
        look=look,
        findings=results.findings,
    )


def _read(folder: Path) -> tuple[LanguageModel, Results]:
    """The model of a folder and what its run reached. Raises ValueError, naming the file."""
    config = read_json(folder / "config.json", MOST_CONFIG)
    vocabulary = Vocabulary.load(folder / "vocab.json")
    try:
        with torch.device("meta"):  # the shapes only: nothing is drawn, no memory is taken
            model = LanguageModel(vocabulary, **_model_settings(config))
    except ValueError as error:
        raise ValueError(f"config.json: {error}") from None
    wanted = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    model.load_state_dict(read_weights(folder / "model.safetensors", wanted), assign=True)
    return model, read_results(folder / "events.jsonl")


def _model_settings(config: dict[str, Any]) -> dict[str, Any]:
    """What LanguageModel is built from. Raises ValueError for a config.json of another kind."""
    if config.get("format") != FORMAT:
        raise ValueError(f"the format should be {FORMAT}, not {config.get('format')!r:.40}.")
    model = config.get("model")
    if not isinstance(model, dict) or model.get("type") != "language":
        raise ValueError('"model" should describe a model of the type "language".')
    if model.get("bidirectional", False) is not False:
        raise ValueError("a language model reads in one direction, so bidirectional should be false.")
    missing = [key for key in ("cell", "input", "hidden", "layers") if key not in model]
    if missing:
        raise ValueError(f'"model" does not say {missing[0]!r}.')
    settings = {key: model[key] for key in ("cell", "input", "hidden", "layers")}
    return settings | ({"embedding": model.get("embedding")} if model["input"] == "embedding" else {})


def _task(config: dict[str, Any]) -> tuple[str, str, str]:
    """Title, example and look of the task that a model learned; a task need not be one of ours."""
    task = config.get("task")
    name = task.get("name") if isinstance(task, dict) else None
    known = TASKS.get(name) if isinstance(name, str) else None
    return (known.title, known.example, known.look) if known else (str(name or "A text"), ANY_EXAMPLE, "")


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]
