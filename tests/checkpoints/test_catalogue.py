"""What the gallery says of its models, and what it does not read twice."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from rnnviz import checkpoints, folders
from rnnviz.checkpoints import CheckpointError, catalogue, entries, load
from rnnviz.tasks.text import OwnText
from rnnviz.training.events import Evaluated, Finished, Stepped, to_line
from tests.checkpoints.made import COLUMNS, EVENTS, MODELS, keep, language, series, write

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(gallery: Path) -> Path:
    return Path(shutil.copytree(gallery / "good", gallery / "other"))


# --- what is said


def test_a_whole_one_is_described(gallery: Path) -> None:
    (entry,) = catalogue()
    assert entry.error is None
    assert entry.title == "A text of your own · GRU, 5 units"
    assert (entry.type, entry.kind, entry.metric) == ("language", "text", "perplexity")
    assert (entry.cell, entry.hidden, entry.layers, entry.directions) == ("gru", 5, 1, 1)
    assert entry.parameters == load("good").parameter_count
    assert (entry.held_out, entry.trained) == (20.0, 18.5)
    assert entry.findings == ("Unit 3 counts.",)
    assert len(entry.fingerprint) == 16
    assert (entry.example, entry.look) == (OwnText.example, OwnText.look)


@pytest.mark.parametrize("name", MODELS)
def test_each_type_of_model_is_loaded_and_described(name: str, gallery: Path) -> None:
    make, task = MODELS[name]
    model = make()
    folder = write(gallery / "other", model, task, events=(Finished(4, 2, 0.25, 0.5, 300, {"l0.h": 0.75}),))
    again = load("other")
    assert type(again) is type(model)
    assert again.config == model.config
    assert not again.training
    assert (again.name, again.ranges) == ("other", {"l0.h": 0.75})
    assert all(torch.equal(weight, again.state_dict()[key]) for key, weight in model.state_dict().items())
    assert (
        (folder / "vocab.json").exists() == (model.vocabulary is not None) == (again.vocabulary is not None)
    )
    entry = catalogue()[1]
    assert entry.error is None
    assert (entry.type, entry.kind, entry.metric) == (model.config["type"], task["kind"], task["metric"])
    assert entry.directions == model.directions
    expected = (None, None) if task["metric"] == "perplexity" else (0.25, 0.5)  # no perplexity is below 1
    assert (entry.held_out, entry.trained) == expected
    assert bool(entry.example) == (task["kind"] == "text")


def test_it_answers_as_it_did(gallery: Path) -> None:
    make, task = MODELS["a classifier of images"]
    model = make().eval()
    write(gallery / "digits", model, task)
    x = torch.randn(8, 3, 8)
    with torch.no_grad():
        assert torch.equal(load("digits")(x), model(x))


def test_columns_come_along(gallery: Path) -> None:
    write(gallery / "rainy", series(), MODELS["a classifier of series"][1])
    assert load("rainy").columns == tuple(COLUMNS)


@pytest.mark.parametrize(
    ("make", "kind", "metric"),
    [("a language model", "text", "perplexity"), ("a tagger of numbers", "series", "error"),
     ("a classifier of text", "text", "accuracy"), ("a classifier of series", "series", "accuracy")],
)  # fmt: skip
def test_what_an_old_config_does_not_say_follows_from_the_model(
    make: str, kind: str, metric: str, gallery: Path
) -> None:
    write(gallery / "other", MODELS[make][0](), {"name": "old"})
    entry = catalogue()[1]
    assert (entry.kind, entry.metric) == (kind, metric)
    assert entry.title.startswith("old · ")


def test_both_directions_and_layers_are_in_the_title(gallery: Path) -> None:
    write(gallery / "both", series(directions=2, layers=2, cell="rnn_relu"), {"name": "rainy"})
    assert catalogue()[0].title == "rainy · RNN RELU, 2 × 5 units, both directions"


def test_results_that_are_no_numbers_are_left_out(copy: Path) -> None:
    event = {
        "kind": "finished",
        "held_out": "4",
        "perplexity": -1,
        "ranges": {"l0.h": 0.5, "l0.r": None, "x": True},
    }
    (copy / "events.jsonl").write_text(json.dumps(event))
    entry = catalogue()[1]
    assert (entry.held_out, entry.trained) == (None, None)
    assert load("other").ranges == {"l0.h": 0.5}


@pytest.mark.parametrize(
    "lines", [b"", b"{", b"\xff\n[]\n7\n", b'{"kind": "finished", "ranges": 3, "findings": 4}\n']
)
def test_without_its_log_a_checkpoint_still_loads(lines: bytes, copy: Path) -> None:
    (copy / "events.jsonl").write_bytes(lines)
    assert load("other").ranges == {}
    assert catalogue()[1].error is None
    (copy / "events.jsonl").unlink()
    assert catalogue()[1].held_out is None


# --- what is read again


def test_a_changed_file_changes_the_fingerprint(gallery: Path, copy: Path) -> None:
    first, second = catalogue()
    assert first.fingerprint == second.fingerprint
    weights = load_file(copy / "model.safetensors")
    save_file(weights | {"out.bias": weights["out.bias"] + 1}, copy / "model.safetensors")
    assert catalogue()[1].fingerprint != first.fingerprint


def test_asking_again_reads_nothing_that_did_not_change(
    gallery: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalogue()
    with monkeypatch.context() as patch:
        for name in ("read_folder", "results_of"):
            patch.setattr(entries, name, lambda path, *more: pytest.fail(f"{path} was read again"))
        assert catalogue() == before
    (copy / "config.json").unlink()
    assert catalogue()[1].error == "config.json is missing."
    shutil.rmtree(copy)
    assert [entry.name for entry in catalogue()] == ["good"]


def test_a_log_that_grows_costs_no_look_at_the_weights(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run logs many times a second; each key that is typed asks for the catalogue."""
    before = catalogue()[1]
    monkeypatch.setattr(entries, "read_folder", lambda path: pytest.fail(f"{path} was read again"))
    with (copy / "events.jsonl").open("a") as log:
        log.write(to_line(Stepped(5, 3.0, 20.0, 1.0, 1.0, 0.1, 1000.0, 0.5)))
    assert catalogue()[1] == before
    with (copy / "events.jsonl").open("a") as log:
        log.write(to_line(Evaluated(6, 19.0, True, {}, 0.6)))
    assert catalogue()[1].held_out == 19.0


def test_when_the_ranges_become_known_it_is_another_model_to_load(copy: Path) -> None:
    """Else whoever keeps loaded models by their fingerprints would never learn them."""
    (copy / "events.jsonl").write_text("".join(map(to_line, EVENTS[:2])))
    before = catalogue()[1]
    assert load("other").ranges == {}
    (copy / "events.jsonl").write_text("".join(map(to_line, EVENTS)))
    assert catalogue()[1].fingerprint != before.fingerprint
    assert load("other").ranges == {"l0.h": 0.9, "out.logits": 2.5}


# --- which folders


def test_what_is_no_checkpoint_does_not_disturb(gallery: Path) -> None:
    (gallery / "README.md").write_text("not a folder")
    for name in (".git", "__pycache__", "photographs", "bad name!"):
        (gallery / name).mkdir()
    (gallery / "gone").symlink_to(gallery / "nowhere")
    found = {entry.name: entry.error for entry in catalogue()}
    assert found == {
        "good": None,
        "photographs": "config.json is missing.",
        "bad name!": "Its name should be of letters, digits, '.', '_' and '-', 64 at most.",
    }


def test_a_name_that_is_not_there_is_told_which_are(gallery: Path) -> None:
    for name in ("goood", "", "../good/nothing", "a\0b", "x" * 5000):
        with pytest.raises(CheckpointError, match="There are: good"):
            load(name)


def test_a_path_does_as_well_as_a_name(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_name, by_path = load("good"), load(gallery / "good")
    monkeypatch.chdir(gallery / "good")
    here = load(".")
    assert by_name.name == by_path.name == here.name == "good"
    ids = torch.tensor([[1], [2]])
    assert torch.equal(by_name(ids)[0], by_path(ids)[0])


def test_folders_of_ones_own_come_after_those_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, runs = tmp_path / "a", tmp_path / "b", tmp_path / "runs"
    monkeypatch.setenv("RNNVIZ_RUNS", str(runs))
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", os.pathsep.join([str(a), "", str(b), str(tmp_path / "none")]))
    assert checkpoints.folders() == [folders.shipped_folder(), a, b, tmp_path / "none", runs]
    for folder in (a, b):
        write(folder / "mine")
    mine = {entry.name: entry.path for entry in catalogue() if entry.path.name == "mine"}
    assert mine == {"mine": a / "mine", "b/mine": b / "mine"}


def test_a_run_may_have_the_name_of_a_model_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path / "more" / "runs"))
    ours, others = tmp_path / "runs" / "hello-rnn", tmp_path / "more" / "runs" / "hello-rnn"
    write(ours)
    write(others)
    found = {entry.name: entry for entry in catalogue() if entry.path.name == "hello-rnn"}
    assert {name: entry.path for name, entry in found.items()} == {
        "hello-rnn": folders.shipped_folder() / "hello-rnn", "runs/hello-rnn": others, str(ours): ours,
    }  # fmt: skip
    for name, entry in found.items():
        assert not entry.error
        assert load(name).folder == entry.path
        assert checkpoints.name_of(entry.path) == name
    assert checkpoints.name_of(tmp_path / "elsewhere") == "elsewhere"


def test_a_folder_that_is_named_twice_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "runs" / "mine")
    (tmp_path / "link").symlink_to(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNVIZ_RUNS")
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", os.pathsep.join(["runs", "link", str(folders.shipped_folder())]))
    mine = [entry for entry in catalogue() if entry.name == "mine"]
    assert [entry.error for entry in mine] == [None]
    assert folders.runs_folder() == tmp_path / "runs"


def test_loading_draws_no_random_numbers_and_the_model_can_learn_on(gallery: Path) -> None:
    before = torch.get_rng_state()
    model = load("good")
    assert torch.equal(torch.get_rng_state(), before)
    assert all(weight.requires_grad and not weight.is_meta for weight in model.parameters())
    model(torch.tensor([[1], [2]]))[0].sum().backward()
    assert model.rnn.weight_hh_l0.grad is not None


@pytest.mark.slow  # in an interpreter of its own
def test_loading_does_not_make_torch_load_its_compiler(gallery: Path) -> None:
    """It takes seconds, and an embedding whose weights are drawn in vain would do it."""
    code = (
        f"import sys, rnnviz; rnnviz.load({str(gallery / 'good')!r}); print('torch._dynamo' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


# --- runs


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of runs, with nothing else beside the models that ship."""
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def trained(runs: Path) -> dict[str, str | None]:
    return {entry.name: entry.error for entry in catalogue() if entry.path.parent == runs}


def test_a_run_is_a_model_as_soon_as_it_has_weights(runs: Path) -> None:
    assert trained(runs) == {}
    model = language()
    folder = write(runs / "mine", model, events=(), weights=False)
    (runs / ".queue").mkdir()
    (runs / "empty").mkdir()
    assert trained(runs) == {}
    with pytest.raises(CheckpointError, match="There is no checkpoint 'mine'"):
        load("mine")
    keep(model, folder / "model.safetensors")
    assert trained(runs) == {"mine": None}
    assert load("mine").name == "mine"


def test_a_run_that_goes_on_shows_its_best_so_far(runs: Path) -> None:
    folder = write(runs / "mine", events=EVENTS[:2])
    with (folder / "events.jsonl").open("a") as log:
        log.write('{"kind": "evaluated", "step": 3, "held_out": 21.0, "best": false}\n{"kind": "st')
    (entry,) = [entry for entry in catalogue() if entry.path.parent == runs]
    assert (entry.held_out, entry.trained, entry.findings) == (20.0, None, ())


def test_a_damaged_run_is_listed_like_any_other(runs: Path) -> None:
    (write(runs / "mine") / "model.safetensors").write_bytes(b"half")
    assert "no safetensors file" in str(trained(runs)["mine"])
