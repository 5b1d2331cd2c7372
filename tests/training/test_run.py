import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from rnnviz import checkpoints
from rnnviz.models.language import perplexity
from rnnviz.tasks.text import OwnText
from rnnviz.training.card import command
from rnnviz.training.events import Finished, to_line
from rnnviz.training.run import FILES, write_run
from tests.training.short import SHORT, TASK


def test_a_run_is_a_checkpoint_that_loads(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "short"
    found = list(write_run(folder, TASK, SHORT))
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert (folder / "events.jsonl").read_text() == "".join(map(to_line, found))
    last = found[-1]
    assert isinstance(last, Finished)
    model = checkpoints.load(folder)
    assert perplexity(model, TASK.corpus().held_out) == last.held_out
    assert model.ranges["l0.c"] == pytest.approx(last.ranges["l0.c"], rel=1e-5)
    assert model.name == "short"
    assert not model.training
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444


def test_config_says_all_that_was_set(tmp_path: Path) -> None:
    list(write_run(tmp_path / "run", TASK, SHORT))
    config = json.loads((tmp_path / "run" / "config.json").read_bytes())
    assert config["format"] == 1
    assert config["model"] == {
        "type": "language", "cell": "lstm", "input": "onehot", "hidden": 6, "layers": 1, "embedding": None,
        "bidirectional": False,
    }  # fmt: skip
    assert config["task"]["name"] == "brackets"
    assert config["train"]["steps"] == 6
    assert config["seed"] == 0


def test_the_card_says_both_perplexities_the_findings_and_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    last = list(write_run(folder, TASK, SHORT))[-1]
    assert isinstance(last, Finished)
    card = (folder / "card.md").read_text()
    for part in (f"{last.held_out:.3f}", f"{last.perplexity:.3f}", f"{last.parameters:,}", *last.findings):
        assert part in card
    assert command(folder, TASK, SHORT).splitlines()[0] in card


def test_the_weights_on_disk_are_the_best_so_far_at_every_moment(tmp_path: Path) -> None:
    events = write_run(tmp_path / "run", TASK, replace(SHORT, lr=1.0, steps=12))
    best = torch.inf
    for event in events:
        if event.kind == "evaluated":
            best = min(best, event.held_out)  # type: ignore[union-attr]
            model = checkpoints.load(tmp_path / "run")
            assert perplexity(model, TASK.corpus().held_out) == best


def test_a_run_that_stops_half_way_is_a_checkpoint_too(tmp_path: Path) -> None:
    events = write_run(tmp_path / "run", TASK, SHORT)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert checkpoints.load(tmp_path / "run").ranges == {}


def test_weights_have_the_names_of_torch(tmp_path: Path) -> None:
    list(write_run(tmp_path / "run", TASK, replace(SHORT, input="embedding", layers=2)))
    weights = load_file(tmp_path / "run" / "model.safetensors")
    layer = torch.nn.LSTM(32, 6, num_layers=2)
    layer.load_state_dict(
        {name.removeprefix("rnn."): w for name, w in weights.items() if name.startswith("rnn.")}
    )
    assert set(weights) - {f"rnn.{name}" for name in layer.state_dict()} == {
        "emb.weight",
        "out.weight",
        "out.bias",
    }


def test_a_folder_in_use_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    list(write_run(folder, TASK, SHORT))
    with pytest.raises(ValueError, match="is not empty: choose another folder, or overwrite"):
        write_run(folder, TASK, SHORT)
    (folder / ".model.safetensors.x7.tmp").touch()  # what a killed run leaves
    list(write_run(folder, TASK, SHORT, overwrite=True))
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    (folder / "thesis.doc").touch()
    with pytest.raises(ValueError, match=r"holds thesis\.doc, which is no part of a run"):
        write_run(folder, TASK, SHORT, overwrite=True)
    with pytest.raises(ValueError, match="is a file"):
        write_run(folder / "card.md", TASK, SHORT)


def test_nothing_is_written_for_settings_that_cannot_be_trained(tmp_path: Path) -> None:
    for settings, device in ((replace(SHORT, batch=500), "cpu"), (SHORT, "abacus"), (SHORT, "meta:3:x")):
        with pytest.raises(ValueError, match=r"too few|cannot be used"):
            write_run(tmp_path / "run", TASK, settings, device)
    assert list(tmp_path.iterdir()) == []


def test_text_in_any_language_trains(tmp_path: Path) -> None:
    task = OwnText(pasted="春眠不觉晓，处处闻啼鸟。😀\n" * 40)
    settings = replace(SHORT, input="embedding", cell="gru")
    list(write_run(tmp_path / "run", task, settings))
    assert "春" in checkpoints.load(tmp_path / "run").vocabulary.tokens
    assert "no command makes this model again" in (tmp_path / "run" / "card.md").read_text()


@pytest.mark.gpu
def test_a_run_on_a_gpu_is_a_checkpoint_for_everybody(tmp_path: Path) -> None:
    last = list(write_run(tmp_path / "run", TASK, SHORT, device="cuda"))[-1]
    assert isinstance(last, Finished)
    held_out = TASK.corpus().held_out
    assert perplexity(checkpoints.load(tmp_path / "run"), held_out) == pytest.approx(last.held_out, rel=1e-4)
    assert perplexity(checkpoints.load(tmp_path / "run", "cuda"), held_out) == pytest.approx(
        last.held_out, rel=1e-4
    )
