"""What is saved comes back to the bit, and a file in which one bit is wrong is refused in a sentence."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save
from torch import Tensor

from rnnviz.training import state
from rnnviz.training.loop import Training
from rnnviz.training.state import Saved, read_state, restore, save_state
from tests.cases import mostly_slow
from tests.training.short import KINDS, kind, training

PLACE = {"log": 123, "control": 45}


def stepped(each: Training, steps: int) -> Training:
    """A training after some steps."""
    going = each.events()
    while each.progress.step < steps:
        next(going)
    return each


def parts(each: Training) -> dict[str, Any]:
    """All that a training is besides its settings."""
    state = each.state
    carried = () if state is None else (state,) if isinstance(state, Tensor) else state
    return {
        **{f"weight {name}": value for name, value in each.model.state_dict().items()},
        **{f"best {name}": value for name, value in each.best_weights.items()},
        **{f"carried {k}": value for k, value in enumerate(carried)},
        **{f"optimizer {name}": value for name, value in each.optimizer.state().items()},
        "type": type(state),
        "progress": asdict(each.progress),
    }


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, Tensor):
            assert value.dtype == other[name].dtype, name
            assert torch.equal(value, other[name]), name
        else:
            assert value == other[name], name


@pytest.mark.parametrize("name", mostly_slow(KINDS, "lstm", "classes at each step"))
def test_a_training_comes_back_to_the_bit(name: str, tmp_path: Path) -> None:
    problem, chosen = kind(name)
    each = stepped(Training(problem, chosen), 5)
    save_state(each, tmp_path / "state", PLACE)
    saved = read_state(tmp_path / "state")
    assert saved.place == PLACE
    assert saved.settings == chosen
    again = Training(problem, saved.settings)
    restore(again, saved)
    assert_same(parts(again), parts(each))
    assert_same(parts(stepped(again, 6)) | {"progress": 0}, parts(stepped(each, 6)) | {"progress": 0})


@pytest.mark.slow
def test_kinds_are_as_different_as_they_say() -> None:
    states = {name: stepped(Training(*kind(name)), 2) for name in KINDS}
    assert isinstance(states["lstm"].state, tuple)
    assert isinstance(states["rnn with relu"].state, Tensor)
    assert isinstance(states["numbers, the state carried"].state, tuple)
    assert states["classes of both directions"].state is None
    assert states["sgd"].optimizer.state() == {}
    assert states["lstm"].optimizer.state()["steps.0"] == 2
    assert states["two layers of lstm"].state[0].shape[0] == 2  # type: ignore[index]


def test_before_the_first_step_there_is_a_state_too(tmp_path: Path) -> None:
    each = training()
    save_state(each, tmp_path / "state", PLACE)
    again = training()
    restore(again, read_state(tmp_path / "state"))
    assert_same(parts(again), parts(each))


def test_changed_settings_are_those_that_come_back(tmp_path: Path) -> None:
    each = training()
    each.change(lr=0.123, steps=9)
    save_state(each, tmp_path / "state", PLACE)
    assert read_state(tmp_path / "state").settings == replace(training().settings, lr=0.123, steps=9)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A saved state."""
    path = tmp_path_factory.mktemp("state") / "state.safetensors"
    save_state(stepped(training(hidden=2, cell="rnn"), 3), path, PLACE)
    return path.read_bytes()


def read(folder: Path, data: bytes) -> Saved:
    (folder / "state.safetensors").write_bytes(data)
    return read_state(folder / "state.safetensors")


def the_same(one: Saved, other: Saved) -> bool:
    same = all(torch.equal(value, other.tensors[name]) for name, value in one.tensors.items())
    return same and asdict(replace(one, tensors={})) == asdict(replace(other, tensors={}))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.slow
def test_a_changed_byte_is_told_or_changes_nothing(data: st.DataObject, whole: bytes, tmp_path: Path) -> None:
    place = data.draw(st.integers(0, len(whole) - 1))
    flip = data.draw(st.integers(1, 255))
    damaged = whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :]
    try:
        found = read(tmp_path, damaged)
    except ValueError as error:
        told = str(error)
    else:
        assert the_same(found, read(tmp_path, whole))
        return
    assert told.startswith("state.safetensors is damaged, so the run cannot go on from it")
    assert "\n" not in told


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1, exclude_max=True))
def test_the_beginning_of_a_file_is_told(cut: float, whole: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^state\.safetensors is damaged, so the run cannot"):
        read(tmp_path, whole[: int(cut * len(whole))])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 200,
        b"{}",
        save({"weight": torch.ones(3)}),
        save({"weight": torch.ones(3)}, {"rnnviz": "{}", "crc32": "0"}),
        save({"weight": torch.ones(3)}, {"rnnviz": "[" * 10_000, "crc32": "0"}),
    ],
)
def test_a_file_of_somebody_else_is_told(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^state\.safetensors is damaged, so the run cannot"):
        read(tmp_path, data)


def test_a_state_of_another_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.safetensors"
    monkeypatch.setattr(state, "FORMAT", 2)
    save_state(training(), path, PLACE)
    monkeypatch.undo()
    with pytest.raises(ValueError, match="of another version of rnnviz"):
        read_state(path)


@pytest.mark.parametrize("other", [{"hidden": 7}, {"cell": "gru"}, {"layers": 2}, {"input": "embedding"}])
def test_a_state_of_another_model_is_told(other: dict[str, Any], tmp_path: Path) -> None:
    save_state(stepped(training(), 2), tmp_path / "state", PLACE)
    with pytest.raises(ValueError, match="of another model"):
        restore(training(**other), read_state(tmp_path / "state"))


def test_there_is_no_pickle_in_it(whole: bytes) -> None:
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    tensors = sum(end - begin for begin, end in (v["data_offsets"] for k, v in header.items() if k[0] != "_"))
    assert len(whole) == 8 + length + tensors


def test_nothing_is_read_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bytes) -> None:
    monkeypatch.setattr(state, "MOST_BYTES", len(whole) - 1)
    with pytest.raises(ValueError, match="the most that is read is"):
        read(tmp_path, whole)
