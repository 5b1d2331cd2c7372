"""What a reader believes of a run."""

import json
import os
import socket
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from rnnviz.training import status, tickets
from rnnviz.training.status import LATE, STATES, Status, is_locked, lock_of, say, status_of
from tests.training.short import made


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made(tmp_path / "run")
    return tmp_path / "run"


def write(folder: Path, state: str = "running", **parts: Any) -> None:
    """A status as another process would have written it."""
    told = asdict(Status(state, 3, 9, host=socket.gethostname(), heartbeat=time.time(), pid=7)) | parts
    (folder / "status.json").write_text(json.dumps(told))


def test_who_holds_the_lock_is_believed(run: Path) -> None:
    with lock_of(run):
        write(run, heartbeat=0.0)  # one that is busy may be late
        assert status_of(run).state == "running"
        assert status_of(run).at_work


def test_without_a_lock_the_worker_is_dead_at_once(run: Path) -> None:
    write(run)
    found = status_of(run)
    assert (found.state, found.step, found.steps) == ("dead", 3, 9)
    assert not found.at_work
    assert "process 7 on" in found.reason
    assert "ended without a word" in found.reason


def test_a_full_disk_is_named_as_the_reason(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(run)
    usage = os.statvfs_result((4096, 4096, 100, 0, 0, 0, 0, 0, 0, 255))
    monkeypatch.setattr("os.statvfs", lambda path: usage)
    assert status_of(run).reason == "The disk is full."


def test_another_machine_is_believed_by_its_heartbeat(run: Path) -> None:
    write(run, host="elsewhere")
    assert status_of(run).state == "running"
    write(run, host="elsewhere", heartbeat=time.time() - LATE - 1)
    assert status_of(run).state == "dead"
    assert "on elsewhere" in status_of(run).reason


def test_where_the_lock_cannot_be_looked_at_the_heartbeat_counts(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(folder: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(status, "is_locked", refused)
    write(run)
    assert status_of(run).state == "running"
    write(run, heartbeat=time.time() - LATE - 1)
    assert status_of(run).state == "dead"


def test_one_that_ends_between_two_looks_is_not_called_dead(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(run)

    def ends(folder: Path) -> bool:
        write(folder, "finished", step=9)
        return False

    monkeypatch.setattr(status, "is_locked", ends)
    assert status_of(run).state == "finished"


@pytest.mark.parametrize("state", [state for state in STATES if state != "running"])
def test_what_waits_is_queued_whatever_it_said_last(run: Path, state: str) -> None:
    write(run, state, reason="it said so")
    assert status_of(run).state == state
    tickets.put(run)
    assert (status_of(run).state, status_of(run).reason, status_of(run).step) == ("queued", "", 3)


def test_a_dead_run_that_waits_is_queued_and_one_at_work_is_at_work(run: Path) -> None:
    write(run)
    tickets.put(run)
    assert status_of(run).state == "queued"
    with lock_of(run):
        assert status_of(run).state == "running"


def test_looking_does_not_keep_a_worker_from_its_run(run: Path) -> None:
    write(run)
    for _ in range(20):
        status_of(run)
        with lock_of(run):
            assert is_locked(run)
        assert not is_locked(run)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "status.json is not valid JSON"),
        ("{", "status.json is not valid JSON"),
        ('{"state": "runn', "status.json is not valid JSON"),
        ("[]", "should hold a JSON object"),
        ("{}", "does not say a state"),
        ('{"state": "dancing"}', "says 'dancing', which is no state"),
        ('{"state": ["running"]}', "which is no state"),
        ('{"state": "paused", "step": "many"}', "which is no state"),
        ("9" * 70_000, "the most that is read"),
    ],
)
def test_a_damaged_status_is_told(run: Path, text: str, sentence: str) -> None:
    (run / "status.json").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        status_of(run)


def test_what_a_later_version_says_besides_is_passed_over(run: Path) -> None:
    write(run, "paused", mood="good")
    assert status_of(run).state == "paused"


def test_what_is_said_is_signed(run: Path) -> None:
    say(run, Status("paused", 3, 9, "lunch", 1.5))
    found = status_of(run)
    assert (found.pid, found.host) == (os.getpid(), socket.gethostname())
    assert 0 <= time.time() - found.heartbeat < 60
    assert (found.reason, found.seconds) == ("lunch", 1.5)


def test_on_a_full_disk_the_old_status_is_written_over(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(run, Status("running", 3, 9, "x" * 300))

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(status, "replace_whole", full)
    say(run, Status("halted", 3, 9, "no space"))
    assert (status_of(run).state, status_of(run).reason) == ("halted", "no space")
    say(run, Status("halted", 3, 9, "y" * 900))  # longer than what was there
    assert status_of(run).reason == "y" * 900
