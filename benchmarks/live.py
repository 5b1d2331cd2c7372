"""How quickly runs start and answer: `python -m benchmarks.live`.

Real workers, kept as the server keeps them, in a folder of their own. Measure on a quiet machine.
"""

import argparse
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rnnviz.settings import Settings
from rnnviz.tasks import TASKS
from rnnviz.training.keeper import Keeper
from rnnviz.training.queue import pause, stop, submit
from rnnviz.training.run import create
from rnnviz.training.status import last_said, status_of

LOOK = 0.002  # seconds between two looks at a run
LONGEST = 900.0


def main() -> None:
    """Measures, and prints a line for each thing measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7, help="how often each answer is measured")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(Path(folder) / "runs")
        keeper.start()
        try:
            rows = answers(keeper, arguments.times)
        finally:
            keeper.stop()
            for run in keeper.runs.glob("[!.]*"):
                stop(run)
    width = max(len(what) for what, _ in rows)
    print("\n".join(f"{what.ljust(width)}  {found}" for what, found in rows))


def answers(keeper: Keeper, times: int) -> list[tuple[str, str]]:
    """Seconds from asking to the answer."""
    found: dict[str, list[float]] = {}
    for number in range(times):
        for what, seconds in _answers(keeper, number):
            found.setdefault(what, []).append(seconds)
    return [
        (what, f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s of {len(seconds)}")
        for what, seconds in found.items()
    ]


def _answers(keeper: Keeper, number: int) -> Iterator[tuple[str, float]]:
    run = _run(keeper.runs / f"brackets{number}", "brackets", steps=100_000)
    _until(keeper.ready.is_set)
    yield "start, a worker being warm", _seconds(lambda: submit(run), _is_in(run, "running"))
    _until(lambda: last_said(run).step > 0)
    yield "pause", _seconds(lambda: pause(run), _is_in(run, "paused"))
    step = last_said(run).step
    submit(run)
    _until(lambda: last_said(run).step > step)
    yield "a killed worker is seen", _seconds(lambda: _kill(run), _is_in(run, "dead"))
    _until(keeper.ready.is_set)
    submit(run)
    _until(_is_in(run, "running"))
    yield "stop, while it loads", _seconds(lambda: stop(run), _is_in(run, "stopped"))

    looking = _run(keeper.runs / f"look{number}", "mnist", steps=100_000, evaluate_every=1)
    if looking is not None:
        submit(looking)
        _until(lambda: last_said(looking).step > 0)
        time.sleep(0.2 * number)  # it evaluates nearly all the time
        yield "stop, in mnist's evaluation", _seconds(lambda: stop(looking), _is_in(looking, "stopped"))


def _run(folder: Path, name: str, **settings: Any) -> Any:
    """A new run of a task with its own settings but for some; None where its data are not here."""
    task = TASKS[name]()
    try:
        task.present()
    except ValueError:
        return None
    short = {"steps": 400, "evaluate_every": 100}
    return create(folder, task, Settings(**{**task.defaults, **short, **settings})).folder


def _seconds(ask: Callable[[], object], condition: Callable[[], bool]) -> float:
    begun = time.monotonic()
    ask()
    _until(condition)
    return time.monotonic() - begun


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came of it in {LONGEST:g} seconds")
        time.sleep(LOOK)


def _is_in(folder: Path, state: str) -> Callable[[], bool]:
    return lambda: status_of(folder).state == state


def _kill(folder: Path) -> None:
    os.kill(status_of(folder).pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
