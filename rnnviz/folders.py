"""Where trained models are looked for, and where runs are written."""

import os
from pathlib import Path


def runs_folder() -> Path:
    """The folder of all runs: $RNNVIZ_RUNS, else `runs` where the program was started; it may be missing."""
    return Path(os.environ.get("RNNVIZ_RUNS") or "runs").absolute()


def shipped_folder() -> Path:
    """The trained models that come with rnnviz."""
    package = Path(__file__).resolve().parent
    installed = package / "_checkpoints"  # in a wheel
    return installed if installed.is_dir() else package.parent / "checkpoints"


def folders() -> list[Path]:
    """Where models are: those that ship, the folders in $RNNVIZ_CHECKPOINTS, and the runs; each once."""
    named = os.environ.get("RNNVIZ_CHECKPOINTS", "").split(os.pathsep)
    found: dict[str, Path] = {}
    for path in (shipped_folder(), *(Path(name) for name in named if name), runs_folder()):
        found.setdefault(os.path.realpath(path), path)
    return list(found.values())
