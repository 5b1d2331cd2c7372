"""kill -9 at any moment: what is resumed is, to the bit, what was never killed."""

import random
import sys
from pathlib import Path

import pytest

from rnnviz.training.control import STOP, ask
from rnnviz.training.state import read_state
from rnnviz.training.status import is_locked, last_said, status_of
from tests.training.processes import drain, drain_killed_at, drain_with_small_files, ended, started
from tests.training.short import KINDS, made, told, weights

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]
LONGER = {"steps": 40, "evaluate_every": 15, "log_every": 7, "save_every": 9}
CHOSEN = (
    "two layers of lstm", "sgd", "numbers, the state carried", "classes of both directions", "dates",
)  # fmt: skip


def begun(folder: Path, name: str) -> Path:
    """A run of a kind that is a bit longer, which nobody works on yet."""
    task, own = KINDS[name]
    made(folder, task, **{**own, **LONGER})
    return folder


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The runs that were never killed."""
    runs = tmp_path_factory.mktemp("runs")
    found = {name: begun(runs / f"run{k}", name) for k, name in enumerate(CHOSEN)}
    processes = [started(drain, folder) for folder in found.values()]
    assert [ended(process) for process in processes] == [0] * len(processes)
    return found


def assert_same(run: Path, whole: Path) -> None:
    assert status_of(run).state == "finished"
    assert told(run) == told(whole)
    assert weights(run) == weights(whole)
    assert {path.name for path in run.iterdir()} == {path.name for path in whole.iterdir()}


@pytest.mark.parametrize("name", CHOSEN)
def test_killed_at_random_moments(name: str, wholes: dict[str, Path], tmp_path: Path) -> None:
    run, chooser = begun(tmp_path / "run", name), random.Random(name)
    whole = (wholes[name] / "events.jsonl").stat().st_size
    for far in sorted(chooser.random() * 0.9 * whole for _ in range(3)):
        process = started(drain, run)
        while not (run / "events.jsonl").exists() or (run / "events.jsonl").stat().st_size < far:
            assert process.exitcode is None
        process.join(chooser.random() * 0.02)
        process.kill()
        assert ended(process) == -9
        assert not is_locked(run)
        assert status_of(run).state == "dead"
    assert ended(started(drain, run)) == 0
    assert_same(run, wholes[name])


@pytest.mark.parametrize("before", [True, False], ids=["before the rename", "after the rename"])
@pytest.mark.parametrize("turn", [2, 5, 11, 22])
def test_killed_while_it_saves(turn: int, before: bool, wholes: dict[str, Path], tmp_path: Path) -> None:
    name = CHOSEN[turn % 2]
    run = begun(tmp_path / "run", name)
    assert ended(started(drain_killed_at, run, turn, before)) == -9
    assert bool(list(run.rglob("*.tmp"))) == before
    if (run / "state.safetensors").exists():
        read_state(run / "state.safetensors")
    assert ended(started(drain, run)) == 0
    assert_same(run, wholes[name])


def test_killed_again_and_again_at_its_first_words(wholes: dict[str, Path], tmp_path: Path) -> None:
    run = begun(tmp_path / "run", "sgd")
    for turn in (3, 1, 4, 2):
        assert ended(started(drain_killed_at, run, turn, turn % 2 == 0)) == -9
    assert ended(started(drain, run)) == 0
    assert_same(run, wholes["sgd"])


def test_a_dead_worker_is_seen_at_once_and_harms_nobody_else(wholes: dict[str, Path], tmp_path: Path) -> None:
    runs = [made(tmp_path / name, steps=100_000).folder for name in "ab"]
    processes = [started(drain, folder) for folder in runs]
    try:
        for folder in runs:
            while last_said(folder).step == 0:
                assert status_of(folder).state in ("stopped", "running")
        processes[0].kill()
        processes[0].join()
        assert status_of(runs[0]).state == "dead"
        assert f"process {processes[0].pid} on" in status_of(runs[0]).reason
        assert status_of(runs[1]).state == "running"
        ask(runs[1], STOP)
        assert ended(processes[1]) == 0
        assert status_of(runs[1]).state == "stopped"
    finally:
        for process in processes:
            try:
                process.kill()
            except ValueError:  # it is closed
                continue


def test_files_that_may_not_grow_halt_the_run_and_what_was_saved_is_whole(
    wholes: dict[str, Path], tmp_path: Path
) -> None:
    run, whole = begun(tmp_path / "run", "sgd"), wholes["sgd"]
    most = (whole / "events.jsonl").stat().st_size * 2 // 3
    assert (whole / "state.safetensors").stat().st_size < most
    assert ended(started(drain_with_small_files, run, most)) == 1
    status = status_of(run)
    assert status.state == "halted"
    assert status.reason == "The run could not be written: File too large. What was saved before is whole."
    assert read_state(run / "state.safetensors").progress.step > 0
    assert ended(started(drain, run)) == 0
    assert_same(run, whole)
