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

from rnnviz.checkpoints import CheckpointError, catalogue, kept_steps, load, load_at
from tests.checkpoints.made import CLASSES, VOCABULARY, keep, language, series, write


@pytest.fixture
def copy(gallery: Path) -> Path:
    """A second checkpoint, to be broken."""
    return Path(shutil.copytree(gallery / "good", gallery / "other"))


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
    "another type": (
        edited(lambda c: c["model"].update(type="transducer")),
        r"of the type language, tagger, classifier, .*, not 't",
    ),
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


BROKEN_SERIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (removed("model.safetensors"), r"model\.safetensors is missing"),
    "no inputs": (
        edited(lambda c: c["model"].update(inputs=None)),
        r"config\.json: .*needs how many \(inputs\)",
    ),
    "a word for inputs": (
        edited(lambda c: c["model"].update(inputs="4")),
        r"inputs is a whole number from 1",
    ),
    "a million inputs": (
        edited(lambda c: c["model"].update(inputs=10**6)),
        r"inputs is a whole number from 1",
    ),
    "more inputs": (edited(lambda c: c["model"].update(inputs=5)), r"weight_ih_l0 should have the shape"),
    "tokens": (edited(lambda c: c["model"].update(input="onehot")), r"vocab\.json is missing"),
    "an input of lists": (edited(lambda c: c["model"].update(input=[[]])), r"vocab\.json is missing"),
    "no outputs": (edited(lambda c: c["model"].pop("outputs")), r"different names of classes"),
    "a number for classes": (
        edited(lambda c: c["model"].update(outputs=2)),
        r"The classes are ",
    ),
    "no classes": (edited(lambda c: c["model"].update(outputs=[])), r"different names of classes"),
    "a class twice": (edited(lambda c: c["model"].update(outputs=["a", "a"])), r"different names of classes"),
    "classes of lists": (edited(lambda c: c["model"].update(outputs=[["a"]])), r"different names of classes"),
    "more classes": (
        edited(lambda c: c["model"].update(outputs=[*CLASSES, "snow"])),
        r"out\.weight should have",
    ),
    "another readout": (
        edited(lambda c: c["model"].update(readout="best")),
        r"The readout is last, mean, attention",
    ),
    "a readout of lists": (
        edited(lambda c: c["model"].update(readout=[[]])),
        r"The readout is last, mean, attention",
    ),
    "both directions": (
        edited(lambda c: c["model"].update(bidirectional=True)),
        r"_reverse is missing from it",
    ),
    "many directions": (
        edited(lambda c: c["model"].update(bidirectional=7)),
        r"bidirectional is true or false",
    ),
    "a tagger without a head": (
        edited(lambda c: c["model"].update(type="tagger", head="none")),
        r"h itself is the answer: 2 units are needed, not 5",
    ),
    "a tagger of what it does not read": (
        edited(lambda c: c["model"].update(type="tagger", outputs=None)),
        r"config\.json: ",
    ),
    "a language model of numbers": (
        edited(lambda c: c["model"].update(type="language")),
        r"a language model reads tokens",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_checkpoint_is_listed_with_the_reason_and_the_rest_works(how: str, copy: Path) -> None:
    spoil, sentence = BROKEN[how]
    spoil(copy)
    assert_told(copy, sentence)


@pytest.mark.parametrize("how", BROKEN_SERIES)
def test_so_is_one_that_reads_numbers(how: str, gallery: Path) -> None:
    spoil, sentence = BROKEN_SERIES[how]
    folder = write(gallery / "other", series())
    spoil(folder)
    assert_told(folder, sentence)


def assert_told(folder: Path, sentence: str) -> None:
    good, broken = catalogue()
    assert (good.name, good.error) == ("good", None)
    assert broken.name == "other"
    assert broken.error is not None
    with pytest.raises(CheckpointError, match=sentence) as caught:
        load("other")
    assert str(caught.value).endswith(broken.error)
    assert "\n" not in broken.error
    assert str(folder) not in broken.error
    assert load("good").hidden == 5


@pytest.mark.parametrize(
    "task", [None, 7, [], {}, {"name": []}, {"name": "text", "file": 7}, {"metric": "best", "kind": []}]
)
def test_a_task_that_is_none_of_ours_does_no_harm(task: Any, copy: Path) -> None:
    edited(lambda config: config.update(task=task))(copy)
    entry = catalogue()[1]
    assert (entry.error, entry.kind, entry.metric) == (None, "text", "perplexity")
    assert entry.title
    assert entry.example


def test_columns_that_do_not_fit_are_left_out(gallery: Path) -> None:
    for number, columns in enumerate([["a", "b"], "abcd", [1, 2, 3, 4], None]):
        write(gallery / f"series{number}", series(), {"name": "rainy", "columns": columns})
        assert load(f"series{number}").columns == ()


# --- kept steps


@pytest.fixture
def run(gallery: Path) -> Path:
    """A run that has kept some steps."""
    folder = write(gallery / "run")
    for step in (0, 1, 128, 1_000_000):
        keep(language(), folder / "steps" / f"{step:06d}.safetensors")
    return folder


def test_what_is_no_kept_step_is_passed_over(run: Path) -> None:
    for name in ("7.safetensors", "000009.safetensors.tmp", ".000009.safetensors.x.tmp", "best.safetensors"):
        (run / "steps" / name).write_bytes(b"")
    assert kept_steps("run") == [0, 1, 128, 1_000_000]


def test_a_run_without_steps_has_none(gallery: Path) -> None:
    assert kept_steps("good") == []
    (gallery / "good" / "steps").write_bytes(b"a file")
    assert kept_steps("good") == []


@pytest.mark.parametrize("step", [2, -1, 10**30, True])
def test_a_step_that_was_not_kept_is_told_which_were(step: int, run: Path) -> None:
    (run / "steps" / "000001.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"of step .*\. It has: 0, 128, 1000000\."):
        load_at("run", step)


def test_a_damaged_step_is_told_and_the_others_work(run: Path) -> None:
    kept = run / "steps" / "000128.safetensors"
    kept.write_bytes(kept.read_bytes()[:500])
    with pytest.raises(CheckpointError, match=r"'run' cannot be loaded\. 000128\.safetensors"):
        load_at(run, 128)
    assert load_at(run, 1).hidden == load("run").hidden == 5


def test_a_step_of_another_model_is_refused(run: Path) -> None:
    keep(series(), run / "steps" / "000001.safetensors")
    with pytest.raises(CheckpointError, match=r"000001\.safetensors: .*is missing from it"):
        load_at("run", 1)


def test_the_step_of_a_vocabulary_that_grew_is_refused(run: Path) -> None:
    (run / "vocab.json").write_text(json.dumps({"tokens": [*VOCABULARY.tokens, "Q"]}))
    with pytest.raises(CheckpointError, match="should have the shape"):
        load_at("run", 0)
