"""The command line, called as a function and, once, as people call it."""

import itertools
import json
import math
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rnnviz
from rnnviz.cli import main
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task
from rnnviz.training.control import ask
from rnnviz.training.run import Run
from rnnviz.training.state import read_state
from rnnviz.training.status import last_said, status_of

SHORT = [
    f"--{option}"
    for option in (
        "hidden=6",
        "steps=4",
        "batch=4",
        "length=5",
        "characters=400",
        "evaluate-every=2",
        "log-every=2",
    )
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was trained by the command line."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    assert main(["train", "brackets", *SHORT, "--run", str(folder)]) == 0
    return folder


@pytest.fixture
def trained(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery of that model alone."""
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: tmp_path)
    monkeypatch.setattr("rnnviz.tasks.brackets.FRESH_CHARACTERS", 300)
    shutil.copytree(small, tmp_path / "small")
    return tmp_path


def wrong(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence that a wrong command is answered with."""
    try:
        status: object = main(argv)
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("rnnviz: ")
    return captured.err


def test_training_shows_a_bar_and_says_what_was_reached(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = trained / "another"
    assert main(["train", "brackets", *SHORT, "--run", str(folder)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{folder}: held-out perplexity ")
    assert captured.out.count("\n") == 1
    assert "4/4" in captured.err


def test_the_list_tells_what_is_whole_and_what_is_broken(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trained / "half").mkdir()
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "parameters", "measure", "held-out", "training", "what"]
    assert lines[1].split()[0] == "half"
    assert lines[1].endswith("broken: config.json is missing.")
    assert lines[2].endswith("Brackets and quotes · LSTM, 6 units")


def test_an_empty_list_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: tmp_path)
    assert main(["list"]) == 0
    assert str(tmp_path) in capsys.readouterr().out


def test_sample_writes_on_after_the_prefix(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["sample", "small", "--prefix", "a(", "--length", "7", "--seed", "1"]
    assert main(asked) == 0
    first = capsys.readouterr().out
    assert first.startswith("a(")
    assert len(first) == len("a(") + 7 + 1
    main(asked)
    assert capsys.readouterr().out == first


def test_trace_writes_arrays_a_table_or_a_page(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix in ("npz", "csv", "HTML"):
        assert main(["trace", "small", "a(b)é", "-o", str(trained / f"out.{suffix}")]) == 0
        assert "5 steps" in (told := capsys.readouterr().out)
        assert "1 of 5 characters are unknown" in told
    trace = rnnviz.Trace.load(trained / "out.npz")
    assert trace["l0.f"].values.shape == (5, 6)
    assert (trained / "out.csv").read_text(encoding="utf-8").startswith("quantity,step,token,")
    assert "<html" in (trained / "out.HTML").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ("", "required: COMMAND"),
        ("paint", "'paint'"),
        ("train chess", "'chess'"),
        ("train brackets --hidden many", "--hidden"),
        ("train brackets --hidden 0", "hidden is at least 1, not 0"),
        ("train brackets --lr nan", "lr is above 0, not nan"),
        ("train brackets --cell lsmt", "'lsmt'"),
        ("train brackets --characters 10", "this one has 10"),
        ("train brackets --batch 4000", "too few for 4000 rows"),
        ("train brackets --device abacus", "'abacus' cannot be used"),
        ("train text --file /nowhere/at/all.txt", "all.txt is missing"),
        ("train brackets --hid 3", "Unrecognized arguments: --hid 3"),
        ("train mnist --preset best", "'best'"),
        ("resume nowhere", "config.json is missing"),
        ("resume small --lr 0", "lr is above 0"),
        ("resume small --steps 3", "4 steps were already taken"),
        ("resume small --device abacus", "'abacus' cannot be used"),
        ("sample nobody", "There is no checkpoint 'nobody'. There are: small."),
        ("sample small --temperature -1", "temperature is a number from 0"),
        ("sample small --top-k 0", "top_k is at least 1"),
        ("sample small --length -1", "length is at least 0"),
        ("trace small abc -o out.pkl", ".npz, .csv, .html; 'out.pkl' is none"),
        ("trace small abc", "required: -o/--output"),
        ("trace small abc -o /nowhere/at/all.npz", "No such file or directory"),
        ("trace nobody abc -o out.npz", "There is no checkpoint 'nobody'"),
    ],
)
def test_a_wrong_command_is_answered_in_one_sentence(
    argv: str,
    sentence: str,
    trained: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(trained)
    assert sentence in wrong(argv.split(), capsys)


def test_an_empty_text_cannot_be_traced(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "at least one character" in wrong(["trace", "small", "", "-o", str(trained / "x.npz")], capsys)


def test_a_run_is_not_overwritten_unasked(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    again = ["train", "brackets", *SHORT, "--run", str(trained / "small")]
    assert "is not empty" in wrong(again, capsys)
    assert main([*again, "--overwrite"]) == 0


def test_a_run_whose_numbers_go_bad_says_so(
    trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_number(self: Any, model: Any) -> Iterator[None]:
        yield
        return math.nan

    monkeypatch.setattr("rnnviz.tasks.language.LanguageProblem.evaluate", no_number)
    assert main(["train", "brackets", *SHORT, "--run", str(trained / "bad")]) == 1
    assert "The perplexity on what is held out is nan" in capsys.readouterr().err
    assert status_of(trained / "bad").state == "halted"


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_a_run_goes_on_with_more_steps_and_another_rate(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(trained / "small")
    assert main(["resume", folder, "--steps", "8", "--lr", "0.5"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{folder}: held-out perplexity ")
    assert "8/8" in captured.err
    assert {"kind": "changed", "step": 4, "settings": {"lr": 0.5, "steps": 8}} in [
        {key: value for key, value in event.items() if key != "time"} for event in events(trained / "small")
    ]
    assert main(["resume", folder]) == 0
    assert capsys.readouterr().out == f"{folder}: finished at step 8.\n"
    assert [event["kind"] for event in events(trained / "small")].count("changed") == 1


def test_a_run_that_was_asked_to_stop_goes_on_until_its_time_is_over(
    trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained / "small"
    clock = itertools.count()
    monkeypatch.setattr("rnnviz.training.loop.time.monotonic", lambda: next(clock) / 100)
    ask(folder, "stop")
    assert main(["resume", str(folder), "--steps", "6"]) == 0  # what was asked before is done with
    assert status_of(folder).step == 6
    capsys.readouterr()
    assert main(["resume", str(folder), "--steps", "100000", "--minutes", "0.05"]) == 0
    assert "stopped at step" in capsys.readouterr().out
    assert status_of(folder).reason.startswith("0.05 minutes of work are over")


def test_a_file_is_remembered_by_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.txt").write_text("the cat sat. " * 40)
    monkeypatch.chdir(tmp_path)
    short = [option for option in SHORT if "characters" not in option]
    assert main(["train", "text", "--file", "mine.txt", *short, "--run", "here/mine"]) == 0
    task = Run(tmp_path / "here" / "mine").task
    assert task.options()["file"] == str(tmp_path / "mine.txt")


def test_without_a_folder_a_run_is_where_the_app_looks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("rnnviz.tasks.brackets.FRESH_CHARACTERS", 300)
    assert main(["train", "brackets", *SHORT]) == 0
    assert status_of(tmp_path / "runs" / "brackets-lstm").state == "finished"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_stops_a_run_that_can_go_on_and_twice_ends_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    long = [option for option in SHORT if "steps" not in option and "every" not in option]
    asked = [
        sys.executable,
        "-m",
        "rnnviz",
        "train",
        "brackets",
        *long,
        "--steps=1000000",
        "--run",
        str(folder),
    ]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while last_said(folder).step < 10:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"`python -m rnnviz resume {folder}` goes on with it" in err
    assert "Traceback" not in err
    stopped = status_of(folder)
    assert (stopped.state, stopped.reason) == ("stopped", "")
    assert out == f"{folder}: stopped at step {stopped.step:,}.\n"
    assert read_state(folder / "state.safetensors").progress.step == stopped.step

    asked = [sys.executable, "-m", "rnnviz", "resume", str(folder)]
    process = subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while last_said(folder).step <= stopped.step:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)  # so that it answers to both at once
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert status_of(folder).state == "stopped"


@pytest.mark.parametrize("task", TASKS)
def test_help_lists_every_setting(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train", task, "--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    for option in (*TASKS[task].offered, *TASKS[task]().options(), "run", "overwrite", "device"):
        assert f"--{option.replace('_', '-')} " in told, option
    assert ("--download" in told) == (TASKS[task].fetch is not Task.fetch)
    assert ("--preset" in told) == bool(TASKS[task].presets)
    assert "--pasted" not in told


def test_the_module_runs_and_help_does_not_wait_for_torch() -> None:
    code = "import sys, rnnviz.cli; rnnviz.cli._parser(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
    asked = [sys.executable, "-m", "rnnviz", "--version"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
    assert told == f"rnnviz {rnnviz.__version__}\n"
