"""A run as it is worked on: what lies in its folder."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from rnnviz import checkpoints
from rnnviz.models.language import LanguageModel, perplexity
from rnnviz.tasks.hello import Hello
from rnnviz.tasks.text import OwnText
from rnnviz.training import loop
from rnnviz.training.card import command
from rnnviz.training.events import Evaluated, Finished, Stepped, to_line
from rnnviz.training.run import CARD, FILES, STEPS, TEXT, create
from rnnviz.training.status import status_of
from rnnviz.training.work import work
from tests.training.short import SHORT, TASK, made, told, worked

LEFT_OUT = {TEXT, "control.jsonl"}


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
