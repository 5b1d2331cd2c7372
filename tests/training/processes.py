"""Processes of their own that work on a run, to be killed."""

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

from rnnviz import files
from rnnviz.training.work import work
from rnnviz.training.worker import warm
from tests.training.short import shorten

FORKS = multiprocessing.get_context("forkserver")  # which has loaded what they need, once for them all
FORKS.set_forkserver_preload([__name__])
warm()


def drain(folder: Path, short: bool = True) -> None:
    """Works on a run to its end, and says as little of it as the other tests do, or as much as a worker."""
    if short:
        shorten(setattr)
    for _ in work(folder):
        pass


def drain_killed_at(folder: Path, turn: int, before: bool) -> None:
    """The same, but it is killed when it replaces a file for the nth time: before or after the rename."""
    rename, turns = Path.replace, iter(range(turn))

    def replace(self: Path, target: Path) -> Path:
        last = next(turns) == turn - 1
        if last and before:
            os.kill(os.getpid(), signal.SIGKILL)
        done = rename(self, target)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    files.Path.replace = replace  # type: ignore[method-assign]
    drain(folder)


def drain_with_small_files(folder: Path, most: int) -> None:
    """The same where no file can get larger than so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    drain(folder)


def started(work: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    """A process that does some work."""
    process = FORKS.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process


def ended(process: multiprocessing.process.BaseProcess) -> int | None:
    """How a process ended, after it has."""
    process.join(120)
    code = process.exitcode
    process.close()
    return code


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Waits for something; a test fails that waits too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"nothing came of it in {seconds:g} seconds"
        time.sleep(0.01)
