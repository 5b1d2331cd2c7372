"""Models that attend, at the command line."""

from pathlib import Path

import numpy as np
import pytest

import rnnviz
from rnnviz.cli import main
from rnnviz.models.decoding import write
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.tasks.dates import Dates
from tests.checkpoints import made
from tests.cli.short import wrong


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    models = {
        "writer": Seq2Seq(made.VOCABULARY, tuple("abc"), hidden=4, embedding=3),
        "speaker": TransformerLanguageModel(made.VOCABULARY, hidden=8, heads=2, context=16),
    }
    for name, model in models.items():
        made.write(tmp_path / name, model, {"name": name, "kind": "text"})
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: tmp_path)
    return tmp_path


def test_what_is_written_is_told_and_traced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "out.npz"
    assert main(["trace", "writer", "fox é", "-o", str(path)]) == 0
    said, told = write(rnnviz.load("writer"), "fox é").text, capsys.readouterr().out
    assert "1 of 5 characters are unknown" in told
    assert f"It writes {said!r}." in told
    assert main(["trace", "writer", "fox", "--target", "cab", "-o", str(path)]) == 0
    trace = rnnviz.Trace.load(path)
    assert trace.tokens == ("c", "a", "b", "<end>")
    wanted = rnnviz.trace(rnnviz.load("writer"), "fox", target="cab")["attn.weights"].values
    np.testing.assert_array_equal(trace["attn.weights"].values, wanted)


def test_a_transformer_is_traced_in_every_format(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix in ("npz", "csv", "html"):
        assert main(["trace", "speaker", "the lazy fox", "-o", str(folder / f"out.{suffix}")]) == 0
        assert "12 steps" in capsys.readouterr().out
    assert np.isneginf(rnnviz.Trace.load(folder / "out.npz")["l0.attn.masked"].values).sum() == 2 * 66
    assert ",-inf" in (folder / "out.csv").read_text(encoding="utf-8")
    page = (folder / "out.html").read_text(encoding="utf-8")
    assert "l1.h" in page
    assert "l0.hidden" not in page  # it has other units


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["trace", "writer", "", "-o", "out.npz"], "at least one character"),
        (["trace", "writer", "fox", "--target", "x", "-o", "out.npz"], "never writes 'x'"),
        (["trace", "writer", "fox", "--target", "a", "-o", "out.html"], "what a language model expected"),
        (
            ["trace", "speaker", "fox", "--target", "a", "-o", "out.npz"],
            "only a sequence-to-sequence model is told",
        ),
        (["trace", "speaker", "fox" * 6, "-o", "out.npz"], "1 to 16 steps together, not 18"),
        (["explain", "writer", "fox", "--name", "dec.l0.h"], "only a recurrent reader is taken apart"),
        (["whatif", "speaker", "fox", "-e", "l0.h[0]=1"], "only a recurrent reader is edited"),
        (["whatif", "writer", "fox"], "only a recurrent reader is edited"),
        (["ablate", "speaker", "fox"], "only a"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in wrong(argv, capsys)


def test_a_date_that_does_not_exist_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    described = {"name": "dates", **Dates().options()}
    made.write(folder / "dates", Seq2Seq(made.VOCABULARY, tuple("-01")), described)
    path = str(folder / "out.npz")
    assert main(["trace", "dates", "31 February 2024", "-o", path]) == 0
    assert capsys.readouterr().out.endswith(" There is no 31 February in 2024.\n")
    assert main(["trace", "dates", "29 February 2024", "-o", path]) == 0
    assert "There is no" not in capsys.readouterr().out
