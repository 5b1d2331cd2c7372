"""Keeps workers for a runs folder: always a warm one that waits, so that a run starts at once.

Runs in a thread of the server. The workers are processes of their own, which outlive it: a server that is
started again finds the runs that are still at work, queues again those whose worker has died, and those
that wait still do.
"""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from rnnviz.training.queue import submit
from rnnviz.training.run import empty_trash
from rnnviz.training.status import LATE, STATUS, status_of

SOON, LONGEST = 1.0, 60.0  # seconds before another worker is started after one that could not work
ROOT = Path(__file__).resolve().parents[2]


class Keeper:
    """Workers for a runs folder, from `start` until `stop`, or until the process ends."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs.resolve()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._again = threading.Timer(LATE, revive, [self.runs])
        self._again.daemon = True
        self._waiting: subprocess.Popen[str] | None = None
        self._ended = threading.Event()
        self.ready = threading.Event()
        """Set while there is a worker that has loaded everything and waits."""

    def start(self) -> None:
        """Raises OSError where the folder cannot be made."""
        self.runs.mkdir(parents=True, exist_ok=True)
        empty_trash(self.runs)
        revive(self.runs)
        self._again.start()  # by then those are known to be dead that were another machine's
        self._thread.start()

    def stop(self) -> None:
        """Lets the one that waits go; those at work go on."""
        self._ended.set()
        self._again.cancel()
        if self._waiting:
            _let_go(self._waiting)

    def _keep(self) -> None:
        pause = SOON
        while not self._ended.is_set():
            if self._found_work():
                pause = SOON
            else:
                self._ended.wait(pause)
                pause = min(2 * pause, LONGEST)

    def _found_work(self) -> bool:
        """Starts a worker; tells, when it ends or begins to work, which of both it is."""
        try:
            worker = self._waiting = start_worker(self.runs)
        except OSError:  # no memory, or no more processes
            return False
        if self._ended.is_set():
            _let_go(worker)
        if _says(worker):
            self.ready.set()
        works = _says(worker)
        self.ready.clear()
        if works:
            threading.Thread(target=_see_off, args=[worker], daemon=True).start()
            return True
        _see_off(worker)
        return False


def start_worker(runs: Path) -> "subprocess.Popen[str]":
    """A worker in a session of its own, which no signal to the server reaches."""
    variables = dict(os.environ)
    if data := variables.get("RNNVIZ_DATA"):  # it is not started where the server was
        variables["RNNVIZ_DATA"] = str(Path(data).absolute())
    return subprocess.Popen(  # noqa: S603 (our own interpreter and our own words)
        [sys.executable, "-m", "rnnviz", "worker", str(runs)],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def revive(runs: Path) -> None:
    """Queues the runs again that were at work when their machine or their worker went down."""
    for status in sorted(runs.glob(f"[!.]*/{STATUS}")):
        with suppress(ValueError, OSError):
            if status_of(status.parent).state == "dead":
                submit(status.parent)


def _says(worker: "subprocess.Popen[str]") -> bool:
    """Whether a worker says anything more, after it has, or has ended."""
    return bool(worker.stdout and worker.stdout.readline())


def _see_off(worker: "subprocess.Popen[str]") -> None:
    """Waits for the end of a worker that is waited for by nobody else, so that it leaves no zombie."""
    with worker:
        pass


def _let_go(worker: "subprocess.Popen[str]") -> None:
    with suppress(OSError):
        if worker.stdin:
            worker.stdin.close()
