"""Which folders are checkpoints."""

import os
from pathlib import Path

from rnnviz.folders import folders, runs_folder

WEIGHTS = "model.safetensors"
HIDDEN = (".", "__")


class CheckpointError(ValueError):
    """A checkpoint that is not there, or not whole. Its message is a sentence for people."""


def candidates() -> list[Path]:
    """Every folder that may be a checkpoint; hidden ones and Python's own are not, nor are runs that have no
    weights yet.
    """
    found: list[Path] = []
    runs = os.path.realpath(runs_folder())
    for folder in folders():
        may_be_young = os.path.realpath(folder) == runs
        try:
            with os.scandir(folder) as entries:
                names = [each.name for each in entries if each.is_dir() and not each.name.startswith(HIDDEN)]
        except OSError:
            continue
        found += [
            folder / name for name in sorted(names) if not may_be_young or (folder / name / WEIGHTS).exists()
        ]
    return found


def named() -> dict[str, Path]:
    """Every folder that may be a checkpoint, by the name that it goes by: its own; or, where an earlier one
    has that, with its parent's before it, "runs/reverse-gru", or else its whole path.
    """
    found: dict[str, Path] = {}
    for path in candidates():
        names = (path.name, f"{path.parent.name}/{path.name}", str(path))
        found[next(name for name in names if name not in found)] = path
    return found


def name_of(folder: Path) -> str:
    """The name that a folder goes by among all checkpoints; its own if it is none of them."""
    return next((name for name, path in named().items() if path == folder), folder.name)


def find(name_or_path: str | Path) -> Path:
    """The folder of a checkpoint, by its name or its path. Raises CheckpointError, saying which there are."""
    there = named()
    if (known := there.get(str(name_or_path))) and not isinstance(name_or_path, Path):
        return known
    try:
        if str(name_or_path) and Path(name_or_path).is_dir():
            return Path(name_or_path).resolve()
    except (OSError, ValueError):  # a name with a NUL, or one that is far too long
        pass
    names = ", ".join(there) or "none"
    raise CheckpointError(f"There is no checkpoint {str(name_or_path)!r:.80}. There are: {names}.")
