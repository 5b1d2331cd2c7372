"""Who is next: a ticket in runs/.queue for each run that waits, first come, first served.

A ticket is taken by deleting it, which only one worker can. How many may be at work at once, over all the
workers of a runs folder, is counted by slots: lock files, one for each core, that a worker holds one of.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rnnviz.training.control import CHANGE, PAUSE, RESUME, STOP, ask
from rnnviz.training.status import status_of, write_status

QUEUE, SLOTS = ".queue", ".slots"


def cores() -> int:
    """How many runs may be at work at once: one for each core that this process may use."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, len(usable))


def submit(folder: Path, **changes: Any) -> None:
    """Puts a run at the end of the queue, to start or to go on; with other settings where named."""
    for asked in [CHANGE] if changes else []:
        ask(folder, asked, **changes)
    ask(folder, RESUME)
    before = status_of(folder)
    write_status(
        folder, "queued", step=before.step, steps=changes.get("steps", before.steps), seconds=before.seconds
    )
    queue = folder.parent / QUEUE
    queue.mkdir(exist_ok=True)
    (queue / f"{time.time_ns():020d} {folder.name}").touch()


def waiting(runs: Path) -> list[str]:
    """The names of the runs that wait, the next one first."""
    return [name for _, name in _tickets(runs)]


def pause(folder: Path) -> None:
    """Asks a run to pause; one that waits is paused at once."""
    _end(folder, PAUSE, "paused")


def stop(folder: Path) -> None:
    """Asks a run to stop; one that waits is stopped at once."""
    _end(folder, STOP, "stopped")


def change(folder: Path, **settings: Any) -> None:
    """Asks a run for other settings from its next step on."""
    ask(folder, CHANGE, **settings)


def take(runs: Path) -> Path | None:
    """The next run that waits, for whoever calls to work on; None if there is none."""
    for ticket, name in _tickets(runs):
        if _torn(ticket) and (runs / name).is_dir():
            return runs / name
    return None


@contextmanager
def slot(runs: Path) -> Iterator[bool]:
    """Holds one of the slots within, if there is a free one; tells whether."""
    (runs / SLOTS).mkdir(parents=True, exist_ok=True)
    for number in range(cores()):
        lock = FileLock(runs / SLOTS / f"{number}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        try:
            yield True
        finally:
            lock.release()
        return
    yield False


def _end(folder: Path, asked: str, state: str) -> None:
    for ticket, name in _tickets(folder.parent):
        if name == folder.name and _torn(ticket):
            before = status_of(folder)
            write_status(folder, state, step=before.step, steps=before.steps, seconds=before.seconds)
            return
    ask(folder, asked)


def _tickets(runs: Path) -> list[tuple[Path, str]]:
    try:
        names = sorted(entry.name for entry in os.scandir(runs / QUEUE))
    except FileNotFoundError:
        return []
    return [(runs / QUEUE / name, name.partition(" ")[2]) for name in names]


def _torn(ticket: Path) -> bool:
    """Whether it was us who took a ticket."""
    try:
        ticket.unlink()
    except FileNotFoundError:
        return False
    return True
