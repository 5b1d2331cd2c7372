"""`python -m rnnviz whatif` and `ablate`: what they print, and what they say of wrong edits."""

from pathlib import Path

import numpy as np
import pytest

import rnnviz
from rnnviz.cli import main
from rnnviz.models.base import Model
from rnnviz.traces import Trace
from tests.cli.short import wrong

TEXT = "a(b)[c"


@pytest.fixture
def model(trained: Path) -> Model:
    return rnnviz.load("small")


def told(capsys: pytest.CaptureFixture[str], *asked: str) -> list[str]:
    assert main(list(asked)) == 0
    return capsys.readouterr().out.splitlines()


def test_each_step_tells_how_far_the_state_moved_and_what_it_does_to_the_surprise(
    model: Model, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "edited.npz"
    lines = told(capsys, "whatif", "small", TEXT, "-e", "l0.h[*]@2=0", "-o", str(out), "--write", "5")
    assert lines[0].split() == ["step", "read", "largest", "change", "of", "l0.h", "surprise", "edited"]
    edited, original = rnnviz.edit(model, TEXT, "l0.h[*]@2=0"), rnnviz.edit(model, TEXT)
    moved = np.abs(edited["l0.h"].values - original["l0.h"].values).max(axis=1)
    assert [float(line.split()[2]) for line in lines[1:7]] == pytest.approx(moved, rel=1e-3)
    assert moved[1] == 0 < moved[2]
    assert lines[7].startswith("perplexity ")
    assert lines[8].startswith("original writes on: ")
    np.testing.assert_array_equal(Trace.load(out)["l0.h"].values, edited["l0.h"].values)


def test_the_units_that_cost_most_come_first(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "ablate", "small", TEXT, "--largest", "3")
    found = rnnviz.ablate(model, TEXT)
    assert [int(line.split()[0]) for line in lines[2:]] == list(found.order[:3])
    assert lines[0] == f"{found.loss:.4f} nats a character with all units of l0.h alive"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["whatif", "small", TEXT, "-e", "nonsense"], "is no edit: they look like"),
        (["whatif", "small", TEXT, "-e", "l3.h=0"], "cannot be changed here; these can: l0."),
        (["whatif", "small", "", "-e", "l0.h=0"], "There is no text to read"),
        (["ablate", "small", TEXT, "--name", "l0.q"], "cannot be ablated; these can: l0.h"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    model: Model, asked: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in wrong(asked, capsys)
