import os
from pathlib import Path

import pytest

from rnnviz.files import is_temporary, json_bytes, read_capped, read_json, replace_whole


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    replace_whole(path, b"old")
    replace_whole(path, b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert [found.name for found in tmp_path.iterdir()] == ["a.bin"]


def test_when_the_disk_is_full_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    replace_whole(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["a.bin"]


def test_what_a_killed_writer_leaves_is_recognised() -> None:
    assert is_temporary(".model.safetensors.abc.tmp")
    assert not is_temporary("model.safetensors")


def test_only_regular_files_up_to_a_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_capped(path, 5) == b"12345"
    with pytest.raises(ValueError, match="a has 5 bytes; the most that is read is 4"):
        read_capped(path, 4)
    with pytest.raises(ValueError, match="b is missing"):
        read_capped(tmp_path / "b", 4)
    os.mkfifo(tmp_path / "pipe")  # reading it would wait for ever
    with pytest.raises(ValueError, match="pipe is not a regular file"):
        read_capped(tmp_path / "pipe", 4)


def test_json_survives_any_code_point(tmp_path: Path) -> None:
    value = {"text": "\0\ud800😀中\u2028"}
    replace_whole(tmp_path / "a.json", json_bytes(value))
    assert read_json(tmp_path / "a.json", 1000) == value
    with pytest.raises(ValueError, match="JSON compliant"):
        json_bytes(float("nan"))
