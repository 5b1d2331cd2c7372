"""Workers as they are: processes that wait, work on one run each, and end."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rnnviz.tasks.brackets import Brackets
from rnnviz.training.keeper import Keeper, revive, start_worker
from rnnviz.training.queue import cores, pause, stop, submit, waiting
from rnnviz.training.status import is_locked, last_said, status_of
from tests.training.processes import drain, ended, started, until
from tests.training.short import made, told, weights

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="no signals")]
SHORT = {"steps": 100, "log_every": 20, "evaluate_every": 50, "save_every": 30}
ENDLESS = {"steps": 1_000_000, "log_every": 50, "evaluate_every": 1_000_000, "save_every": 20}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A runs folder for which workers are kept."""
    keeper = Keeper(tmp_path_factory.mktemp("runs"))
    keeper.start()
    yield keeper.runs
    keeper.stop()
    for folder in keeper.runs.glob("[!.]*"):
        stop(folder)


def is_in(folder: Path, *states: str) -> Callable[[], bool]:
    return lambda: status_of(folder).state in states


def ticking(folder: Path) -> None:
    """Waits for a run to take steps."""
    until(lambda: status_of(folder).state == "running" and last_said(folder).step > 0)


def test_all_finish_none_beside_more_than_there_are_cores_and_each_as_alone(
    kept: Path, tmp_path: Path
) -> None:
    folders = [made(kept / f"run{seed}", seed=seed, **SHORT).folder for seed in range(3)]
    for folder in folders:
        submit(folder)
    at_once = []

    def all_finished() -> bool:
        states = [status_of(folder).state for folder in folders]
        at_once.append(states.count("running"))
        return states == ["finished"] * 3

    until(all_finished)
    assert 1 <= max(at_once) <= cores()
    assert waiting(kept) == []
    alone = made(tmp_path / "run2", seed=2, **SHORT).folder
    assert ended(started(drain, alone, False)) == 0
    assert [line for line in told(folders[2]) if line["kind"] != "finished"] == [
        line for line in told(alone) if line["kind"] != "finished"
    ]
    assert weights(folders[2]) == weights(alone)


def test_a_worker_is_polite_and_answers_and_when_it_is_killed_another_goes_on(kept: Path) -> None:
    folder = made(kept / "endless", **ENDLESS).folder
    submit(folder)
    ticking(folder)
    worker = status_of(folder).pid
    assert os.getpriority(os.PRIO_PROCESS, worker) == 10
    assert os.getsid(worker) != os.getsid(0)  # the terminal's Ctrl-C is not for it

    pause(folder)
    until(is_in(folder, "paused"))
    step = status_of(folder).step
    submit(folder, lr=0.001)
    until(lambda: is_in(folder, "running")() and last_said(folder).step > step)
    assert [line["kind"] for line in told(folder)].count("changed") == 1

    os.kill(status_of(folder).pid, signal.SIGKILL)
    until(is_in(folder, "dead"), seconds=2)
    step = last_said(folder).step
    submit(folder)
    until(lambda: is_in(folder, "running")() and last_said(folder).step > step)

    step = last_said(folder).step
    pause(folder)  # and at once
    submit(folder)
    until(lambda: is_in(folder, "running")() and last_said(folder).step > step)
    stop(folder)
    until(is_in(folder, "stopped"))


def test_after_a_restart_what_died_and_what_waited_goes_on(tmp_path: Path) -> None:
    died, waited, rested = (made(tmp_path / name, **ENDLESS).folder for name in ("a", "b", "c"))
    process = started(drain, died)
    ticking(died)
    process.kill()
    ended(process)
    submit(waited)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "status.json").write_text("{")
    assert (is_in(died, "dead")(), is_in(waited, "queued")(), is_in(rested, "stopped")()) == (True,) * 3
    revive(tmp_path)
    assert waiting(tmp_path) == ["b", "a"]
    assert is_in(rested, "stopped")()
    keeper = Keeper(tmp_path)
    keeper.start()
    ticking(waited)
    keeper.stop()
    step = last_said(waited).step
    until(lambda: last_said(waited).step > step)  # it works on, whoever started it
    stop(waited)
    stop(died)
    until(lambda: not any(status_of(folder).at_work for folder in (died, waited)))


def test_a_run_that_is_still_loaded_rests_at_once_and_begins_another_time(kept: Path) -> None:
    folder = made(kept / "long", Brackets(characters=4_000_000), **ENDLESS).folder
    for ask, state in ((pause, "paused"), (stop, "stopped")):
        submit(folder)
        until(is_in(folder, "running"))
        ask(folder)
        until(is_in(folder, state))
        until(lambda: not is_locked(folder))
        assert not (folder / "state.safetensors").exists()  # it had not begun


def test_on_one_core_one_is_at_work_the_others_wait_and_end_with_who_started_them(tmp_path: Path) -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("the system does not tell which cores a process may use")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        workers = [start_worker(tmp_path) for _ in range(3)]
    finally:
        os.sched_setaffinity(0, allowed)
    folders = [made(tmp_path / name, **ENDLESS).folder for name in "ab"]
    for folder in folders:
        submit(folder)
    first, second = folders
    ticking(first)
    for _ in range(4):
        step = last_said(first).step
        until(lambda step=step: last_said(first).step > step)  # type: ignore[misc]
        assert status_of(second).state == "queued"
    stop(first)
    ticking(second)
    assert status_of(first).state == "stopped"
    for worker in workers:
        assert worker.stdin
        worker.stdin.close()
    step = last_said(second).step
    until(lambda: last_said(second).step > step)  # who is at work works on
    stop(second)
    for worker in workers:
        with worker:
            pass
    assert [worker.returncode for worker in workers] == [0, 0, 0]
