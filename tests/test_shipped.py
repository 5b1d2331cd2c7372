"""The checkpoints that ship: whole, small, and as good as their cards say."""

import json
import os
from pathlib import Path

import pytest
import torch

from rnnviz.checkpoints import catalogue, folders, load
from rnnviz.models.language import exhausted
from rnnviz.models.sampling import sample
from rnnviz.tasks import task_of
from rnnviz.tasks.brackets import Brackets, followers, write

SHIPPED = folders()[0]
NAMES = [
    "anbn-lstm", "brackets-lstm", "dates-gru", "dates-gru-no-attention", "dates-transformer", "hello-rnn",
    "mnist-lstm", "reverse-gru", "reverse-gru-no-attention", "reverse-transformer", "sentiment-attention",
    "sentiment-bilstm", "sentiment-gru", "sine-gru", "timemachine-gru", "timemachine-gru-wide",
    "timemachine-lstm", "timemachine-rnn", "timemachine-transformer", "weather-gru",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text may lie in a folder beside the repository."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    if "RNNVIZ_DATA" not in os.environ and beside.is_dir():
        monkeypatch.setenv("RNNVIZ_DATA", str(beside))


def test_they_are_all_here_and_whole() -> None:
    entries = [entry for entry in catalogue() if entry.path.parent == SHIPPED]
    assert [entry.name for entry in entries] == NAMES
    assert [entry.error for entry in entries] == [None] * len(NAMES)
    assert all(entry.held_out and entry.trained and entry.look for entry in entries)


def test_they_are_small() -> None:
    sizes = [sum(path.stat().st_size for path in (SHIPPED / name).rglob("*")) for name in NAMES]
    assert max(sizes) < 2_000_000
    assert sum(sizes) < 800_000 * len(NAMES)


def test_the_wide_gru_has_as_many_parameters_as_the_lstm() -> None:
    wide, lstm = (load(name).parameter_count for name in ("timemachine-gru-wide", "timemachine-lstm"))
    assert wide == pytest.approx(lstm, rel=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_its_card_tells_what_its_log_tells(name: str) -> None:
    card = (SHIPPED / name / "card.md").read_text(encoding="utf-8")
    last = json.loads((SHIPPED / name / "events.jsonl").read_text().splitlines()[-1])
    assert last["kind"] == "finished"
    metric = json.loads((SHIPPED / name / "config.json").read_bytes())["task"]["metric"]
    assert f"| held-out {metric} | {last['held_out']:.4g} |" in card
    assert f"| training {metric} | {last['trained']:.4g} |" in card
    assert "python -m rnnviz train" in card
    assert f"s/{name}\n" in card  # of --run, the last option of the command
    assert all(finding in card for finding in last["findings"])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_reads_its_held_out_text_as_well_as_its_card_says(name: str) -> None:
    config = json.loads((SHIPPED / name / "config.json").read_bytes())
    try:
        problem = task_of(config["task"]).problem()
    except ValueError as error:
        pytest.skip(str(error))
    assert config["task"].items() <= problem.describe().items()
    entry = next(entry for entry in catalogue() if entry.name == name)
    assert entry.metric == problem.metric.name
    assert exhausted(problem.evaluate(load(name))) == pytest.approx(entry.held_out, rel=1e-4)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("timemachine", "brackets"))])
def test_it_writes_what_it_knows(name: str) -> None:
    model = load(name)
    text = sample(model, "The " if name.startswith("time") else "(", 60, temperature=0.5, seed=0)
    assert len(set(text)) > 5
    assert model.vocabulary.unknown(text) == []


def test_single_cells_keep_the_depth_and_the_quote() -> None:
    depth, quote = followers(load("brackets-lstm"), write(3000, seed=77))
    assert abs(depth.correlation) >= 0.9
    assert abs(quote.correlation) >= 0.9
    assert depth.unit != quote.unit


def test_the_brackets_example_is_in_the_language() -> None:
    model = load("brackets-lstm")
    assert model.vocabulary.unknown(Brackets.example) == []
    assert all(torch.isfinite(weight).all() for weight in model.parameters())
