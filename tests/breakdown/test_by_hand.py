"""Numbers of cells of two units taken apart, by hand."""

import numpy as np
import pytest
import torch

from rnnviz.breakdown import explain, terms
from rnnviz.models.language import LanguageModel
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.quantities import GATES
from rnnviz.record import record
from tests.breakdown.asked import rows


def by_hand(cell: str, **weights) -> LanguageModel:
    """A model of two units that reads a and b, all weights 0 but for those given, by gate: W_ih, W_hh, ..."""
    model = LanguageModel(Vocabulary(("<unk>", "a", "b")), cell, hidden=2).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        for name, values in weights.items():
            kind, _, gate = name.rpartition("_")
            rows = slice(2 * GATES[cell].index(gate), 2 * GATES[cell].index(gate) + 2)
            getattr(model.rnn, f"{kind}_l0")[rows] = torch.tensor(values, dtype=torch.float64)
    return model


def state(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 2)


def test_an_rnn_by_hand():
    model = by_hand(
        "rnn",
        weight_ih_h=[[0, 0, 0], [7, 0.5, -2]],
        weight_hh_h=[[0, 0], [3, 4]],
        bias_ih_h=[0, 0.25],
        bias_hh_h=[0, -1],
    )
    trace = record(model, "b", state(0.5, -0.25))
    assert rows(explain(model, trace, "l0.h", 0, 1)) == [
        ("b", -2.0, 1.0, 1.0, -2.0),
        ("b_ih", 0.25, 1.0, 1.0, 0.25),
        ("l0.h[0]", 3.0, 0.5, 1.0, 1.5),
        ("l0.h[1]", 4.0, -0.25, 1.0, -1.0),
        ("b_hh", -1.0, 1.0, 1.0, -1.0),
    ]
    found = terms(model, trace, "l0.h", 1)
    assert (found.total[0], found.activation, found.symbol) == (-2.25, "tanh", "h")
    assert found.value[0] == pytest.approx(np.tanh(-2.25), rel=1e-15)


def test_an_lstm_by_hand():
    model = by_hand(
        "lstm",
        weight_ih_f=[[0, 2, 5], [0, 0, 0]],
        weight_hh_f=[[-1, 0.5], [0, 0]],
        bias_ih_f=[-4, 0],
        bias_hh_f=[2, 0],
        bias_ih_g=[np.arctanh(0.5), 0],
    )
    trace = record(model, "a", (state(1, 2), state(3, -4)))
    assert rows(explain(model, trace, "l0.f", 0, 0)) == [
        ("a", 2.0, 1.0, 1.0, 2.0),
        ("b_if", -4.0, 1.0, 1.0, -4.0),
        ("l0.h[0]", -1.0, 1.0, 1.0, -1.0),
        ("l0.h[1]", 0.5, 2.0, 1.0, 1.0),
        ("b_hf", 2.0, 1.0, 1.0, 2.0),
    ]
    assert trace["l0.f"].values[0].tolist() == [0.5, 0.5]  # the sum is 0
    (kept, written), (shown,) = (rows(explain(model, trace, f"l0.{letter}", 0, 0)) for letter in "ch")
    assert kept == ("l0.c[0]", 0.5, 3.0, 1.0, 1.5)
    assert written == ("l0.g[0]", 0.5, pytest.approx(0.5), 1.0, pytest.approx(0.25))
    assert shown == (
        "tanh(l0.c[0])",
        0.5,
        pytest.approx(np.tanh(1.75)),
        1.0,
        pytest.approx(np.tanh(1.75) / 2),
    )
    kept, written = rows(explain(model, trace, "l0.c", 0, 1))
    assert kept == ("l0.c[1]", 0.5, -4.0, 1.0, -2.0)
    assert written == ("l0.g[1]", 0.5, 0.0, 1.0, 0.0)


def test_a_gru_by_hand():
    model = by_hand(
        "gru",
        weight_ih_n=[[0, 0, 0], [0, 1, -1]],
        weight_hh_n=[[0, 0], [2, -4]],
        bias_ih_n=[0, 0.5],
        bias_hh_n=[0, 3],
        bias_ih_z=[0, np.log(3)],
    )
    trace = record(model, "a", state(1, 0.25))
    half = [("a", 1.0, 1.0, 1.0, 1.0), ("b_in", 0.5, 1.0, 1.0, 0.5)]
    assert rows(explain(model, trace, "l0.n", 0, 1)) == [
        *half,
        ("l0.h[0]", 2.0, 1.0, 0.5, 1.0),
        ("l0.h[1]", -4.0, 0.25, 0.5, -0.5),
        ("b_hn", 3.0, 1.0, 0.5, 1.5),
    ]
    assert terms(model, trace, "l0.n", 1).total[0] == 3.5
    assert rows(explain(model, trace, "l0.n_x", 0, 1)) == half
    assert [row[3:] for row in rows(explain(model, trace, "l0.n_h", 0, 1))] == [
        (1.0, 2.0), (1.0, -1.0), (1.0, 3.0),
    ]  # fmt: skip
    written, kept = rows(explain(model, trace, "l0.h", 0, 1))
    n = pytest.approx(np.tanh(3.5))
    assert written == ("l0.n[1]", pytest.approx(0.25), n, 1.0, pytest.approx(np.tanh(3.5) / 4))
    assert kept == ("l0.h[1]", pytest.approx(0.75), 0.25, 1.0, pytest.approx(0.1875))
