"""What the inputs give to the sums: rows of numbers, and ids, each of which stands for a one-hot row."""

import pytest
import torch
from torch.nn.functional import one_hot
from torch.nn.utils.rnn import pack_sequence

from rnnviz.nn import LAYERS
from rnnviz.recurrence.inputs import are_ids, project, unproject
from tests.cases import every, mostly_slow
from tests.nn.compare import CELLS, ENGINES, TOLERANCE, assert_same, error, on, random_state, run

D, H = 5, 3
DTYPES = every("dtype", [torch.float64, torch.float32])


def rows_of(ids, dtype=torch.float64):
    return one_hot(ids, D).to(dtype)


def test_whole_numbers_are_ids():
    assert are_ids(torch.zeros(2, 3, dtype=torch.int64))
    assert not are_ids(torch.zeros(2, 3))
    assert not are_ids(torch.zeros(2, 3, dtype=torch.bfloat16))


@DTYPES
@every("with_bias", [True, False])
def test_the_product_of_all_steps(with_bias, dtype):
    x, weight = torch.randn(4, 2, D, dtype=dtype), torch.randn(6, D, dtype=dtype)
    bias = torch.randn(6, dtype=dtype) if with_bias else None
    wanted = torch.nn.functional.linear(x, weight, bias)
    found = project(x, weight, bias)
    assert found.is_contiguous()
    assert error(found, wanted) < TOLERANCE[dtype]
    ids = torch.randint(D, (4, 2))
    assert error(project(ids, weight, bias), project(rows_of(ids, dtype), weight, bias)) < TOLERANCE[dtype]
    for inputs in (x, ids):
        out = torch.empty(5, 2, 6, dtype=dtype)[1:]
        assert project(inputs, weight, bias, out=out) is out
        assert torch.equal(out, project(inputs, weight, bias))


@every("pieces", [[6], [4, 2], [1, 2, 3]])
@every("ids", [False, True])
def test_the_way_back_is_autograds(ids, pieces):
    weight, bias = (torch.randn(*shape, dtype=torch.float64).requires_grad_() for shape in ((6, D), (6,)))
    x = torch.randint(D, (4, 2)) if ids else torch.randn(4, 2, D, dtype=torch.float64).requires_grad_()
    da = torch.randn(4, 2, 6, dtype=torch.float64)
    wanted = torch.autograd.grad(
        torch.nn.functional.linear(rows_of(x) if ids else x, weight, bias),
        [weight, bias] if ids else [weight, bias, x],
        da,
    )
    with torch.no_grad():
        found = unproject(x, weight, da.split(pieces, dim=2), (not ids, True, True))
        none = unproject(x, weight, da.split(pieces, dim=2), (False, False, False))
    assert error(found.weight, wanted[0]) < 1e-14
    assert error(found.bias, wanted[1]) < 1e-14
    if ids:
        assert found.x is None
    else:
        assert error(found.x, wanted[2]) < 1e-14
    assert none == (None, None, None)


# --- through the layers

LAYOUTS = {
    "padded": ({}, lambda ids: (ids, rows_of(ids)), (3,)),
    "batch-first": ({"batch_first": True}, lambda ids: (ids.t(), rows_of(ids).transpose(0, 1)), (3,)),
    "unbatched": ({}, lambda ids: (ids[:, 1], rows_of(ids)[:, 1]), ()),
    "packed": ({}, lambda ids: (packed(ids), packed(rows_of(ids))), (3,)),
}


def packed(values):
    return pack_sequence([values[:n, k] for k, n in enumerate((4, 7, 2))], enforce_sorted=False)


@every("layers", [1, 2])
@every("bidirectional", [False, True])
@every("layout", LAYOUTS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", mostly_slow(ENGINES, "scratch"))
def test_ids_give_what_their_one_hot_rows_give(engine, cell, layout, bidirectional, layers):
    """Outputs, states and every gradient; among 21 ids out of five many come more than once."""
    settings, inputs, batch = LAYOUTS[layout]
    layer = LAYERS[cell](
        D, H, layers, bidirectional=bidirectional, engine=engine, dtype=torch.float64, **settings
    )
    ids, rows = inputs(torch.randint(D, (7, 3)))
    state = random_state(layer, *batch)
    found, wanted = run(layer, ids, state), run(layer, rows, state)
    wanted.pop("grad.input")
    assert_same(found, wanted, 1e-12)
    with torch.no_grad():
        mine, theirs = layer.trace(ids, state).values, layer.trace(rows, state).values
    assert_same(*({name: v.nan_to_num(7) for name, v in values.items()} for values in (mine, theirs)), 1e-12)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_without_biases_and_in_single_precision(engine, cell):
    layer = LAYERS[cell](D, H, 2, bias=False, engine=engine)
    ids = torch.randint(D, (7, 3))
    found, wanted = run(layer, ids, random_state(layer, 3)), run(layer, rows_of(ids, torch.float32))
    assert found.keys() == wanted.keys() - {"grad.input"} | {n for n in found if n.startswith("grad.start")}
    found = run(layer, ids)
    wanted.pop("grad.input")
    assert_same(found, wanted, 2e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_frozen_layer_reads_ids_from_a_start_that_learns(engine, cell):
    layer = LAYERS[cell](D, H, engine=engine, dtype=torch.float64).requires_grad_(False)
    ids, h0 = torch.randint(D, (4, 2)), torch.randn(1, 2, H, dtype=torch.float64).requires_grad_()
    state = (h0, torch.randn_like(h0)) if cell == "lstm" else h0
    (found,) = torch.autograd.grad(layer(ids, state)[0].sum(), h0)
    (wanted,) = torch.autograd.grad(on("readable", layer)(rows_of(ids), state)[0].sum(), h0)
    assert error(found, wanted) < 1e-12


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_ids_of_32_bits(engine, cell):
    layer = LAYERS[cell](D, H, engine=engine)
    ids = torch.randint(D, (4, 2))
    assert_same(run(layer, ids.int()), run(layer, ids), 0)
    with torch.no_grad():
        assert_same(layer.trace(ids.int()).values, layer.trace(ids).values, 0)


@every("wrong", [D, 100, -1])
@every("way", ["call", "trace", "trace without gradients", "step"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_id_that_stands_for_no_row_is_refused(engine, cell, way, wrong):
    layer = LAYERS[cell](D, H, engine=engine)
    with pytest.raises((IndexError, ValueError, RuntimeError)):
        read(layer, torch.tensor([[0, 1], [wrong, 2]]), way)


@every("wrong", [D, -1])
@every("way", ["call", "trace", "trace without gradients", "step"])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_refusal_is_a_sentence_with_the_id_and_the_width(engine, way, wrong):
    layer = LAYERS["lstm"](D, H, engine=engine)
    with pytest.raises((IndexError, ValueError), match=rf"{wrong}.*\.$") as caught:
        read(layer, torch.tensor([[0, 1], [wrong, 2]]), way)
    assert str(D) in str(caught.value) or str(D - 1) in str(caught.value)


def read(layer, ids, way):
    with torch.set_grad_enabled("without" not in way):
        if way == "step":
            layer.step(ids[1])
        elif way == "call":
            layer(ids)
        else:
            layer.trace(ids)


@every("dtype", [torch.bool, torch.complex64])
@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_neither_numbers_nor_ids_is_refused_in_a_sentence(engine, dtype):
    with pytest.raises((TypeError, ValueError, RuntimeError), match=rf"{dtype}.*\.$"):
        LAYERS["lstm"](D, H, engine=engine)(torch.ones(4, 2).to(dtype))
