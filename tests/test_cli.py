"""The command line, called as a function and, once, as people call it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import rnnviz
from rnnviz.cli import main
from rnnviz.tasks import TASKS

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
    assert lines[0].split() == ["name", "parameters", "held-out", "training", "what"]
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
        ("train brackets --batch 99999", "too few for 99999 rows"),
        ("train brackets --device abacus", "'abacus' cannot be used"),
        ("train text --file /nowhere/at/all.txt", "all.txt is missing"),
        ("train brackets --hid 3", "Unrecognized arguments: --hid 3"),
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
    monkeypatch.setattr("rnnviz.training.loop.perplexity", lambda model, text: float("nan"))
    assert main(["train", "brackets", *SHORT, "--run", str(trained / "bad")]) == 1
    assert "perplexity of the held-out text is nan" in capsys.readouterr().err


@pytest.mark.parametrize("task", TASKS)
def test_help_lists_every_setting(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train", task, "--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    wanted = (
        "--cell",
        "--hidden",
        "--layers",
        "--input",
        "--embedding",
        "--steps",
        "--batch",
        "--length",
        "--lr",
    )
    assert all(option in told for option in (*wanted, "--clip", "--dropout", "--seed", "--run", "--sampling"))
    assert ("--download" in told) == (task == "timemachine")
    assert "--pasted" not in told


def test_the_module_runs_and_help_does_not_wait_for_torch() -> None:
    code = "import sys, rnnviz.cli; rnnviz.cli._parser(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
    asked = [sys.executable, "-m", "rnnviz", "--version"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
    assert told == f"rnnviz {rnnviz.__version__}\n"
