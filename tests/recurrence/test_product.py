"""y += x W^T, by whichever library is the faster one."""

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from rnnviz.nn import LAYERS
from rnnviz.recurrence import product
from rnnviz.recurrence.product import MANY_WEIGHTS, HandingOn, adding_product
from tests.cases import every
from tests.nn.compare import CELLS, assert_twins_agree, error, on, random_state, run, twins

SIDE = 512
ROWS = MANY_WEIGHTS // SIDE
# weight (N, K): far below the bound, just below it, on it and above it; the last one wide.
SHAPES = [(1, 1), (3, 5), (ROWS - 1, SIDE), (ROWS, SIDE), (ROWS + 1, SIDE), (SIDE, ROWS + 1)]
KNOWN = all(hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight"))


@pytest.fixture(params=[False, True], ids=["mkl", "onednn"])
def onednn(request, monkeypatch):
    if request.param and not (KNOWN and torch.backends.mkldnn.is_available()):
        pytest.skip("this torch has no oneDNN product")
    monkeypatch.setattr(product, "_onednn_is_faster", lambda: request.param)
    return request.param


@every("turned", [False, True])
@every("batch", [1, 3, 32])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@every("dtype", [torch.float64, torch.float32])
def test_it_adds_the_product_in_place_or_elsewhere(dtype, shape, batch, turned, onednn):
    """Turned: the weight's columns lie side by side, as those of W^T do on the way back."""
    rows, columns = shape
    weight = torch.randn(columns, rows).t() if turned else torch.randn(rows, columns)
    y, x = torch.randn(batch, rows), torch.randn(batch, columns)
    truth = y.double() + x.double() @ weight.double().t()
    mine = y.to(dtype)
    elsewhere, before = torch.full_like(mine, torch.nan), mine.clone()
    add_product = adding_product(weight.to(dtype))
    add_product(mine, x.to(dtype), elsewhere)
    assert torch.equal(mine, before)
    add_product(mine, x.to(dtype), mine)
    assert torch.equal(mine, elsewhere)
    assert error(mine.double(), truth) < (1e-13 if dtype == torch.float64 else 2e-6)


@pytest.mark.parametrize("rows", [ROWS // 2, ROWS])
def test_it_reads_and_writes_a_few_rows_of_many(rows, onednn):
    """Where shorter rows have ended, only the first ones of a step take part."""
    weight, x, y = torch.randn(rows, SIDE), torch.randn(4, 6, SIDE), torch.zeros(4, 6, rows)
    adding_product(weight)(y[1][:2], x[1][:2], y[1][:2])
    assert error(y[1, :2], x[1, :2] @ weight.t()) < 2e-6
    assert y[1, 2:].eq(0).all()
    assert y[[0, 2, 3]].eq(0).all()


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2, 2), (3, 3, 3), (5, 5, 5), (5, 5, 2)], ids=str)
def test_few_rows_are_handed_on_with_no_more_rounding_than_many(sizes):
    weight, da = torch.randn(1040, 260), torch.randn(3, sizes[0], 1040)
    dh, seen = torch.empty(sizes[0], 260), torch.zeros(3, sizes[0], 260)
    hand_on = HandingOn(weight, seen, dh, None if sizes[0] == sizes[2] else sizes)
    hand_on(2, da[2, : sizes[2]])
    truth = da[2, : sizes[2]].double() @ weight.double()
    largest = truth.abs().max()
    assert error(dh[: sizes[2]].double() / largest, truth / largest) < 8e-7


@pytest.mark.parametrize("shape", [(8, 8), (ROWS, SIDE)], ids=str)
def test_it_can_be_used_again_and_leaves_the_weight_alone(shape, onednn):
    weight, x = torch.randn(shape), torch.randn(2, shape[1])
    before, add_product = weight.clone(), adding_product(weight)
    y = torch.zeros(2, shape[0])
    for _ in range(3):
        add_product(y, x, y)
    assert error(y, 3 * x @ weight.t()) < 5e-6
    assert torch.equal(weight, before)


@pytest.mark.parametrize("kind", ["padded", "packed"])
@pytest.mark.parametrize("cell", CELLS)
def test_layers_agree_with_torch_by_either_way(cell, kind, onednn, monkeypatch):
    """There and back, with the bound so low that every product of the loops is above it."""
    monkeypatch.setattr(product, "MANY_WEIGHTS", 1)
    ours, theirs = twins(cell, 5, 7, num_layers=2, bidirectional=True, engine="scratch")
    rows = [torch.randn(steps, 5) for steps in (3, 6, 2)]
    x = pack_sequence(rows, enforce_sorted=False) if kind == "packed" else torch.randn(6, 3, 5)
    assert_twins_agree(ours, theirs, x, random_state(theirs, 3))


@pytest.mark.parametrize("cell", CELLS)
def test_layers_of_many_weights_agree_with_torch(cell, onednn, monkeypatch):
    """Sums of so many float32 numbers are off by more than the usual tolerance, torch's as well as ours."""
    monkeypatch.setattr(product, "MANY_WEIGHTS", 2**16)
    ours, theirs = twins(cell, 3, 260, engine="scratch")
    x, state = torch.randn(4, 4, 3), random_state(theirs, 4)
    mine, wanted = run(ours, x, state), run(theirs, x, state)
    assert error(mine["output"], wanted["output"]) < 2e-6
    exact = tuple(part.double() for part in state) if isinstance(state, tuple) else state.double()
    truth = run(theirs.double(), x.double(), exact)
    for name in truth:
        assert error(mine[name].double(), truth[name]) < 2 * error(wanted[name].double(), truth[name]) + 1e-6


def test_the_weights_of_the_moment_count(onednn, monkeypatch):
    """What is laid out once is laid out anew for the next call: weights change between training steps."""
    monkeypatch.setattr(product, "MANY_WEIGHTS", 1)
    layer, x = LAYERS["rnn"](3, 20, engine="scratch"), torch.randn(3, 2, 3)
    before = layer(x)[0]
    with torch.no_grad():
        layer.weight_hh_l0.mul_(-1)
    after = layer(x)[0]
    assert error(before, after) > 1e-3
    assert error(after, on("readable", layer)(x)[0]) < 2e-6
