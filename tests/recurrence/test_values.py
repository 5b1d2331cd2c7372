"""Every value of every step from the states alone."""

import pytest
import torch

from rnnviz.recurrence.values import every_value, lstm_values
from tests.cases import every
from tests.nn.compare import TOLERANCE, error, weights_like
from tests.recurrence.made import CELLS, FALLING, problem

DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
SIZES = every("sizes", [None, FALLING])
IDS = every("ids", [False, True])
BIAS = every("bias", [True, False])


def assert_values(found, wanted, made):
    assert found.keys() == wanted.keys()
    read, tolerance = made.read(), TOLERANCE[made.cell().weight_hh.dtype]
    for name, value in wanted.items():
        assert error((found[name] * read).detach(), (value * read).detach()) < tolerance, name


@DTYPES
@SIZES
@BIAS
@IDS
@pytest.mark.parametrize("cell", CELLS)
def test_they_are_the_unrolled_cells(cell, ids, bias, sizes, dtype):
    made = problem(cell, ids=ids, bias=bias, sizes=sizes, units=3, dtype=dtype)
    wanted = made.readable()
    assert_values(every_value(made.cell(), made.x, made.start, wanted["h"]), wanted, made)


@DTYPES
@SIZES
@BIAS
@IDS
def test_the_lean_way_of_an_lstm_finds_the_same(ids, bias, sizes, dtype):
    made = problem("lstm", ids=ids, bias=bias, sizes=sizes, units=3, dtype=dtype)
    with torch.no_grad():
        wanted = made.readable()
        before = wanted["h"].clone()
        assert_values(lstm_values(made.cell(), made.x, made.start, wanted["h"]), wanted, made)
    assert torch.equal(wanted["h"], before)


@pytest.mark.parametrize("cell", CELLS)
def test_the_values_share_no_memory_with_the_inputs(cell):
    """Writing into one of them changes neither the start nor the weights nor the given h."""
    made = problem(cell, units=3)
    with torch.no_grad():
        h = made.readable()["h"]
        given = [*made.inputs, h]
        before = [value.clone() for value in given]
        for value in every_value(made.cell(), made.x, made.start, h).values():
            value.zero_()
        assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))


@pytest.mark.parametrize("cell", CELLS)
def test_autograd_goes_back_through_each_of_them(cell):
    """From h that is no function of the inputs: the way through x_t, the weights and h_{t-1} of that step."""
    made = problem(cell, steps=3, batch=2)
    h = made.readable()["h"].detach().requires_grad_()

    def told(*inputs):
        given = made._replace(inputs=inputs[:-1])
        values = every_value(given.cell(), given.x, given.start, inputs[-1])
        return tuple(values[name] * weights_like(values[name]) for name in sorted(values))

    assert torch.autograd.gradcheck(told, (*made.inputs, h))
