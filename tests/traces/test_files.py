"""A trace saved and loaded without loss, and files that are none."""

import json
import os
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnnviz.traces import Quantity, Trace, TraceError
from tests.traces.small import same, small

NASTY = [
    "\0",
    "a\0",
    "🙂",
    "e\u0301",
    "\u202e",
    "中",
    "\ud800",
    "<b>",
    "![](http://x)",
    "\r\n",
    "'",
    '"',
    "\u2028",
    "=1+1",
]


def test_saved_and_loaded_it_is_the_same(tmp_path):
    trace = small()
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    same(again, trace)
    with pytest.raises(ValueError, match="read-only"):
        again["l0.h"].values[0, 0] = 1


@pytest.mark.parametrize("token", NASTY, ids=ascii)
def test_any_token_survives(tmp_path, token):
    trace = small((token, "x", token))
    trace.save(tmp_path / "trace.npz")
    same(Trace.load(tmp_path / "trace.npz"), trace)
    trace.to_csv(tmp_path / "trace.csv")
    assert len(pd.read_csv(tmp_path / "trace.csv")) == 16


@given(
    st.lists(st.text(st.characters(), min_size=1, max_size=3), min_size=1, max_size=6),
    st.sampled_from([np.float32, np.float64, np.int64, np.float16]),
    st.data(),
)
def test_any_labels_and_numbers_survive(tmp_path_factory, tokens, dtype, data):
    shape = (len(tokens), data.draw(st.integers(1, 4)))
    values = data.draw(hnp.arrays(dtype, shape))
    trace = Trace(
        {"step": tuple(tokens)}, {"x": Quantity(values, ("step", "unit"))}, {"text": "".join(tokens)}
    )
    path = tmp_path_factory.mktemp("trace") / "trace.npz"
    trace.save(path)
    same(Trace.load(path), trace)


def test_the_name_of_the_file_is_the_one_asked_for(tmp_path):
    small().save(tmp_path / "trace")
    assert [path.name for path in tmp_path.iterdir()] == ["trace"]
    same(Trace.load(tmp_path / "trace"), small())


def test_there_is_no_pickle_in_the_file(tmp_path):
    path = tmp_path / "trace.npz"
    small().save(path)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            header = archive.read(name)[:128]
            assert header.startswith(b"\x93NUMPY")
            assert b"'|O'" not in header
    with np.load(path, allow_pickle=False) as file:
        assert json.loads(file["about"].tobytes())["format"] == 1


def broken_files(folder):
    """Files that are no trace, or no longer one."""
    small().save(folder / "good.npz")
    good = (folder / "good.npz").read_bytes()
    np.savez(folder / "other.npz", x=np.zeros(3))
    np.savez(folder / "pickled.npz", about=np.array([{"format": 1}], dtype=object))
    return {
        "empty": b"",
        "text": b"hello",
        "half": good[: len(good) // 2],
        "other": (folder / "other.npz").read_bytes(),
        "pickled": (folder / "pickled.npz").read_bytes(),
    }


@pytest.mark.parametrize("kind", ["empty", "text", "half", "other", "pickled"])
def test_a_file_that_is_no_trace_is_refused_in_a_sentence(tmp_path, kind):
    path = tmp_path / "broken.npz"
    path.write_bytes(broken_files(tmp_path)[kind])
    with pytest.raises(TraceError, match=r"broken\.npz"):
        Trace.load(path)


def test_a_file_of_a_later_format_is_said_to_be_one(tmp_path):
    path = tmp_path / "trace.npz"
    small().save(path)
    with np.load(path) as file:
        arrays = dict(file)
    about = json.loads(arrays["about"].tobytes()) | {"format": 2}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(TraceError, match="format 2, not 1"):
        Trace.load(path)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_file_with_a_trap_in_it_runs_nothing(tmp_path):
    trap = np.array([Trap(str(tmp_path / "sprung"))], dtype=object)
    np.savez(tmp_path / "about.npz", about=trap)
    with pytest.raises(TraceError):
        Trace.load(tmp_path / "about.npz")
    listed = {"format": 1, "labels": {}, "meta": {}, "quantities": {"x": {"dims": ["step"]}}}
    about = np.frombuffer(json.dumps(listed).encode(), np.uint8)
    np.savez(tmp_path / "value.npz", about=about, x=trap)
    with pytest.raises(TraceError):
        Trace.load(tmp_path / "value.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(TraceError, match="no file"):
        Trace.load(tmp_path / "none.npz")
