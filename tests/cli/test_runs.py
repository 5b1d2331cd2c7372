"""Runs at the command line: begun, gone on with, interrupted."""

import itertools
import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnviz.cli import main
from rnnviz.training.control import ask
from rnnviz.training.run import Run
from rnnviz.training.state import read_state
from rnnviz.training.status import last_said, status_of
from tests.cli.short import SHORT, wrong


def test_training_shows_a_bar_and_says_what_was_reached(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = trained / "another"
    assert main(["train", "brackets", *SHORT, "--run", str(folder)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{folder}: held-out perplexity ")
    assert captured.out.count("\n") == 1
    assert "4/4" in captured.err


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


@pytest.mark.slow
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
