"""First come, first served; nobody gets what another has taken; no more at work than there are cores."""

import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pytest

from rnnviz.training import queue, tickets
from rnnviz.training.control import CONTROL, PAUSE, Control, ask
from rnnviz.training.queue import change as change_settings
from rnnviz.training.queue import cores, pause, slot, stop, submit, take, waiting
from rnnviz.training.status import Status, is_locked, lock_of, say, status_of
from tests.training.short import made


def runs(folder: Path, *names: str) -> list[Path]:
    """New runs that wait."""
    for name in names:
        made(folder / name)
        submit(folder / name)
    return [folder / name for name in names]


def taken(folder: Path) -> str | None:
    """The name of the next run that is taken; its lock is let go of at once."""
    found = take(folder)
    if found:
        found[1].release()
    return found[0].name if found else None


def test_first_come_first_served(tmp_path: Path) -> None:
    runs(tmp_path, "b", "a", "c")
    assert waiting(tmp_path) == ["b", "a", "c"]
    assert [status_of(tmp_path / name).state for name in "abc"] == ["queued"] * 3
    assert [taken(tmp_path) for _ in range(4)] == ["b", "a", "c", None]


def test_who_asks_twice_keeps_the_first_place(tmp_path: Path) -> None:
    first, _ = runs(tmp_path, "a", "b")
    submit(first)
    assert waiting(tmp_path) == ["a", "b"]


def test_an_empty_or_missing_folder_has_no_queue(tmp_path: Path) -> None:
    assert waiting(tmp_path) == waiting(tmp_path / "nowhere") == []
    assert take(tmp_path) is take(tmp_path / "nowhere") is None


def test_what_is_taken_says_so_and_is_locked(tmp_path: Path) -> None:
    (folder,) = runs(tmp_path, "a")
    found = take(tmp_path)
    assert found is not None
    assert found[0] == folder
    assert status_of(folder).state == "running"
    assert is_locked(folder)
    found[1].release()
    assert status_of(folder).state == "dead"  # its worker has gone before it could say anything


def test_a_worker_that_dies_before_it_tears_the_ticket_leaves_the_run_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder,) = runs(tmp_path, "a")

    def killed(run: Path) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tickets, "tear", killed)
        with pytest.raises(KeyboardInterrupt):
            take(tmp_path)
    assert status_of(folder).state == "queued"
    assert taken(tmp_path) == "a"


def test_no_two_get_the_same(tmp_path: Path) -> None:
    names = [f"run{k}" for k in range(30)]
    runs(tmp_path, *names)

    def worker(_: int) -> list[str]:
        found = []
        while waiting(tmp_path):
            if one := take(tmp_path):
                found.append(one)
        return found

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(worker, range(8)))
    assert sorted(folder.name for part in parts for folder, _ in part) == sorted(names)
    for _, lock in chain(*parts):
        lock.release()
    assert not any(is_locked(tmp_path / name) for name in names)


def test_one_that_is_still_at_work_goes_on_after_that(tmp_path: Path) -> None:
    folder, _ = runs(tmp_path, "a", "b")
    with lock_of(folder):
        say(folder, Status("running"))
        assert taken(tmp_path) == "b"
        assert take(tmp_path) is None
        assert status_of(folder).state == "running"
    assert taken(tmp_path) == "a"


def test_a_ticket_of_a_run_that_is_gone_is_torn(tmp_path: Path) -> None:
    runs(tmp_path, "a", "b")
    (tmp_path / "a" / "config.json").unlink()
    assert taken(tmp_path) == "b"
    assert waiting(tmp_path) == []


def test_a_run_that_waits_is_paused_or_stopped_at_once(tmp_path: Path) -> None:
    first, second, _ = runs(tmp_path, "a", "b", "c")
    pause(first)
    stop(second)
    assert status_of(first).state == "paused"
    assert status_of(second).state == "stopped"
    assert waiting(tmp_path) == ["c"]
    submit(first)
    assert waiting(tmp_path) == ["c", "a"]


def test_one_that_is_at_work_is_asked(tmp_path: Path) -> None:
    made(tmp_path / "a")
    with lock_of(tmp_path / "a"):
        say(tmp_path / "a", Status("running"))
        pause(tmp_path / "a")
        assert status_of(tmp_path / "a").state == "running"
    assert Control(tmp_path / "a").news() == [("pause", {})]


def test_one_that_is_at_work_and_was_to_go_on_after_that_is_asked_and_waits_no_longer(tmp_path: Path) -> None:
    (folder,) = runs(tmp_path, "a")
    with lock_of(folder):
        say(folder, Status("running"))
        stop(folder)
    assert waiting(tmp_path) == []
    assert Control(folder).news() == [("stop", {})]


def test_a_pause_between_the_lock_and_the_ticket_is_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder,) = runs(tmp_path, "a")
    tear = tickets.tear

    def overtaken(run: Path) -> bool:
        assert tear(run)  # by somebody else
        return tear(run)

    with monkeypatch.context() as patch:
        patch.setattr(tickets, "tear", overtaken)
        assert take(tmp_path) is None
    assert not is_locked(folder)
    assert status_of(folder).state == "stopped"


def test_to_go_on_is_to_forget_the_pause_before(tmp_path: Path) -> None:
    made(tmp_path / "a")
    ask(tmp_path / "a", PAUSE)
    submit(tmp_path / "a", lr=0.5)
    assert Control(tmp_path / "a").news() == [("change", {"lr": 0.5})]


def test_a_run_whose_status_is_damaged_can_go_on(tmp_path: Path) -> None:
    made(tmp_path / "a")
    (tmp_path / "a" / "status.json").write_text("{")
    submit(tmp_path / "a")
    assert taken(tmp_path) == "a"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"lr": -1.0}, "lr is above 0"),
        ({"hidden": 3}, "hidden cannot be changed on the way"),
        ({"steps": 4}, "5 steps were already taken"),
    ],
)
def test_a_change_that_cannot_be_is_told_and_nothing_is_asked(
    tmp_path: Path, settings: dict[str, float], sentence: str
) -> None:
    made(tmp_path / "a")
    say(tmp_path / "a", Status("paused", 5, 6))
    for asking in (change_settings, submit):
        with pytest.raises(ValueError, match=sentence):
            asking(tmp_path / "a", **settings)
    assert not (tmp_path / "a" / CONTROL).exists()
    assert waiting(tmp_path) == []


def test_slots_are_as_many_as_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "cores", lambda: 3)
    with ExitStack() as held:
        found = [held.enter_context(slot(tmp_path)) for _ in range(5)]
        assert found == [True, True, True, False, False]
    with slot(tmp_path) as free:
        assert free


def test_cores_are_those_that_a_container_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)), raising=False)
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(queue, "QUOTA", quota)
    assert cores() == 8
    for said, wanted in {
        "max 100000": 8, "250000 100000": 2, "50000 100000": 1, "900000 100000": 8, "?": 8
    }.items():  # fmt: skip
        quota.write_text(said + "\n")
        assert cores() == wanted


def test_requests_are_read_once_in_their_order_and_whole(tmp_path: Path) -> None:
    control = Control(tmp_path)
    assert control.news() == []
    ask(tmp_path, "change", lr=0.5)
    ask(tmp_path, "pause")
    assert control.news() == [("change", {"lr": 0.5}), ("pause", {})]
    assert control.news() == []
    with (tmp_path / CONTROL).open("ab") as file:
        for line in (b"nonsense\n", b"[]\n", b'{"do": "dance"}\n', b"\xff\n", b"[" * 9999 + b"\n"):
            file.write(line)
        file.write(b'{"do": "st')
    assert control.news() == []
    with (tmp_path / CONTROL).open("ab") as file:
        file.write(b'op", "settings": 3}\n')
    assert control.news() == [("stop", {})]
    assert Control(tmp_path, control.place).news() == []


def test_requests_that_were_deleted_do_not_silence_those_to_come(tmp_path: Path) -> None:
    ask(tmp_path, "change", lr=0.5)
    control = Control(tmp_path)
    assert len(control.news()) == 1
    (tmp_path / CONTROL).unlink()
    assert control.news() == []
    ask(tmp_path, "stop")
    assert control.news() == [("stop", {})]


def test_many_may_ask_at_the_same_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: ask(tmp_path, "change", lr=k + 1.0), range(200)))
    asked = [settings["lr"] for _, settings in Control(tmp_path).news()]
    assert sorted(asked) == [k + 1.0 for k in range(200)]
    assert all(json.loads(line) for line in (tmp_path / CONTROL).read_text().splitlines())


def test_tickets_tell_who_came_first_however_fast_they_come(tmp_path: Path) -> None:
    names = [f"{math.sin(k):.6f}" for k in range(50)]
    for name in names:
        tickets.put(tmp_path / name)
    assert waiting(tmp_path) == names
    assert tickets.has(tmp_path / names[3])
    assert tickets.tear(tmp_path / names[3])
    assert not tickets.tear(tmp_path / names[3])
    assert not tickets.has(tmp_path / names[3])
    assert time.time_ns() > (tmp_path / ".queue" / names[4]).stat().st_mtime_ns
