"""A trace as a table, and as a file for a spreadsheet."""

import csv

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace, TraceError
from tests.traces.small import TOKENS, small


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
