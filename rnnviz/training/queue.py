"""What can be asked of a run, and which of those that wait is next.

How many may be at work at once on a machine, over all the workers of a runs folder, is counted by slots: lock
files, one for each core, that a worker holds one of.
"""

import math
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout

from rnnviz.training import tickets
from rnnviz.training.control import CHANGE, PAUSE, RESUME, STOP, ask
from rnnviz.training.run import CONFIG, Run
from rnnviz.training.status import last_said, lock_of, say
from rnnviz.training.tickets import waiting as waiting

SLOTS = ".slots"
QUOTA = Path("/sys/fs/cgroup/cpu.max")  # what a container may use
PATIENCE = 0.3  # seconds for which a worker may hold the lock of a run that it does not work on


def cores() -> int:
    """How many runs may be at work at once: one for each core that this process may use."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, math.floor(min(len(usable), _quota())))


def submit(folder: Path, **changes: Any) -> None:
    """Puts a run at the end of the queue, to start or to go on; with other settings where named.

    What was asked before, to pause or to stop, is done with; one that is just being paused goes on after it.
    Raises ValueError for settings out of range, or that cannot be changed.
    """
    change(folder, **changes)
    ask(folder, RESUME)
    tickets.put(folder)


def pause(folder: Path) -> None:
    """Asks a run to pause; one that waits is paused at once."""
    _end(folder, PAUSE, "paused")


def stop(folder: Path) -> None:
    """Asks a run to stop; one that waits is stopped at once."""
    _end(folder, STOP, "stopped")


def change(folder: Path, **settings: Any) -> None:
    """Asks a run for other settings from its next step on, whenever it goes on.

    Raises ValueError for settings out of range, or that cannot be changed.
    """
    if not settings:
        return
    Run(folder).settings.changed(**settings)
    taken = last_said(folder).step
    if settings.get("steps", taken) < taken:
        raise ValueError(f"{taken:,} steps were already taken.")
    ask(folder, CHANGE, **settings)


def take(runs: Path) -> tuple[Path, BaseFileLock] | None:
    """The next run that waits, for whoever calls to work on, and its lock, held; None if there is none.

    It says that it is at work before its ticket is torn: whenever its worker is killed, it still waits, or is
    seen to be dead.
    """
    for name in waiting(runs):
        folder = runs / name
        if not (folder / CONFIG).is_file():  # it was deleted
            tickets.tear(folder)
            continue
        lock = lock_of(folder)
        try:
            lock.acquire()
        except (Timeout, OSError):  # still at work: what waits is to go on after that
            continue
        before = last_said(folder)
        say(folder, replace(before, state="running", reason=""), durable=False)
        if tickets.tear(folder):
            return folder, lock
        say(folder, before)  # somebody wants it no longer
        lock.release()
    return None


@contextmanager
def slot(runs: Path) -> Iterator[bool]:
    """Holds one of the slots within, if there is a free one; tells whether."""
    slots = runs / SLOTS
    slots.mkdir(parents=True, exist_ok=True)
    for number in range(cores()):
        lock = FileLock(slots / f"{socket.gethostname()}-{number}.lock", timeout=0, thread_local=False)
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
    if tickets.tear(folder):
        try:
            with lock_of(folder).acquire(timeout=PATIENCE):
                say(folder, replace(last_said(folder), state=state, reason=""))
                return
        except Timeout:  # it is at work, and was to go on after that
            pass
    ask(folder, asked)


def _quota() -> float:
    try:
        most, period = QUOTA.read_text().split()
        return int(most) / int(period)
    except (OSError, ValueError):  # there is none
        return math.inf
