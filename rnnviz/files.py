"""Files that are either whole or not there, and JSON that may have been edited by hand."""

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

TEMPORARY = ".tmp"
MODE = 0o644  # a temporary file is private; what replaces a shared one should be readable as that was


def replace_whole(path: Path, data: bytes, durable: bool = True) -> None:
    """Writes data to path so that a reader, a crash or a full disk never meets half of it.

    A temporary file beside it, fsync, rename, and fsync of the folder. On an error the old file stays.
    durable: False leaves out both fsyncs, for what is written again in a moment anyway.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary = Path(name)
        temporary.chmod(MODE)
        temporary.replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def is_temporary(name: str) -> bool:
    """Whether a file is what a killed `replace_whole` left behind."""
    return name.startswith(".") and name.endswith(TEMPORARY)


def read_capped(path: Path, cap: int) -> bytes:
    """The bytes of a regular file of at most cap bytes. Raises ValueError for anything else."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path.name} is not a regular file.")
        if status.st_size > cap:
            raise ValueError(f"{path.name} has {status.st_size:,} bytes; the most that is read is {cap:,}.")
        return path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{path.name} is missing.") from None
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}.") from None


def read_json(path: Path, cap: int) -> dict[str, Any]:
    """The object in a JSON file. Raises ValueError with a sentence where there is none."""
    data = read_capped(path, cap)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is not valid JSON: {_reason(error)}.") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} should hold a JSON object, not {type(value).__name__}.")
    return value


def json_bytes(value: Any) -> bytes:
    """A value as JSON for people and machines: indented, ASCII (so that any code point survives), no NaN."""
    return (json.dumps(value, indent=1, allow_nan=False) + "\n").encode()


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno} column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not text"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself last; not every system lets a folder be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
