"""A run as it is worked on: what lies in its folder, what it answers, what happens when it goes wrong."""

import errno
import itertools
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, load_file, save_file

from rnnviz import checkpoints, files
from rnnviz.models.language import LanguageModel, perplexity
from rnnviz.tasks.brackets import Brackets
from rnnviz.tasks.hello import Hello
from rnnviz.tasks.text import OwnText
from rnnviz.training import loop
from rnnviz.training.card import command
from rnnviz.training.control import CHANGE, PAUSE, STOP, ask
from rnnviz.training.events import Evaluated, Event, Finished, Halted, Stepped, to_line
from rnnviz.training.queue import submit
from rnnviz.training.run import CARD, FILES, STEPS, TEXT, create, fork
from rnnviz.training.state import read_state
from rnnviz.training.status import is_locked, lock_of, status_of
from rnnviz.training.work import work
from tests.training.short import SHORT, TASK, content, made, worked

LEFT_OUT = {TEXT, "control.jsonl"}


def told(folder: Path) -> list[dict[str, Any]]:
    """events.jsonl without what the clock says."""
    lines = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    return [
        {key: value for key, value in line.items() if key not in ("time", "tokens_per_s")} for line in lines
    ]


def weights(folder: Path) -> dict[str, bytes]:
    """The weights in a run's folder, of all kept steps as well, by file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in [folder / "model.safetensors", *(folder / STEPS).iterdir()]}  # fmt: skip


def working(folder: Path, asked: Callable[[Event], None]) -> list[Event]:
    """Works on a run while somebody looks at its events, and may ask for something."""
    found = []
    for event in work(folder):
        found.append(event)
        asked(event)
    return found


def at(step: int, do: Callable[[], object]) -> Callable[[Event], None]:
    """Does something when a step is logged."""
    return lambda event: do() and None if isinstance(event, Stepped) and event.step == step else None


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short run, from its start to its end."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    made(folder)
    worked(folder)
    return folder


def test_a_run_is_a_checkpoint_that_loads(whole: Path) -> None:
    assert {path.name for path in whole.iterdir()} == set(FILES) - LEFT_OUT
    last = told(whole)[-1]
    assert last["kind"] == "finished"
    model = checkpoints.load(whole)
    assert isinstance(model, LanguageModel)
    assert perplexity(model, TASK.problem().corpus.held_out) == pytest.approx(last["held_out"], rel=1e-5)
    assert model.ranges["l0.c"] == last["ranges"]["l0.c"]
    assert model.name == "run"
    assert not model.training


def test_the_log_is_what_was_told(run: Path) -> None:
    found = worked(run)
    assert (run / "events.jsonl").read_text() == "".join(map(to_line, found))


def test_config_says_all_that_was_set(whole: Path) -> None:
    config = json.loads((whole / "config.json").read_bytes())
    assert config["model"] == {
        "type": "language", "cell": "lstm", "input": "onehot", "hidden": 6, "layers": 1, "embedding": None,
        "bidirectional": False,
    }  # fmt: skip
    assert config["task"] == TASK.problem().describe()
    assert config["train"] == SHORT.of_training()
    assert (config["format"], config["seed"]) == (1, 0)


def test_the_weights_of_kept_steps_are_those_of_the_steps(whole: Path) -> None:
    assert sorted(path.name for path in (whole / STEPS).iterdir()) == [
        f"{step:06d}.safetensors" for step in (0, 1, 2, 3, 4, 6)
    ]
    each = loop.Training(TASK.problem(), SHORT)
    for event in each.events():
        if event is not None and event.kind == "kept":
            kept = load_file(whole / STEPS / f"{event.step:06d}.safetensors")
            assert all(torch.equal(value, kept[name]) for name, value in each.model.state_dict().items())


def test_the_card_says_what_was_reached_the_findings_and_the_command(whole: Path) -> None:
    last, card = told(whole)[-1], (whole / CARD).read_text()
    for part in (f"{last['held_out']:.4g}", f"{last['trained']:.4g}", f"{last['parameters']:,}"):
        assert part in card
    assert all(finding in card for finding in last["findings"])
    assert command(whole, TASK, SHORT).splitlines()[0] in card
    best = max((e for e in told(whole) if e["kind"] == "evaluated" and e["best"]), key=lambda e: e["step"])
    assert best["sample"]["text"].splitlines()[0] in card


def test_a_card_of_a_task_that_writes_nothing(tmp_path: Path) -> None:
    create(tmp_path / "a", Hello(), replace(SHORT, batch=1))
    worked(tmp_path / "a")
    assert "python -m rnnviz train hello" in (tmp_path / "a" / CARD).read_text()
    assert "What it writes" not in (tmp_path / "a" / CARD).read_text()


def test_the_weights_on_disk_are_the_best_so_far_at_every_moment(tmp_path: Path) -> None:
    made(tmp_path / "run", lr=1.0, steps=12)
    best = math.inf
    for event in work(tmp_path / "run"):
        if isinstance(event, Evaluated):
            best = min(best, event.held_out)
            model = checkpoints.load(tmp_path / "run")
            assert perplexity(model, TASK.problem().corpus.held_out) == best  # type: ignore[arg-type]


def test_weights_have_the_names_of_torch(tmp_path: Path) -> None:
    made(tmp_path / "run", input="embedding", layers=2)
    worked(tmp_path / "run")
    found = load_file(tmp_path / "run" / "model.safetensors")
    layer = torch.nn.LSTM(32, 6, num_layers=2)
    layer.load_state_dict({n.removeprefix("rnn."): w for n, w in found.items() if n.startswith("rnn.")})
    others = set(found) - {f"rnn.{name}" for name in layer.state_dict()}
    assert others == {"emb.weight", "out.weight", "out.bias"}


def test_text_in_any_language_trains(tmp_path: Path) -> None:
    task = OwnText(pasted="春眠不觉晓，处处闻啼鸟。😀\n" * 40)
    create(tmp_path / "run", task, replace(SHORT, input="embedding", cell="gru"))
    worked(tmp_path / "run")
    assert "春" in checkpoints.load(tmp_path / "run").vocabulary.tokens  # type: ignore[union-attr]
    assert "no command makes this model again" in (tmp_path / "run" / CARD).read_text()


# Asked to do something


@pytest.mark.parametrize(("asked", "state"), [(PAUSE, "paused"), (STOP, "stopped")])
def test_a_run_that_is_asked_to_rest_does_and_goes_on_to_the_same_bits(
    run: Path, whole: Path, asked: str, state: str
) -> None:
    found = working(run, at(4, lambda: ask(run, asked)))
    assert (status_of(run).state, status_of(run).step, status_of(run).reason) == (state, 4, "")
    assert not is_locked(run)
    assert found[-1].step == 4
    submit(run)
    worked(run)
    assert status_of(run).state == "finished"
    assert told(run) == told(whole)
    assert weights(run) == weights(whole)
    cards = [re.sub(r"--run \S+", "", (folder / CARD).read_text()) for folder in (run, whole)]
    assert cards[0] == cards[1]


def test_within_an_evaluation_it_answers_too(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.models.language.CHUNK", 3)
    made(tmp_path / "whole")
    worked(tmp_path / "whole")
    points = itertools.count()
    whole_events = loop.Training.events

    def events(self: loop.Training) -> Iterator[Event | None]:
        for event in whole_events(self):
            if event is None and next(points) == 20:  # in the middle of the evaluation of step 3
                ask(run, PAUSE)
            yield event

    with monkeypatch.context() as patch:
        patch.setattr(loop.Training, "events", events)
        worked(run)
    assert (status_of(run).state, status_of(run).step) == ("paused", 3)
    assert told(run) == told(tmp_path / "whole")[: len(told(run))]
    submit(run)
    worked(run)
    assert told(run) == told(tmp_path / "whole")


def test_what_was_asked_of_it_earlier_is_forgotten_when_it_goes_on(run: Path) -> None:
    ask(run, STOP)
    ask(run, PAUSE)
    submit(run)
    assert worked(run)[-1].kind == "finished"
    ask(run, PAUSE)  # just too late
    submit(run, steps=9)
    assert worked(run)[-1].step == 9


def test_a_change_is_an_event_that_a_resume_repeats(run: Path, tmp_path: Path) -> None:
    """The learning rate is changed; later the run is torn away after its last save, and goes on."""
    found = working(run, at(2, lambda: ask(run, CHANGE, lr=0.5)))
    kinds = [(event.kind, event.step) for event in found]
    assert ("changed", 2) in kinds
    first, second, _ = (event.lr for event in found if isinstance(event, Stepped))
    assert first < 0.01 < 0.1 < second
    assert json.loads((run / "config.json").read_bytes())["train"]["lr"] == 0.5
    assert "Settings were changed on the way" in (run / CARD).read_text()

    torn = tmp_path / "torn"
    made(torn, save_every=1000)
    working_until(torn, 6, at(2, lambda: ask(torn, CHANGE, lr=0.5)))
    worked(torn)
    assert told(torn) == told(run)
    assert weights(torn) == weights(run)


def working_until(folder: Path, step: int, asked: Callable[[Event], None]) -> list[Event]:
    """Works on a run until a step has been taken, and is gone without another word."""
    found = []
    working = work(folder)
    for event in working:
        found.append(event)
        asked(event)
        if event.step >= step:
            break
    working.close()  # type: ignore[attr-defined]
    return found


def test_a_change_that_cannot_be_is_passed_over(run: Path, whole: Path) -> None:
    for settings in ({"lr": -1}, {"lr": "x"}, {"hidden": 3}, {"steps": None}, {"": 1}):
        ask(run, CHANGE, **settings)
    worked(run)
    assert told(run) == told(whole)


def test_a_finished_run_goes_on_for_more_steps(run: Path) -> None:
    worked(run)
    assert worked(run) == []  # there is nothing left to do
    assert status_of(run).state == "finished"
    submit(run, steps=10)
    found = worked(run)
    assert [(event.kind, event.step) for event in found[:2]] == [("changed", 6), ("step", 8)]
    assert (found[-1].kind, found[-1].step) == ("finished", 10)
    assert (status_of(run).step, status_of(run).steps) == (10, 10)


def test_after_so_many_minutes_it_stops_and_says_why(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10**6))
    monkeypatch.setattr(loop.time, "monotonic", lambda: float(next(clock)))
    submit(run, minutes=0.5)
    worked(run)
    status = status_of(run)
    assert status.state == "stopped"
    assert 0 < status.step < 6
    assert status.seconds > 30
    assert status.reason == "0.5 minutes of work are over: it can go on with a higher limit."
    submit(run)
    assert worked(run) == []  # no time is left
    submit(run, minutes=100.0)
    assert worked(run)[-1].kind == "finished"


# Forks


def test_a_fork_begins_with_what_was_kept(run: Path, tmp_path: Path) -> None:
    worked(run)
    fork(run, 3, tmp_path / "fork", steps=9)
    found = worked(tmp_path / "fork")
    assert [(event.kind, event.step) for event in found[:4]] == [
        ("kept", 3), ("evaluated", 3), ("step", 4), ("kept", 4),
    ]  # fmt: skip
    assert (found[-1].kind, found[-1].step) == ("finished", 9)
    evaluated = [line for line in told(run) if line["kind"] == "evaluated" and line["step"] == 3]
    assert content(found)[1]["held_out"] == pytest.approx(evaluated[0]["held_out"], rel=1e-5)
    name = f"{STEPS}/000003.safetensors"
    assert load((tmp_path / "fork" / name).read_bytes()).keys() == load((run / name).read_bytes()).keys()
    assert "It went on from step 3 of run." in (tmp_path / "fork" / CARD).read_text()


def test_the_first_loss_after_a_fork_is_that_of_the_weights_there(run: Path, tmp_path: Path) -> None:
    worked(run)
    fork(run, 4, tmp_path / "fork", dropout=0.0, steps=9)
    working_until(tmp_path / "fork", 6, lambda event: None)
    each = loop.Training(TASK.problem(), replace(SHORT, dropout=0.0, steps=9))
    each.model.load_state_dict(load_file(run / STEPS / "000004.safetensors"))
    batch = each.batches(5)
    each.model.train()
    loss, _, _ = each.problem.loss(each.model, batch, None)
    logged = next(line for line in told(tmp_path / "fork") if line["kind"] == "step")
    assert logged["step"] == 6
    saved = loop.Training(TASK.problem(), replace(SHORT, dropout=0.0, steps=9))
    saved.fork(4, load_file(run / STEPS / "000004.safetensors"))
    going = saved.events()
    while saved.progress.step < 5:
        next(going)
    assert saved.progress.loss == loss.item()


def test_a_fork_that_is_left_goes_on_to_the_same_bits(run: Path, tmp_path: Path) -> None:
    worked(run)
    for name in ("one", "other"):
        fork(run, 3, tmp_path / name, steps=9)
    worked(tmp_path / "one")
    working(tmp_path / "other", at(6, lambda: ask(tmp_path / "other", PAUSE)))
    submit(tmp_path / "other")
    worked(tmp_path / "other")
    assert told(tmp_path / "one") == told(tmp_path / "other")
    assert weights(tmp_path / "one") == weights(tmp_path / "other")


# When something goes wrong


@pytest.mark.parametrize("steps", range(1, 7))
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


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("victim", ["state.safetensors", "000004.safetensors", "model.safetensors"])
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


def test_its_status_says_how_far_it_is(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.training.work.BEAT", -1.0)
    seen = []
    for event in work(run):
        if isinstance(event, Stepped):
            status = status_of(run)
            seen.append((event.step, status.step))
            assert (status.state, status.steps) == ("running", 6)
    assert seen == [(2, 1), (4, 3), (6, 5)]


@pytest.mark.gpu
def test_a_run_on_a_gpu_is_a_checkpoint_for_everybody(tmp_path: Path) -> None:
    made(tmp_path / "run")
    last = list(work(tmp_path / "run", "cuda"))[-1]
    assert isinstance(last, Finished)
    model = checkpoints.load(tmp_path / "run")
    held_out = TASK.problem().corpus.held_out
    assert perplexity(model, held_out) == pytest.approx(last.held_out, rel=1e-4)  # type: ignore[arg-type]
