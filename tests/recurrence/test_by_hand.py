"""Backpropagation through time in plain Python: one unit, one row, two or three steps."""

from math import exp, tanh

import pytest
import torch

from tests.recurrence.made import Problem


def sigmoid(a):
    return 1 / (1 + exp(-a))


def by_the_function(kind, x, weights, start, seen):
    """Its h and c by step, and every gradient of the loss, as lists of numbers.

    weights: W_ih, W_hh, b_ih and b_hh, one number for each gate; seen: the weight in the loss of each h_t,
    and of each c_t.
    """

    def leaf(numbers, *shape):
        return torch.tensor(numbers, dtype=torch.float64).reshape(shape).requires_grad_()

    matrices, biases = [leaf(w, -1, 1) for w in weights[:2]], [leaf(b, -1) for b in weights[2:]]
    inputs = (leaf(x, -1, 1, 1), *matrices, *biases, *(leaf([value], 1, 1) for value in start))
    outputs = Problem(kind, None, inputs).apply()
    loss = sum((leaf(s, -1, 1, 1).detach() * values).sum() for s, values in zip(seen, outputs, strict=True))
    names = ("x", "w_ih", "w_hh", "b_ih", "b_hh", "h0", "c0")
    gradients = {
        name: grad.flatten().tolist()
        for name, grad in zip(names, torch.autograd.grad(loss, inputs), strict=False)
    }
    return [values.flatten().tolist() for values in outputs], gradients


def assert_close(found, wanted):
    assert found.keys() == wanted.keys()
    for name, numbers in wanted.items():
        assert found[name] == pytest.approx(numbers, rel=1e-13, abs=1e-15), name


def test_relu_in_whole_numbers():
    """h1 = 1 + 2 = 3, h2 = -5 + 6 = 1, h3 = 3 + 2 = 5; the loss is h3, and each step back doubles it."""
    (h,), found = by_the_function("rnn_relu", [1, -5, 3], [[1], [2], [0], [0]], [1], [[0, 0, 1]])
    assert h == [3, 1, 5]
    assert found == {
        "x": [4, 2, 1],
        "w_ih": [4 * 1 + 2 * -5 + 1 * 3],
        "w_hh": [4 * 1 + 2 * 3 + 1 * 1],
        "b_ih": [7],
        "b_hh": [7],
        "h0": [8],
    }


def test_relu_where_the_second_step_is_silent():
    """h1 = 3, h2 = 0 for a sum of -1, h3 = 3: nothing passes the second step on its way back."""
    (h,), found = by_the_function("rnn_relu", [1, -7, 3], [[1], [2], [0], [0]], [1], [[0, 0, 1]])
    assert h == [3, 0, 3]
    assert found == {"x": [0, 0, 1], "w_ih": [3], "w_hh": [0], "b_ih": [1], "b_hh": [1], "h0": [0]}


def test_tanh():
    (x1, x2, x3), w, u, b, v, h0 = (0.7, -1.3, 0.4), 0.8, -1.1, 0.2, -0.5, 0.3
    p1, p2, p3 = 0.9, -0.6, 1.1
    h1 = tanh(w * x1 + b + u * h0 + v)
    h2 = tanh(w * x2 + b + u * h1 + v)
    h3 = tanh(w * x3 + b + u * h2 + v)

    da3 = p3 * (1 - h3**2)
    da2 = (p2 + u * da3) * (1 - h2**2)
    da1 = (p1 + u * da2) * (1 - h1**2)
    wanted = {
        "x": [w * da1, w * da2, w * da3],
        "w_ih": [da1 * x1 + da2 * x2 + da3 * x3],
        "w_hh": [da1 * h0 + da2 * h1 + da3 * h2],
        "b_ih": [da1 + da2 + da3],
        "b_hh": [da1 + da2 + da3],
        "h0": [u * da1],
    }
    (h,), found = by_the_function("rnn", [x1, x2, x3], [[w], [u], [b], [v]], [h0], [[p1, p2, p3]])
    assert h == pytest.approx([h1, h2, h3], rel=1e-14)
    assert_close(found, wanted)


def test_lstm():
    (x1, x2), h0, c0 = (0.7, -1.3), 0.3, -0.8
    w, u = [0.5, -0.9, 1.2, 0.4], [-0.7, 0.6, 0.8, -1.1]  # of i, f, g and o
    b, v = [0.1, 0.3, -0.2, 0.5], [-0.4, 0.2, 0.6, -0.1]
    (p1, p2), (q1, q2) = (0.9, -0.6), (-0.3, 0.8)  # the loss: p1 h1 + p2 h2 + q1 c1 + q2 c2

    i1, f1, o1 = (sigmoid(w[k] * x1 + b[k] + u[k] * h0 + v[k]) for k in (0, 1, 3))
    g1 = tanh(w[2] * x1 + b[2] + u[2] * h0 + v[2])
    c1 = f1 * c0 + i1 * g1
    h1 = o1 * tanh(c1)
    i2, f2, o2 = (sigmoid(w[k] * x2 + b[k] + u[k] * h1 + v[k]) for k in (0, 1, 3))
    g2 = tanh(w[2] * x2 + b[2] + u[2] * h1 + v[2])
    c2 = f2 * c1 + i2 * g2
    h2 = o2 * tanh(c2)

    dh2 = p2
    dc2 = q2 + dh2 * o2 * (1 - tanh(c2) ** 2)
    di2, df2, dg2, do2 = dc2 * g2, dc2 * c1, dc2 * i2, dh2 * tanh(c2)
    da2 = [di2 * i2 * (1 - i2), df2 * f2 * (1 - f2), dg2 * (1 - g2**2), do2 * o2 * (1 - o2)]
    dh1 = p1 + sum(u[k] * da2[k] for k in range(4))
    dc1 = q1 + dc2 * f2 + dh1 * o1 * (1 - tanh(c1) ** 2)
    di1, df1, dg1, do1 = dc1 * g1, dc1 * c0, dc1 * i1, dh1 * tanh(c1)
    da1 = [di1 * i1 * (1 - i1), df1 * f1 * (1 - f1), dg1 * (1 - g1**2), do1 * o1 * (1 - o1)]
    both = [a + b for a, b in zip(da1, da2, strict=True)]
    wanted = {
        "x": [sum(w[k] * da1[k] for k in range(4)), sum(w[k] * da2[k] for k in range(4))],
        "w_ih": [da1[k] * x1 + da2[k] * x2 for k in range(4)],
        "w_hh": [da1[k] * h0 + da2[k] * h1 for k in range(4)],
        "b_ih": both,
        "b_hh": both,
        "h0": [sum(u[k] * da1[k] for k in range(4))],
        "c0": [dc1 * f1],
    }
    (h, c), found = by_the_function("lstm", [x1, x2], [w, u, b, v], [h0, c0], [[p1, p2], [q1, q2]])
    assert h == pytest.approx([h1, h2], rel=1e-14)
    assert c == pytest.approx([c1, c2], rel=1e-14)
    assert_close(found, wanted)


def test_gru():
    (x1, x2), h0 = (0.7, -1.3), 0.3
    w, u = [0.5, -0.9, 1.2], [-0.7, 0.6, 0.8]  # of r, z and n
    b, v = [0.1, 0.3, -0.2], [-0.4, 0.2, 0.6]
    p1, p2 = 0.9, -0.6

    r1, z1 = (sigmoid(w[k] * x1 + b[k] + u[k] * h0 + v[k]) for k in (0, 1))
    m1 = u[2] * h0 + v[2]
    n1 = tanh(w[2] * x1 + b[2] + r1 * m1)
    h1 = (1 - z1) * n1 + z1 * h0
    r2, z2 = (sigmoid(w[k] * x2 + b[k] + u[k] * h1 + v[k]) for k in (0, 1))
    m2 = u[2] * h1 + v[2]
    n2 = tanh(w[2] * x2 + b[2] + r2 * m2)
    h2 = (1 - z2) * n2 + z2 * h1

    dh2 = p2
    dn2, dz2 = dh2 * (1 - z2) * (1 - n2**2), dh2 * (h1 - n2) * z2 * (1 - z2)
    dr2, dm2 = dn2 * m2 * r2 * (1 - r2), dn2 * r2
    dh1 = p1 + dh2 * z2 + u[0] * dr2 + u[1] * dz2 + u[2] * dm2
    dn1, dz1 = dh1 * (1 - z1) * (1 - n1**2), dh1 * (h0 - n1) * z1 * (1 - z1)
    dr1, dm1 = dn1 * m1 * r1 * (1 - r1), dn1 * r1
    wanted = {
        "x": [w[0] * dr1 + w[1] * dz1 + w[2] * dn1, w[0] * dr2 + w[1] * dz2 + w[2] * dn2],
        "w_ih": [dr1 * x1 + dr2 * x2, dz1 * x1 + dz2 * x2, dn1 * x1 + dn2 * x2],
        "w_hh": [dr1 * h0 + dr2 * h1, dz1 * h0 + dz2 * h1, dm1 * h0 + dm2 * h1],
        "b_ih": [dr1 + dr2, dz1 + dz2, dn1 + dn2],
        "b_hh": [dr1 + dr2, dz1 + dz2, dm1 + dm2],
        "h0": [dh1 * z1 + u[0] * dr1 + u[1] * dz1 + u[2] * dm1],
    }
    (h,), found = by_the_function("gru", [x1, x2], [w, u, b, v], [h0], [[p1, p2]])
    assert h == pytest.approx([h1, h2], rel=1e-14)
    assert_close(found, wanted)
