"""What a run is doing: what its worker says, and what a reader may believe of that.

A worker holds the run's lock for as long as it lives: the system lets go of it however the worker ends. So a
run that says it is at work, while nobody holds its lock, is dead, and everybody on the machine sees that at
once. On another machine, which cannot see the lock, it is dead when its heartbeat has stopped.
"""

import os
import shutil
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rnnviz.files import json_bytes, read_json, replace_whole

STATES = ("queued", "running", "paused", "stopped", "finished", "halted", "dead")
AT_WORK = ("queued", "running")
STATUS, LOCK = "status.json", ".lock"
BEAT, LATE = 0.5, 10.0  # seconds between two heartbeats, and after which one is missed from far away
MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class Status:
    """state: one of STATES; step, steps: how far, of how many; reason: why it is so, where there is one.

    seconds: of work; pid, host: of the worker; heartbeat: seconds since 1970 when it last said so.
    """

    state: str
    step: int = 0
    steps: int = 0
    reason: str = ""
    seconds: float = 0.0
    pid: int = 0
    host: str = ""
    heartbeat: float = 0.0

    @property
    def at_work(self) -> bool:
        return self.state in AT_WORK


def write_status(folder: Path, state: str, durable: bool = True, **values: Any) -> None:
    """Says what the run is doing, in the name of this process."""
    status = Status(state, **values, pid=os.getpid(), host=socket.gethostname(), heartbeat=time.time())
    replace_whole(folder / STATUS, json_bytes(asdict(status)), durable)


def lock_of(folder: Path) -> FileLock:
    """The lock that a worker holds while it works on a run."""
    return FileLock(folder / LOCK, timeout=0)


def status_of(folder: Path) -> Status:
    """What the run is really doing. Raises ValueError where the folder does not say it."""
    said = _said(folder)
    if said.state != "running":
        return said
    if said.host == socket.gethostname():
        alive = _held(folder)
        if not alive:
            said = _said(folder)  # it may have ended between two looks
    else:
        alive = time.time() - said.heartbeat < LATE
    if alive or said.state != "running":
        return said
    parts = asdict(said) | {"state": "dead", "reason": said.reason or _why_dead(folder, said)}
    return Status(**parts)


def _said(folder: Path) -> Status:
    parts = read_json(folder / STATUS, MOST_BYTES)
    known = {f.name: f.type for f in fields(Status)}
    try:
        status = Status(**{name: parts[name] for name in known if name in parts})
    except TypeError:
        raise ValueError(f"{STATUS} does not say a state.") from None
    numbers = (status.step, status.steps, status.seconds, status.heartbeat)
    if status.state not in STATES or not all(isinstance(number, int | float) for number in numbers):
        raise ValueError(f"{STATUS} says {str(status.state)!r:.40}, which is no state of a run.")
    return status


def _held(folder: Path) -> bool:
    """Whether somebody holds the lock of a run."""
    lock = lock_of(folder)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError:  # a folder that may not be written to: the heartbeat has to do
        return time.time() - _said(folder).heartbeat < LATE


def _why_dead(folder: Path, said: Status) -> str:
    with suppress(OSError):
        if shutil.disk_usage(folder).free < 1 << 20:
            return "The disk is full."
    return f"Its worker (process {said.pid} on {said.host}) ended without a word."
