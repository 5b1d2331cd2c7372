"""When something goes wrong, a run says what, and what was saved before is whole."""

import errno
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from rnnviz import files
from rnnviz.models.language import LanguageModel
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.text import OwnText
from rnnviz.training import loop
from rnnviz.training.control import PAUSE, ask
from rnnviz.training.events import Halted
from rnnviz.training.queue import submit
from rnnviz.training.run import STEPS, create, fork
from rnnviz.training.state import read_state
from rnnviz.training.status import is_locked, lock_of, status_of
from rnnviz.training.work import work
from tests.cases import mostly_slow
from tests.training.short import SHORT, at, made, told, weights, worked, working, working_until


@pytest.mark.parametrize("steps", mostly_slow(range(1, 7), 4))
def test_torn_away_at_any_step_it_goes_on_to_the_same_bits(run: Path, whole: Path, steps: int) -> None:
    working_until(run, steps, lambda event: None)
    assert status_of(run).state == "stopped"
    assert status_of(run).reason == "It was interrupted."
    worked(run)
    assert told(run) == told(whole)
    assert weights(run) == weights(whole)


def test_what_a_killed_worker_left_behind_is_gone(run: Path, whole: Path) -> None:
    working_until(run, 4, lambda event: None)
    (run / ".state.safetensors.x.tmp").write_bytes(b"half")
    (run / STEPS / ".000004.safetensors.x.tmp").write_bytes(b"half")
    (run / STEPS / "000006.safetensors").write_bytes(b"of a future that may not come")
    with (run / "events.jsonl").open("ab") as log:
        log.write(b'{"kind": "step", "st')
    submit(run)
    ask(run, PAUSE)
    worked(run)
    assert {path.name for path in (run / STEPS).iterdir()} <= {f"{k:06d}.safetensors" for k in range(5)}
    assert not [path for path in run.iterdir() if path.suffix == ".tmp"]
    submit(run)
    worked(run)
    assert told(run) == told(whole)
    assert weights(run) == weights(whole)


def test_the_best_weights_are_those_of_the_state_not_of_a_future_that_was_lost(tmp_path: Path) -> None:
    """Killed after a better evaluation, but before it was saved; and then the run takes another turn."""
    run = tmp_path / "run"
    made(run, save_every=2, evaluate_every=1, lr=0.02)
    working_until(run, 4, lambda event: None)
    lost = load_file(run / "model.safetensors")
    assert read_state(run / "state.safetensors").progress.step == 2
    ask(run, PAUSE)
    assert worked(run) == []
    model = load_file(run / "model.safetensors")
    best = read_state(run / "state.safetensors").under("best.")
    assert model.keys() == best.keys()
    assert all(torch.equal(model[name], value) for name, value in best.items())
    assert not torch.equal(model["out.weight"], lost["out.weight"])


def test_where_no_weights_were_saved_as_the_best_none_are_shown(tmp_path: Path) -> None:
    run = tmp_path / "run"
    made(run, save_every=1000)
    working_until(run, 1, lambda event: None)
    assert (run / "model.safetensors").exists()  # of the evaluation at the start, which is not saved
    ask(run, PAUSE)
    assert worked(run)[-1].step == 0
    assert (run / "model.safetensors").exists() == bool(read_state(run / "state.safetensors").under("best."))


def test_numbers_that_go_bad_halt_the_run_and_a_lower_rate_goes_on(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = LanguageModel.forward

    def spoilt(self: LanguageModel, ids: torch.Tensor, state: Any = None) -> Any:
        logits, state = loss(self, ids, state)
        return logits * (math.nan if self.training and counted() else 1.0), state

    steps: list[int] = []

    def counted() -> bool:
        steps.append(1)
        return len(steps) > 4

    monkeypatch.setattr(LanguageModel, "forward", spoilt)
    last = worked(run)[-1]
    assert isinstance(last, Halted)
    assert (last.step, len(last.norms)) == (5, 4)
    status = status_of(run)
    assert (status.state, status.step) == ("halted", 4)
    assert "The loss is nan" in status.reason
    assert "before step 5" in status.reason
    assert "lower learning rate" in status.reason
    kept = load_file(run / STEPS / "000004.safetensors")
    saved = read_state(run / "state.safetensors").under("weights.")
    assert all(torch.equal(kept[name], value) for name, value in saved.items())
    monkeypatch.undo()
    submit(run, lr=1e-4)
    found = worked(run)
    assert [event.kind for event in found[:2]] == ["changed", "step"]
    assert found[-1].kind == "finished"
    assert [line["kind"] for line in told(run)].count("halted") == 1


@pytest.mark.parametrize(
    ("code", "victim"),
    [
        (errno.ENOSPC, "state.safetensors"),
        (errno.EDQUOT, "000004.safetensors"),
        (errno.EIO, "model.safetensors"),
    ],
)
def test_a_disk_that_is_full_halts_the_run_and_what_was_saved_is_whole(
    run: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, code: int, victim: str
) -> None:
    fsync, replaced = files.os.fsync, []
    mkstemp = files.tempfile.mkstemp

    def full(*args: Any, prefix: str, **options: Any) -> Any:
        replaced.append(prefix)
        if victim in prefix and len([p for p in replaced if victim in p]) > (victim != "000004.safetensors"):
            raise OSError(code, "No space left on device")
        return mkstemp(*args, prefix=prefix, **options)

    monkeypatch.setattr(files.tempfile, "mkstemp", full)
    with pytest.raises(OSError, match="No space left"):
        worked(run)
    status = status_of(run)
    assert status.state == "halted"
    assert status.reason == (
        "The run could not be written: No space left on device. What was saved before is whole."
    )
    assert not is_locked(run)
    assert not list(run.rglob("*.tmp"))
    read_state(run / "state.safetensors")
    monkeypatch.undo()
    assert files.os.fsync is fsync
    worked(run)
    assert told(run) == told(whole)
    assert weights(run) == weights(whole)


class FullFile:
    """A log on a disk that is full after so many lines: of the last, only a half is written."""

    def __init__(self, file: Any, lines: int) -> None:
        self.file, self.lines = file, lines

    def write(self, data: bytes) -> None:
        self.lines -= 1
        if self.lines < 0:
            self.file.write(data[: len(data) // 2])
            self.file.flush()
            raise OSError(errno.ENOSPC, "No space left on device")
        self.file.write(data)

    def close(self) -> None:
        self.file.close()
        raise OSError(errno.ENOSPC, "No space left on device")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def test_half_a_line_in_the_log_is_cut_off(run: Path, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def opening(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        file = opened(self, mode, *args, **options)
        return FullFile(file, 8) if self.name == "events.jsonl" and "b" in mode else file

    monkeypatch.setattr(Path, "open", opening)
    with pytest.raises(OSError, match="No space"):
        worked(run)
    assert status_of(run).state == "halted"
    assert not is_locked(run)
    monkeypatch.undo()
    with pytest.raises(json.JSONDecodeError):
        told(run)
    worked(run)
    assert told(run) == told(whole)


def test_too_little_memory_is_told_as_that(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: Any, **__: Any) -> Any:
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: x"
        )

    monkeypatch.setattr(loop, "quantiles", no_memory)
    with pytest.raises(RuntimeError):
        worked(run)
    assert status_of(run).state == "halted"
    assert "not enough memory" in status_of(run).reason


def test_an_error_of_ours_is_no_interruption(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "quantiles", lambda *_: {}["x"])
    with pytest.raises(KeyError):
        worked(run)
    assert (status_of(run).state, status_of(run).reason) == ("halted", "KeyError: 'x'")


@pytest.mark.parametrize(
    ("file", "damage", "sentence"),
    [
        ("state.safetensors", lambda data: data[:-3], "state.safetensors is damaged"),
        ("state.safetensors", lambda data: data[:-3] + b"\x01\x02\x03", "its checksum is another one"),
        ("events.jsonl", lambda data: data[:10], "events.jsonl is shorter than it was"),
        ("config.json", lambda data: data[:50], "config.json is not valid JSON"),
        (
            "config.json",
            lambda data: data.replace(b'"text_seed": 0', b'"text_seed": 1'),
            "The data are not those that the run began with: sha256 is another one",
        ),
    ],
)
def test_a_damaged_file_is_told_and_stays_as_it_is(
    run: Path, file: str, damage: Callable[[bytes], bytes], sentence: str
) -> None:
    working(run, at(4, lambda: ask(run, PAUSE)))
    submit(run)
    damaged = damage((run / file).read_bytes())
    assert damaged != (run / file).read_bytes()
    (run / file).write_bytes(damaged)
    with pytest.raises(ValueError, match=sentence):
        work(run)
    status = status_of(run)
    assert (status.state, status.step, status.steps) == ("halted", 4, 6)
    assert sentence in status.reason
    assert (run / file).read_bytes() == damaged
    assert not is_locked(run)


def test_a_derived_file_that_is_lost_is_written_again(run: Path, whole: Path) -> None:
    working(run, at(4, lambda: ask(run, PAUSE)))
    (run / "model.safetensors").unlink()
    (run / "status.json").write_text("{")
    submit(run)
    worked(run)
    assert weights(run) == weights(whole)
    assert status_of(run).state == "finished"


def test_a_fork_whose_weights_are_damaged_is_told(run: Path, tmp_path: Path) -> None:
    worked(run)
    fork(run, 3, tmp_path / "fork")
    save_file({"x": torch.ones(3)}, tmp_path / "fork" / STEPS / "000003.safetensors")
    with pytest.raises(ValueError, match=r"000003\.safetensors: .* is missing from it"):
        work(tmp_path / "fork")
    assert status_of(tmp_path / "fork").state == "halted"


def test_what_cannot_be_trained_is_told(tmp_path: Path) -> None:
    create(tmp_path / "a", Brackets(characters=400), replace(SHORT, batch=500))
    create(tmp_path / "b", Brackets(characters=400), replace(SHORT, hidden=4096, layers=8))
    create(tmp_path / "c", OwnText(file="/nowhere/at/all.txt"), SHORT)
    for name, sentence in (
        ("a", "too few for 500"), ("b", "16,777,216 are the most"), ("c", "all.txt is missing")
    ):  # fmt: skip
        with pytest.raises(ValueError, match=sentence):
            work(tmp_path / name)
        assert status_of(tmp_path / name).state == "halted"
        assert sentence in status_of(tmp_path / name).reason
        assert not is_locked(tmp_path / name)
    with pytest.raises(ValueError, match=r"is no run: it has no config\.json"):
        work(tmp_path / "d")


def test_two_do_not_work_on_the_same_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.training.work.PATIENCE", 0.1)
    before = (run / "status.json").read_bytes()
    with lock_of(run), pytest.raises(ValueError, match="is being worked on by another process"):
        work(run)
    assert (run / "status.json").read_bytes() == before
