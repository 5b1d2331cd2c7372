"""The list of all checkpoints, quick to ask for again while some of them are being trained."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rnnviz.checkpoints.finding import WEIGHTS, named
from rnnviz.checkpoints.loading import CONFIG, EVENTS, VOCABULARY, Loaded, read_folder, results_of
from rnnviz.models import WRITERS
from rnnviz.models.base import Model
from rnnviz.results import Results
from rnnviz.settings import TRANSFORMER
from rnnviz.tasks import task_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
ANY_EXAMPLE = "The quick brown fox jumps over the lazy dog."
LONGEST, LONGEST_TOLD = 60, 64  # characters of the name of a task that is not ours, and of a digest
FILES = (CONFIG, VOCABULARY, WEIGHTS)


@dataclass(frozen=True)
class Entry:
    """One checkpoint of the gallery.

    error: what is wrong with it, None if nothing; then the rest is as good as empty. type: a name
    in `rnnviz.models.MODELS`; kind: what it reads, "text", "series" or "image". metric: "perplexity",
    "accuracy" (0..1) or "error"; held_out, trained: its values on what was never learned from, and on what
    was, None where the run did not get that far. fingerprint: of all that a model is loaded from, to tell
    versions apart. example: a sentence for it to read, "" if it reads no text; look, findings: what to look
    for in it. attends: whether it has weights of attention. task, data: the name of what it learned, and the
    digest of its data, "" where the run did not say; two that agree in both can be asked the same.
    """

    name: str
    path: Path
    error: str | None
    title: str
    type: str = ""
    kind: str = ""
    metric: str = ""
    cell: str = ""
    hidden: int = 0
    layers: int = 0
    directions: int = 1
    parameters: int = 0
    held_out: float | None = None
    trained: float | None = None
    fingerprint: str = ""
    example: str = ""
    look: str = ""
    findings: tuple[str, ...] = ()
    attends: bool = False
    task: str = ""
    data: str = ""

    @property
    def writes(self) -> bool:
        """Whether it reads one sequence and writes another."""
        return self.type in WRITERS


def catalogue() -> list[Entry]:
    """All checkpoints by name, the broken ones with what is wrong. Never raises; quick to ask again."""
    found = named()
    return [replace(_entry(found[name]), name=name) for name in sorted(found)]


@dataclass
class _Known:
    """What was read of a folder: the state of its files at that time, the model's entry without its results,
    the state of the log, and the entry.
    """

    files: list[Any]
    bare: Entry
    log: Any
    entry: Entry


_known: dict[Path, _Known] = {}


def _entry(path: Path) -> Entry:
    """The entry of a folder. The model is read again only if one of its files has another size or time, and
    so is the log, which grows all the time while a run goes on.
    """
    *files, log = (_state(path / name) for name in (*FILES, EVENTS))
    known = _known.get(path)
    if known is None or known.files != files:
        bare = _bare_entry(path)
    elif known.log != log:
        bare = known.bare
    else:
        return known.entry
    entry = bare if bare.error else _with_results(bare, results_of(path, bare.metric))
    _known[path] = _Known(files, bare, log, entry)
    return entry


def _state(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _bare_entry(path: Path) -> Entry:
    """What a folder says of its model; of its results nothing yet."""
    try:
        if not NAME.match(path.name):
            raise ValueError("Its name should be of letters, digits, '.', '_' and '-', 64 at most.")
        loaded = read_folder(path)
        fingerprint = _fingerprint(path)
    except (ValueError, OSError) as error:
        return Entry(path.name, path, str(error), path.name)
    model = loaded.model
    title, example, look = _of_task(loaded)
    return Entry(
        name=path.name,
        path=path,
        error=None,
        title=f"{title} · {_size(model)}",
        type=model.config["type"],
        kind=_kind(loaded),
        metric=loaded.metric,
        cell=model.cell,
        hidden=model.hidden,
        layers=model.layers,
        directions=model.directions,
        parameters=model.parameter_count,
        fingerprint=fingerprint,
        example=example,
        look=look,
        attends=attends(model.config),
        task=_told(loaded.task, "name"),
        data=_told(loaded.task, "sha256"),
    )


def _with_results(bare: Entry, results: Results) -> Entry:
    # The ranges belong to a loaded model: when a run ends, and they are known, it is another one.
    ranges = repr(sorted(results.ranges.items())) if results.ranges else ""
    fingerprint = hashlib.sha256((bare.fingerprint + ranges).encode()).hexdigest()[:16]
    return replace(
        bare,
        held_out=results.held_out,
        trained=results.trained,
        fingerprint=fingerprint,
        findings=results.findings,
    )


def attends(config: Mapping[str, Any]) -> bool:
    """Whether a model looks at what it has read by attention, by the "model" part of its config.json."""
    looks = config.get("attention", "none") != "none" or str(config.get("readout", "")).startswith(
        "attention"
    )
    return looks or config.get("cell") == TRANSFORMER


def _told(task: dict[str, Any], name: str) -> str:
    """What config.json says of a task, "" where it says nothing that is a short text."""
    told = task.get(name)
    return told if isinstance(told, str) and len(told) <= LONGEST_TOLD else ""


def _size(model: Model) -> str:
    """The cell and its size: `GRU, 2 × 32 units`."""
    transforms = model.cell == TRANSFORMER
    cell = model.cell.title() if transforms else model.cell.replace("_", " ").upper()
    units = f"{model.layers} × {model.hidden}" if model.layers > 1 else f"{model.hidden}"
    both = ", both directions" if model.directions == 2 else ""
    looks = ", attention" if not transforms and attends(model.config) else ""
    return f"{cell}, {units} units{both}{looks}"


def _kind(loaded: Loaded) -> str:
    """What a model reads: numbers are a series, where the task does not call them an image."""
    if loaded.model.vocabulary is not None:
        return "text"
    return "image" if loaded.task.get("kind") == "image" else "series"


def _of_task(loaded: Loaded) -> tuple[str, str, str]:
    """Title, example and look of the task that a model learned; a task need not be one of ours."""
    reads_text = loaded.model.vocabulary is not None
    try:
        task = task_of(loaded.task)
    except (ValueError, TypeError):  # another task, or options that it does not have
        name = loaded.task.get("name") or ("A text" if reads_text else "Numbers")
        return str(name)[:LONGEST], ANY_EXAMPLE if reads_text else "", ""
    return task.title, (task.example or ANY_EXAMPLE) if reads_text else "", task.look


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
