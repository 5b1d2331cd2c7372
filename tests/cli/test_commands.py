"""The command line, called as a function and, once, as people call it."""

import subprocess
import sys
from pathlib import Path

import pytest

import rnnviz
from rnnviz.cli import main
from rnnviz.tasks import TASKS
from rnnviz.tasks.base import Task
from tests.cli.short import wrong


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
        pytest.param("train brackets --batch 4000", "too few for 4000 rows", marks=pytest.mark.slow),
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


@pytest.mark.slow
def test_the_module_runs_and_help_does_not_wait_for_torch() -> None:
    code = "import sys, rnnviz.cli; rnnviz.cli.parser(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
    asked = [sys.executable, "-m", "rnnviz", "--version"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
    assert told == f"rnnviz {rnnviz.__version__}\n"
