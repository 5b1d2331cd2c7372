"""One step of each cell against numbers written out with pencil and paper: no torch in what is expected."""

from math import exp, tanh

import pytest
import torch
from torch import Tensor

from rnnviz.cells import GRUCell, LSTMCell, RNNCell

# Two inputs, one unit, and weights that nobody would confuse with one another.
X1, X2 = 0.5, -1.5
H = 0.3
C = -0.8


def row(*numbers: float) -> Tensor:
    return torch.tensor([numbers], dtype=torch.float64)


def column(*numbers: float) -> Tensor:
    return torch.tensor([[n] for n in numbers], dtype=torch.float64)


def table(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def vector(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def sigmoid(a: float) -> float:
    return 1 / (1 + exp(-a))


def same(value: Tensor, expected: float) -> bool:
    return value.shape == (1, 1) and value.item() == pytest.approx(expected, abs=1e-15, rel=1e-15)


def test_rnn_tanh():
    cell = RNNCell(table((0.7, -0.2)), column(0.9), vector(0.05), vector(-0.15))
    gates = cell.gates(row(X1, X2), row(H))
    state = cell.update(gates, cell.start(row(H)))

    a = 0.7 * 0.5 + -0.2 * -1.5 + 0.05 + 0.9 * 0.3 - 0.15  # 0.82
    assert same(gates.a, a)
    assert same(state.h, tanh(a))


@pytest.mark.parametrize(("bias", "h"), [(0.05, 0.97), (-2.0, 0.0)])
def test_rnn_relu(bias, h):
    cell = RNNCell(table((0.7, -0.2)), column(0.9), vector(bias), vector(0.0), nonlinearity="relu")
    state = cell.update(cell.gates(row(X1, X2), row(H)), cell.start(row(H)))
    assert same(state.h, h)


def test_rnn_without_bias():
    cell = RNNCell(table((0.7, -0.2)), column(0.9))
    assert same(cell.gates(row(X1, X2), row(H)).a, 0.7 * 0.5 + -0.2 * -1.5 + 0.9 * 0.3)


def test_rnn_with_two_units_reads_each_row_of_its_weights():
    cell = RNNCell(table((1.0, 0.0), (0.0, 2.0)), table((0.1, 0.2), (0.3, 0.4)))
    a = cell.gates(row(10.0, 100.0), row(1.0, 2.0)).a
    # unit 1: 1 * 10 + 0.1 * 1 + 0.2 * 2; unit 2: 2 * 100 + 0.3 * 1 + 0.4 * 2
    assert a.tolist() == [pytest.approx([10.5, 201.1], abs=1e-12)]


def test_lstm():
    cell = LSTMCell(
        weight_ih=table((0.1, 0.2), (-0.3, 0.4), (0.5, -0.6), (0.7, 0.8)),  # i, f, g, o
        weight_hh=column(0.9, -1.0, 1.1, -1.2),
        bias_ih=vector(0.01, 0.02, 0.03, 0.04),
        bias_hh=vector(0.5, -0.6, 0.7, -0.8),
    )
    gates = cell.gates(row(X1, X2), row(H))
    state = cell.update(gates, cell.start(row(H), row(C)))

    a_i = 0.1 * 0.5 + 0.2 * -1.5 + 0.01 + 0.9 * 0.3 + 0.5
    a_f = -0.3 * 0.5 + 0.4 * -1.5 + 0.02 - 1.0 * 0.3 - 0.6
    a_g = 0.5 * 0.5 - 0.6 * -1.5 + 0.03 + 1.1 * 0.3 + 0.7
    a_o = 0.7 * 0.5 + 0.8 * -1.5 + 0.04 - 1.2 * 0.3 - 0.8
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o)
    c = f * -0.8 + i * g
    h = o * tanh(c)
    for name, expected in dict(a_i=a_i, a_f=a_f, a_g=a_g, a_o=a_o, i=i, f=f, g=g, o=o).items():
        assert same(getattr(gates, name), expected), name
    assert same(state.c, c)
    assert same(state.h, h)


def test_lstm_with_saturated_gates_keeps_writes_and_hides():
    def cell(b_i, b_f, b_g, b_o):
        return LSTMCell(
            torch.zeros(4, 2, dtype=torch.float64),
            torch.zeros(4, 1, dtype=torch.float64),
            vector(b_i, b_f, b_g, b_o),
            vector(0, 0, 0, 0),
        )

    def step(c):
        return c.update(c.gates(row(X1, X2), row(H)), c.start(row(H), row(C)))

    off, on = -1000.0, 1000.0
    assert same(step(cell(off, on, on, on)).c, -0.8)  # f = 1, i = 0: the cell keeps what it had
    assert same(step(cell(on, off, on, on)).c, 1.0)  # f = 0, i = 1: it takes the candidate
    assert same(step(cell(on, off, on, off)).h, 0.0)  # o = 0: nothing shows
    assert same(step(cell(on, off, on, on)).h, tanh(1.0))  # o = 1: all of it does


def test_gru():
    cell = GRUCell(
        weight_ih=table((0.1, 0.2), (-0.3, 0.4), (0.5, -0.6)),  # r, z, n
        weight_hh=column(0.9, -1.0, 1.1),
        bias_ih=vector(0.01, 0.02, 0.03),
        bias_hh=vector(0.5, -0.6, 0.7),
    )
    gates = cell.gates(row(X1, X2), row(H))
    state = cell.update(gates, cell.start(row(H)))

    a_r = 0.1 * 0.5 + 0.2 * -1.5 + 0.01 + 0.9 * 0.3 + 0.5
    a_z = -0.3 * 0.5 + 0.4 * -1.5 + 0.02 - 1.0 * 0.3 - 0.6
    n_x = 0.5 * 0.5 - 0.6 * -1.5 + 0.03
    n_h = 1.1 * 0.3 + 0.7
    r, z = sigmoid(a_r), sigmoid(a_z)
    a_n = n_x + r * n_h  # r after the matrix product, its bias included
    n = tanh(a_n)
    h = (1 - z) * n + z * 0.3
    for name, expected in dict(a_r=a_r, a_z=a_z, n_x=n_x, n_h=n_h, r=r, z=z).items():
        assert same(getattr(gates, name), expected), name
    for name, expected in dict(a_n=a_n, n=n, h=h).items():
        assert same(getattr(state, name), expected), name


@pytest.mark.parametrize(("b_z", "h"), [(1000.0, H), (-1000.0, tanh(0.25))])
def test_gru_with_z_at_one_keeps_the_past_and_at_zero_takes_the_candidate(b_z, h):
    zeros = torch.zeros(3, 2, dtype=torch.float64), torch.zeros(3, 1, dtype=torch.float64)
    cell = GRUCell(*zeros, vector(0.0, b_z, 0.25), vector(0.0, 0.0, 0.0))
    state = cell.update(cell.gates(row(X1, X2), row(H)), cell.start(row(H)))
    assert same(state.h, h)
