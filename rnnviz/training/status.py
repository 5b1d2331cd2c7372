"""What a run is doing: what its worker says, and what a reader may believe of that.

Only who holds the run's lock writes its status. A worker holds it for as long as it lives, and the system
lets go of it however the worker ends. So a run that says it is at work while nobody holds its lock is dead,
and everybody on the machine sees that at once; on another machine, which may not see the lock, it is dead
when its heartbeat has stopped. A run that waits has a ticket, whatever it said last.
"""

import os
import shutil
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from filelock import FileLock, Timeout

from rnnviz.files import json_bytes, read_json, replace_whole
from rnnviz.training import tickets

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


def status_of(folder: Path) -> Status:
    """What the run is really doing. Raises ValueError where the folder does not say it."""
    status = said(folder)
    if status.state == "running" and not _alive(folder, status):
        again = said(folder)
        if again != status:  # it ended, or began, between two looks
            return again
        status = replace(status, state="dead", reason=status.reason or _why_dead(folder, status))
    if status.state != "running" and tickets.has(folder):
        return replace(status, state="queued", reason="")
    return status


def said(folder: Path) -> Status:
    """What was last said of a run. Raises ValueError where that is no status."""
    parts = read_json(folder / STATUS, MOST_BYTES)
    try:
        status = Status(**{f.name: parts[f.name] for f in fields(Status) if f.name in parts})
    except TypeError:
        raise ValueError(f"{STATUS} does not say a state.") from None
    numbers = (status.step, status.steps, status.seconds, status.heartbeat)
    if status.state not in STATES or not all(isinstance(number, int | float) for number in numbers):
        raise ValueError(f"{STATUS} says {str(status.state)!r:.40}, which is no state of a run.")
    return replace(status, reason=str(status.reason))


def last_said(folder: Path) -> Status:
    """The same for who is about to say something else: where nothing can be read, a run that never began."""
    try:
        return said(folder)
    except ValueError:
        return Status("stopped")


def say(folder: Path, status: Status, durable: bool = True) -> None:
    """Says what the run is doing, in the name of this process."""
    signed = replace(status, pid=os.getpid(), host=socket.gethostname(), heartbeat=time.time())
    data = json_bytes(asdict(signed))
    try:
        replace_whole(folder / STATUS, data, durable)
    except OSError:
        _write_over(folder / STATUS, data)


def lock_of(folder: Path) -> FileLock:
    """The lock that a worker holds while it works on a run."""
    return FileLock(folder / LOCK, timeout=0, thread_local=False)


def is_locked(folder: Path) -> bool:
    """Whether somebody holds the lock of a run. Raises OSError where that cannot be found out."""
    try:
        with lock_of(folder):
            return False
    except Timeout:
        return True


def _alive(folder: Path, status: Status) -> bool:
    recent = time.time() - status.heartbeat < LATE
    if status.host != socket.gethostname():
        return recent
    try:
        return is_locked(folder)
    except OSError:  # a folder that may not be written to
        return recent


def _write_over(path: Path, data: bytes) -> None:
    """A full disk has no room for another file, but this one is there. What is left of it becomes space."""
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, data.ljust(os.fstat(handle).st_size))
    finally:
        os.close(handle)


def _why_dead(folder: Path, status: Status) -> str:
    with suppress(OSError):
        if shutil.disk_usage(folder).free < 1 << 20:
            return "The disk is full."
    return f"Its worker (process {status.pid} on {status.host}) ended without a word."
