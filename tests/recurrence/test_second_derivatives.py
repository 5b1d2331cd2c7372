"""Second derivatives through layers, by every way that leads from the weights to the loss."""

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from rnnviz.nn import LAYERS
from tests.cases import every, mostly_slow
from tests.nn.compare import (
    CELLS,
    assert_same,
    error,
    like,
    loss_of,
    numbers,
    on,
    parts,
    random_state,
    weights_like,
)

T, B, D, H = 4, 2, 3, 3
WAYS = every("bidirectional", [False, True])
ON_CELLS = pytest.mark.parametrize("cell", CELLS)


def layer_of(cell, engine="scratch", layers=1, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=torch.float64, **settings)


def twice(loss, wanted):
    """dL/dw of all that is wanted, and the gradients of a number that is computed from those."""
    first = torch.autograd.grad(loss, wanted, create_graph=True)
    again = sum((weights_like(grad) * grad * (1 + grad)).sum() for grad in first)
    second = torch.autograd.grad(again, wanted)
    return {
        f"{k}.{n}": grad.detach() for k, grads in enumerate((first, second)) for n, grad in enumerate(grads)
    }


@every("kind", ["rows", "ids", "packed"])
@every("layers", [1, 2])
@WAYS
@pytest.mark.parametrize("cell", mostly_slow(CELLS, "lstm"))
def test_second_derivatives(cell, bidirectional, layers, kind):
    layer = layer_of(cell, layers=layers, bidirectional=bidirectional)
    x = torch.randint(D, (T, B)) if kind == "ids" else numbers(T, B, D).requires_grad_()
    state = random_state(layer, B)
    starts = [part.requires_grad_() for part in parts(state)]

    def found(engine):
        called = on(engine, layer)
        rows = pack_sequence([x[:2, 0], x[:, 1]], enforce_sorted=False) if kind == "packed" else x
        wanted = [*called.parameters(), *starts, *([] if kind == "ids" else [x])]
        return twice(loss_of(*called(rows, state)), wanted)

    assert_same(found("scratch"), found("readable"), 1e-12)


@WAYS
@ON_CELLS
def test_second_derivatives_where_the_input_is_made_from_the_weights(cell, bidirectional):
    """Tied weights: each weight has two ways to the loss, neither of which may be gone twice."""
    layer = layer_of(cell, bidirectional=bidirectional)
    x = numbers(T, B, D)

    def found(engine):
        called = on(engine, layer)
        w_ih, w_hh = called.weight_ih_l0, called.weight_hh_l0
        tied = x @ w_ih[:D] * (1 + w_hh[0]) + called.bias_ih_l0[:D]
        start = [(w_hh[0].sum() * part).tanh() for part in parts(state)]
        return twice(loss_of(*called(tied, like(state, start))), list(called.parameters()))

    state = random_state(layer, B)
    assert_same(found("scratch"), found("readable"), 1e-12)


@ON_CELLS
def test_second_derivatives_of_a_layer_on_its_own_output(cell):
    layer = layer_of(cell)
    x, state = numbers(T, B, D).requires_grad_(), random_state(layer, B)

    def found(engine):
        called = on(engine, layer)
        output, middle = called(x, state)
        return twice(loss_of(*called(output, middle)), [*called.parameters(), x])

    assert_same(found("scratch"), found("readable"), 1e-12)


@ON_CELLS
def test_a_third_derivative(cell):
    layer = layer_of(cell)
    x = numbers(T, B, D).requires_grad_()

    def found(engine):
        output = on(engine, layer)(x)[0]
        value = (weights_like(output) * output).sum()
        for _ in range(3):
            (slope,) = torch.autograd.grad(value, x, create_graph=True)
            value = (weights_like(slope) * slope * (1 + slope)).sum()
        return slope.detach()

    wanted = found("readable")
    assert wanted.abs().max() > 0 or cell == "rnn_relu"
    assert error(found("scratch"), wanted) < 1e-12
