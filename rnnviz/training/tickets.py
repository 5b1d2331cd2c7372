"""Who is next: a ticket in runs/.queue, named as its run, for each that waits; first come, first served."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

QUEUE = ".queue"


def put(folder: Path) -> None:
    """A ticket for a run, at the end of the queue; none if it has one."""
    ticket = _ticket(folder)
    ticket.parent.mkdir(exist_ok=True)
    try:
        ticket.touch(exist_ok=False)
    except FileExistsError:
        return
    now = time.time_ns()  # finer than the file system's own clock
    with suppress(FileNotFoundError):  # it may be taken already
        os.utime(ticket, ns=(now, now))


def has(folder: Path) -> bool:
    """Whether a run waits."""
    return _ticket(folder).is_file()


def tear(folder: Path) -> bool:
    """Takes the ticket of a run away; tells whether it was us who did."""
    try:
        _ticket(folder).unlink()
    except FileNotFoundError:
        return False
    return True


def waiting(runs: Path) -> list[str]:
    """The names of the runs that wait, the next one first."""
    return [name for _, name in sorted(_all(runs / QUEUE))]


def _all(queue: Path) -> Iterator[tuple[int, str]]:
    with suppress(FileNotFoundError):  # nobody has ever waited
        for entry in os.scandir(queue):
            with suppress(FileNotFoundError):  # it is taken just now
                yield entry.stat().st_mtime_ns, entry.name


def _ticket(folder: Path) -> Path:
    run = Path(os.path.abspath(folder))  # noqa: PTH100 (".." goes, links stay)
    return run.parent / QUEUE / run.name
