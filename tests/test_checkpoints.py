"""Checkpoints whole, cut short, edited by hand, hostile, foreign: each is loaded or told in a sentence."""

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from rnnviz import checkpoints
from rnnviz.checkpoints import CheckpointError, catalogue, load
from rnnviz.tasks.text import OwnText
from rnnviz.training.run import write_run
from rnnviz.training.settings import Settings

TEXT = "the quick brown fox 跳过了 the lazy dog. " * 12
SETTINGS = Settings(cell="gru", hidden=5, steps=2, batch=2, length=4, input="embedding", embedding=3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint."""
    folder = tmp_path_factory.mktemp("whole") / "good"
    list(write_run(folder, OwnText(pasted=TEXT), SETTINGS))
    return folder


@pytest.fixture
def gallery(tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one good checkpoint, and no others anywhere."""
    monkeypatch.setattr(checkpoints, "folders", lambda: [tmp_path])
    shutil.copytree(whole, tmp_path / "good")
    return tmp_path


@pytest.fixture
def copy(gallery: Path, whole: Path) -> Path:
    """A second checkpoint, to be broken."""
    return Path(shutil.copytree(whole, gallery / "other"))


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Break config.json by hand."""

    def apply(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_bytes())
        change(config)
        (folder / "config.json").write_text(json.dumps(config))

    return apply


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    """Break the weights."""

    def apply(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors")

    return apply


def header(text: bytes, length: int | None = None) -> Callable[[Path], None]:
    """A weights file of nothing but this header."""
    content = struct.pack("<Q", len(text) if length is None else length) + text
    return lambda folder: (folder / "model.safetensors").write_bytes(content) and None


def cut(name: str, size: int) -> Callable[[Path], None]:
    """A file of which only the first bytes are left; negative: all but the last."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size]) and None


def replaced(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def pipe(name: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return apply


NAN = torch.tensor([float("nan")] * 5)
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (removed("config.json"), r"config\.json is missing"),
    "no vocabulary": (removed("vocab.json"), r"vocab\.json is missing"),
    "no weights": (removed("model.safetensors"), r"model\.safetensors is missing"),
    "half a config": (cut("config.json", 40), r"config\.json is not valid JSON"),
    "a list for a config": (replaced("config.json", b"[1]"), r"config\.json should hold a JSON object"),
    "a config of nested lists": (replaced("config.json", b"[" * 99_999), r"config\.json is not valid JSON"),
    "a config that is a pipe": (pipe("config.json"), r"config\.json is not a regular file"),
    "a huge config": (replaced("config.json", b" " * (1 << 21)), r"the most that is read is 1,048,576"),
    "another format": (edited(lambda c: c.update(format=2)), r"config\.json: the format should be 1, not 2"),
    "no model": (edited(lambda c: c.pop("model")), r'config\.json: "model" should describe'),
    "another type": (edited(lambda c: c["model"].update(type="seq2seq")), r'of the type "language"'),
    "no cell": (edited(lambda c: c["model"].pop("cell")), r"config\.json: \"model\" does not say 'cell'"),
    "a wrong cell": (edited(lambda c: c["model"].update(cell="lsmt")), r"config\.json: The cell is one of"),
    "a cell of lists": (edited(lambda c: c["model"].update(cell=[[]])), r"config\.json: The cell is one of"),
    "another cell": (
        edited(lambda c: c["model"].update(cell="lstm")),
        r"rnn\.weight_ih_l0 should have the shape",
    ),
    "more units": (
        edited(lambda c: c["model"].update(hidden=6)),
        r"should have the shape \[18, 3\], not \[15, 3\]",
    ),
    "a million units": (
        edited(lambda c: c["model"].update(hidden=10**6)),
        r"hidden is a whole number from 1",
    ),
    "a word for units": (edited(lambda c: c["model"].update(hidden="5")), r"hidden is a whole number"),
    "two layers": (edited(lambda c: c["model"].update(layers=2)), r"rnn\.bias_hh_l1 is missing from it"),
    "one-hot": (edited(lambda c: c["model"].update(input="onehot")), r"holds 'emb\.weight', which no model"),
    "both directions": (edited(lambda c: c["model"].update(bidirectional=True)), r"reads in one direction"),
    "half a vocabulary": (cut("vocab.json", 30), r"vocab\.json is not valid JSON"),
    "a smaller vocabulary": (replaced("vocab.json", b'{"tokens": ["<unk>", "a"]}'), r"should have the shape"),
    "a token twice": (replaced("vocab.json", b'{"tokens": ["<unk>", "a", "a"]}'), r"vocab\.json: Token 'a'"),
    "empty weights": (cut("model.safetensors", 0), r"model\.safetensors: it is no safetensors file"),
    "half a header": (cut("model.safetensors", 50), r"or only the beginning of one"),
    "half the weights": (cut("model.safetensors", -100), r"model\.safetensors is damaged"),
    "a pickle": (replaced("model.safetensors", b"\x80\x04\x95" + b"x" * 40), r"it is no safetensors file"),
    "a header of no JSON": (header(b"{oops}"), r"header is not valid JSON"),
    "a header that is a list": (header(b"[]"), r"header is no JSON object"),
    "a header with a key twice": (header(b'{"a": 1, "a": 2}'), r"or says something twice"),
    "a header beyond the file": (header(b"{}", 1 << 62), r"only the beginning"),
    "a huge header": (header(b" " * (1 << 21)), r"its header has 2,097,152 bytes"),
    "too many tensors": (
        header(json.dumps({f"t{i}": {} for i in range(501)}).encode()),
        r"it holds 501 tensors",
    ),
    "a tensor that is a number": (
        header(b'{"emb.weight": 7, "out.bias": 7}'),
        r"is missing from it|should have the shape",
    ),
    "a NaN": (weights(lambda w: w["rnn.weight_hh_l0"][0].copy_(NAN)), r"rnn\.weight_hh_l0 holds values that"),
    "a weight less": (weights(lambda w: w.pop("out.bias")), r"out\.bias is missing"),
    "a weight more": (weights(lambda w: w.update({"<b>": NAN.clone()})), r"holds '<b>', which no model"),
    "half precision": (
        weights(lambda w: w.update({"out.bias": w["out.bias"].half()})),
        r"out\.bias should be F32, not 'F16'",
    ),
    "a transposed weight": (
        weights(lambda w: w.update({"out.weight": w["out.weight"].t().contiguous()})),
        r"out\.weight should have the shape",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_checkpoint_is_listed_with_the_reason_and_the_rest_works(how: str, copy: Path) -> None:
    spoil, sentence = BROKEN[how]
    spoil(copy)
    good, broken = catalogue()
    assert (good.name, good.error) == ("good", None)
    assert broken.name == "other"
    assert broken.error is not None
    with pytest.raises(CheckpointError, match=sentence) as caught:
        load("other")
    assert str(caught.value).endswith(broken.error)
    assert "\n" not in broken.error
    assert str(copy) not in broken.error
    assert load("good").hidden == 5


def test_a_whole_one_is_described(gallery: Path) -> None:
    (entry,) = catalogue()
    assert entry.error is None
    assert entry.title == "A text of your own · GRU, 5 units"
    assert (entry.cell, entry.hidden, entry.layers) == ("gru", 5, 1)
    assert entry.parameters == load("good").parameter_count
    assert entry.held_out is not None
    assert entry.train_perplexity is not None
    assert len(entry.fingerprint) == 16
    assert entry.example == OwnText.example


def test_a_changed_file_changes_the_fingerprint(gallery: Path, copy: Path) -> None:
    first, second = catalogue()
    assert first.fingerprint == second.fingerprint
    weights(lambda w: w["out.bias"].add_(1))(copy)
    assert catalogue()[1].fingerprint != first.fingerprint


def test_asking_again_reads_nothing_that_did_not_change(
    gallery: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalogue()
    monkeypatch.setattr(checkpoints, "_fresh_entry", lambda path: pytest.fail(f"{path} was read again"))
    assert catalogue() == before
    monkeypatch.undo()
    monkeypatch.setattr(checkpoints, "folders", lambda: [gallery])
    (copy / "config.json").unlink()
    assert catalogue()[1].error == "config.json is missing."
    shutil.rmtree(copy)
    assert [entry.name for entry in catalogue()] == ["good"]


def test_what_is_no_checkpoint_does_not_disturb(gallery: Path) -> None:
    (gallery / "README.md").write_text("not a folder")
    (gallery / ".git").mkdir()
    (gallery / "__pycache__").mkdir()
    (gallery / "photographs").mkdir()
    (gallery / "bad name!").mkdir()
    (gallery / "gone").symlink_to(gallery / "nowhere")
    found = {entry.name: entry.error for entry in catalogue()}
    assert found == {
        "good": None,
        "photographs": "config.json is missing.",
        "bad name!": "Its name should be of letters, digits, '.', '_' and '-', 64 at most.",
    }


@pytest.mark.parametrize(
    "lines", [b"", b"{", b"\xff\n[]\n7\n", b'{"kind": "finished", "ranges": 3, "findings": 4}\n']
)
def test_without_its_log_a_checkpoint_still_loads(lines: bytes, copy: Path) -> None:
    (copy / "events.jsonl").write_bytes(lines)
    assert load("other").ranges == {}
    assert catalogue()[1].error is None
    (copy / "events.jsonl").unlink()
    assert catalogue()[1].held_out is None


def test_results_that_are_no_numbers_are_left_out(copy: Path) -> None:
    event = {
        "kind": "finished",
        "held_out": "4",
        "perplexity": -1,
        "ranges": {"l0.h": 0.5, "l0.r": None, "x": True},
    }
    (copy / "events.jsonl").write_text(json.dumps(event))
    entry = catalogue()[1]
    assert (entry.held_out, entry.train_perplexity) == (None, None)
    assert load("other").ranges == {"l0.h": 0.5}


def test_a_run_that_goes_on_shows_its_best_so_far(copy: Path) -> None:
    lines = (copy / "events.jsonl").read_text().splitlines()
    (copy / "events.jsonl").write_text("\n".join(lines[:-1]) + '\n{"kind": "st')
    best = min(json.loads(line)["held_out"] for line in lines if '"evaluated"' in line)
    assert catalogue()[1].held_out == best


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
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = checkpoints.folders()
    assert len(shipped) == 1
    a, b = tmp_path / "a", tmp_path / "b"
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", os.pathsep.join([str(a), "", str(b), str(tmp_path / "none")]))
    assert checkpoints.folders()[1:] == [a, b, tmp_path / "none"]
    for folder in (a, b):
        shutil.copytree(whole, folder / "mine")
    mine = [entry for entry in catalogue() if entry.name == "mine"]
    assert [(entry.path.parent, entry.error is None) for entry in mine] == [(a, True), (b, False)]
    assert "comes first" in str(mine[1].error)


def test_loading_draws_no_random_numbers_and_the_model_can_learn_on(gallery: Path) -> None:
    before = torch.get_rng_state()
    model = load("good")
    assert torch.equal(torch.get_rng_state(), before)
    assert all(weight.requires_grad and not weight.is_meta for weight in model.parameters())
    model(torch.tensor([[1], [2]]))[0].sum().backward()
    assert model.rnn.weight_hh_l0.grad is not None
