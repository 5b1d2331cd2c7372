"""Trace and Quantity: frozen, named, and saved without loss."""

import copy
import csv
import dataclasses
import json
import os
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnnviz.traces import Quantity, Trace, TraceError

STEPS, UNITS = 3, 2
TOKENS = ("a", "\n", "é")


def small(tokens=TOKENS) -> Trace:
    """Three steps of a made-up layer of two units."""
    steps = len(tokens)
    h = np.arange(steps * UNITS, dtype=np.float32).reshape(steps, UNITS)
    loss = np.arange(steps, dtype=np.float64)
    loss[:1] = np.nan
    quantities = {
        "l0.h": Quantity(h, ("step", "unit"), "h", "hidden state", "state", (-1.0, 1.0)),
        "l0.f": Quantity(h / 10, ("step", "unit"), "f", "forget gate", "gate", (0.0, 1.0)),
        "out.loss": Quantity(loss, ("step",), "L", "loss in nats", "loss"),
        "out.perplexity": Quantity(np.float64(4.5), (), "PPL", "perplexity", "loss"),
    }
    return Trace({"step": tokens}, quantities, {"model": "made-up", "text": "".join(tokens), "unknown": [1]})


# --- frozen


def test_a_quantity_is_frozen_and_its_values_are_its_own():
    source = np.zeros((STEPS, UNITS))
    quantity = Quantity(source, ("step", "unit"))
    source[0, 0] = 1
    assert quantity.values[0, 0] == 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        quantity.kind = "gate"
    with pytest.raises(ValueError, match="read-only"):
        quantity.values[0, 0] = 1


def test_a_trace_is_frozen():
    trace = small()
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.meta = {}
    for mapping, key in [(trace.quantities, "l0.h"), (trace.labels, "step"), (trace.meta, "model")]:
        with pytest.raises(TypeError):
            mapping[key] = None


def test_what_was_handed_in_can_change_without_harm():
    labels, meta = {"step": ["a", "b"]}, {"model": "m", "unknown": [0]}
    trace = Trace(labels, {"x": Quantity(np.zeros(2), ("step",))}, meta)
    labels["step"].append("c")
    meta["model"] = "other"
    meta["unknown"].append(1)
    assert trace.labels["step"] == ("a", "b")
    assert trace.meta["model"] == "m"
    assert list(trace.meta["unknown"]) == [0]


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda t: pickle.loads(pickle.dumps(t))])
def test_it_can_be_copied_and_sent_and_stays_frozen(again):
    trace = again(small())
    same(trace, small())
    with pytest.raises(ValueError, match="read-only"):
        trace["l0.h"].values[0, 0] = 1


# --- names, axes, lengths


def test_it_is_found_by_name():
    trace = small()
    assert trace["l0.h"].values.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert trace.names == ("l0.h", "l0.f", "out.loss", "out.perplexity")
    assert "l0.f" in trace
    assert "l0.c" not in trace
    assert len(trace) == STEPS
    assert trace.tokens == TOKENS


def test_a_wrong_name_is_answered_with_the_right_ones():
    with pytest.raises(KeyError) as caught:
        small()["l0.c"]
    assert isinstance(caught.value, TraceError)
    assert str(caught.value) == (
        "There is no quantity 'l0.c' here; there are: l0.h, l0.f, out.loss, out.perplexity."
    )


def test_a_wrong_axis_is_answered_with_the_right_ones():
    with pytest.raises(
        TraceError, match=r"no axis 'time'.*step.*source.*query.*key.*head.*unit.*input.*vocab.*rank"
    ):
        Quantity(np.zeros(2), ("time",))
    with pytest.raises(TraceError, match=r"no axis 'head' here; the axes are step, unit"):
        small()["l0.h"].axis("head")
    with pytest.raises(TraceError, match="the axes are none"):
        small()["out.perplexity"].axis("step")


def test_axes_and_array_must_fit():
    with pytest.raises(TraceError, match=r"2 axes, \(3, 2\), but the names \('step',\)"):
        Quantity(np.zeros((3, 2)), ("step",))


def test_labels_and_array_must_fit():
    with pytest.raises(TraceError, match="x has 3 places on the axis step, which has 2 labels"):
        Trace({"step": ("a", "b")}, {"x": Quantity(np.zeros(3), ("step",))})


# --- looking


def test_at_a_step():
    moment = small().at(1)
    assert moment["l0.h"].values.tolist() == [2, 3]
    assert moment["l0.h"].dims == ("unit",)
    assert moment["out.loss"].values == 1
    assert moment["l0.h"].domain == (-1.0, 1.0)
    assert "out.perplexity" not in moment
    assert (moment.meta["step"], moment.meta["token"]) == (1, "\n")
    assert moment.meta["model"] == "made-up"


def test_a_step_can_be_counted_from_the_end():
    assert small().at(-1)["l0.h"].values.tolist() == [4, 5]
    assert small().at(-1).meta["step"] == 2


@pytest.mark.parametrize("step", [3, -4, 100])
def test_a_step_that_does_not_exist(step):
    with pytest.raises(TraceError, match=rf"step {step} does not exist: there are 3, 0 to 2"):
        small().at(step)


def test_at_any_axis():
    quantity = small()["l0.h"].at("unit", 1)
    assert quantity.values.tolist() == [1, 3, 5]
    assert quantity.dims == ("step",)
    with pytest.raises(TraceError, match="unit 2 does not exist"):
        small()["l0.h"].at("unit", 2)


def test_select_by_kind_and_axes():
    trace = small()
    assert trace.select(kind="gate").names == ("l0.f",)
    assert trace.select(dims=("step",)).names == ("out.loss",)
    assert trace.select(kind="loss", dims=()).names == ("out.perplexity",)
    chosen = trace.select(kind="loss")
    assert chosen.names == ("out.loss", "out.perplexity")
    assert chosen.tokens == TOKENS
    assert chosen.meta == trace.meta


def test_select_nothing_says_what_there_is():
    with pytest.raises(TraceError, match=r"kinds: gate, loss, state; axes: \(\), \(step\), \(step, unit\)"):
        small().select(kind="gates")


def test_repr_says_the_text_and_the_names():
    assert repr(small()) == r"Trace('a\né', 3 steps: l0.h, l0.f, out.loss, out.perplexity)"
    assert len(repr(small(tuple("x" * 500)))) < 200


# --- tables


def test_a_frame_has_a_row_for_each_number():
    frame = small().to_frame("l0.h")
    assert list(frame.columns) == ["quantity", "step", "token", "unit", "value"]
    assert frame["value"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["step"].tolist() == [0, 0, 1, 1, 2, 2]
    assert frame["unit"].tolist() == [0, 1] * 3
    assert frame["token"].tolist() == ["a", "a", "\n", "\n", "é", "é"]
    assert frame["value"].dtype == np.float32


def test_a_frame_of_all_leaves_empty_the_axes_that_a_quantity_lacks():
    frame = small().to_frame()
    assert list(frame.columns) == ["quantity", "step", "token", "unit", "value"]
    assert len(frame) == 6 + 6 + 3 + 1
    loss = frame[frame["quantity"] == "out.loss"]
    assert loss["unit"].isna().all()
    assert loss["value"].isna().tolist() == [True, False, False]
    whole = frame[frame["quantity"] == "out.perplexity"]
    assert whole["step"].isna().all()
    assert whole["value"].tolist() == [4.5]


def test_the_columns_of_all_are_in_order_with_the_value_last():
    quantities = {
        "emb": Quantity(np.zeros((3, 5)), ("step", "input")),
        "l0.h": Quantity(np.zeros((3, 2)), ("step", "unit")),
    }
    trace = Trace({"step": TOKENS}, quantities)
    assert list(trace.to_frame().columns) == ["quantity", "step", "token", "unit", "input", "value"]
    assert list(Trace({}, quantities).to_frame("l0.h")["token"]) == [""] * 6  # nobody named the steps


def test_a_frame_of_a_wrong_name():
    with pytest.raises(TraceError, match=r"there are: l0\.h"):
        small().to_frame("h")


def test_csv_is_the_frame(tmp_path):
    path = tmp_path / "trace.csv"
    small().to_csv(path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 16
    assert rows[2] == {"quantity": "l0.h", "step": "1", "token": "\n", "unit": "0", "value": "2.0"}
    assert rows[-1] == {"quantity": "out.perplexity", "step": "", "token": "", "unit": "", "value": "4.5"}


def test_csv_writes_numbers_as_short_as_their_type_allows_and_integers_whole(tmp_path):
    quantities = {
        "l0.h": Quantity(np.array([0.1], dtype=np.float32), ("step",)),
        "l0.c": Quantity(np.array([0.1]), ("step",)),
        "out.topk.id": Quantity(np.array([7]), ("step",)),
        "out.loss": Quantity(np.array([np.nan]), ("step",)),
    }
    Trace({"step": ("x",)}, quantities).to_csv(tmp_path / "trace.csv")
    lines = (tmp_path / "trace.csv").read_text().splitlines()
    assert lines == [
        "quantity,step,token,value",
        "l0.h,0,x,0.1",
        "l0.c,0,x,0.1",
        "out.topk.id,0,x,7",
        "out.loss,0,x,",
    ]


@pytest.mark.parametrize("token", list("=+-@\t\r"))
def test_csv_never_hands_a_formula_to_a_spreadsheet(tmp_path, token):
    path = tmp_path / "trace.csv"
    small((token, "x", '"')).to_csv(path)
    with path.open(encoding="utf-8", newline="") as file:
        tokens = [row["token"] for row in csv.DictReader(file)]
    assert tokens[0] == "'" + token
    assert tokens[4] == '"'


# --- files


def same(a: Trace, b: Trace) -> None:
    """Everything equal: names, values and their types, facts."""
    assert a.names == b.names
    assert dict(a.labels) == dict(b.labels)
    assert json.dumps(dict(a.meta)) == json.dumps(dict(b.meta))
    for name in a.names:
        x, y = a[name], b[name]
        assert x.values.dtype == y.values.dtype
        np.testing.assert_array_equal(x.values, y.values)
        for field in ("dims", "symbol", "label", "kind", "domain"):
            assert getattr(x, field) == getattr(y, field), field


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
