"""What a pass leaves, and the loop back over it: in blocks, from given values, for many losses at once."""

import pytest
import torch

from rnnviz.recurrence import passes
from rnnviz.recurrence.passes import blocks_backwards
from rnnviz.recurrence.scratch import PASSES
from tests.cases import every
from tests.nn.compare import TOLERANCE, error, weights_like
from tests.recurrence.made import CELLS, FALLING, problem


def forward(made, keep=False):
    cell = made.cell()
    with torch.no_grad():
        return PASSES[type(cell)].forward(cell, made.x, made.start, made.sizes, keep)


def backward(done, dh_seen, dc_seen=None, sizes=None):
    """-> dL/dh_0, dL/dc_0 and dL/da_t; what the loss sees is left as it was."""
    count, batch, size = dh_seen.shape
    before = dh_seen.clone()
    with torch.no_grad():
        dh, dc = torch.full_like(dh_seen[0], torch.nan), torch.zeros_like(dh_seen[0])
        da = torch.zeros(count, batch, done.sums * size, dtype=dh_seen.dtype)
        order = list(done.backward(dh, dc, dh_seen, dc_seen, da, sizes))
    assert order == list(reversed(range(count)))
    assert torch.equal(dh_seen, before)
    return dh, dc, da


def test_blocks_cover_all_steps_from_the_last_to_the_first():
    assert list(blocks_backwards(7, 3)) == [range(4, 7), range(1, 4), range(1)]
    assert list(blocks_backwards(6, 3)) == [range(3, 6), range(3)]
    assert list(blocks_backwards(2, 5)) == [range(2)]


def test_a_block_is_never_empty(monkeypatch):
    monkeypatch.setattr(passes, "NUMBERS_OF_A_BLOCK", 100)
    assert [passes.block_size(numbers) for numbers in (0, 1, 30, 100, 101, 10**9)] == [100, 100, 3, 1, 1, 1]


@pytest.mark.parametrize("numbers", [1, 12, 17, 24, 36])  # blocks of 1, 1, 1, 2 and 3 of the 7 steps
@pytest.mark.parametrize("sizes", [None, [3, 3, 3, 2, 2, 1, 1]], ids=["abreast", "falling"])
@pytest.mark.parametrize("cell", CELLS)
def test_how_many_steps_a_block_has_changes_nothing(cell, sizes, numbers, monkeypatch):
    made = problem(cell, steps=7, batch=3, units=4, sizes=sizes)

    def gradients():
        loss = sum((values * made.read() * weights_like(values)).sum() for values in made.apply())
        return torch.autograd.grad(loss, made.inputs)

    whole = gradients()
    monkeypatch.setattr(passes, "NUMBERS_OF_A_BLOCK", numbers)
    assert all(torch.equal(a, b) for a, b in zip(gradients(), whole, strict=True))


@every("sizes", [None, FALLING])
@every("ids", [False, True])
@every("bias", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_a_pass_that_keeps_its_sums_has_every_value(cell, bias, ids, sizes):
    made = problem(cell, bias=bias, ids=ids, sizes=sizes, units=3)
    values, wanted = forward(made, keep=True).values(), made.readable()
    assert values.keys() == wanted.keys()
    for name, value in values.items():
        assert error(value * made.read(), (wanted[name] * made.read()).detach()) < 1e-14, name


@pytest.mark.parametrize("cell", CELLS)
def test_a_pass_that_has_kept_nothing_says_so(cell):
    with pytest.raises(ValueError, match="keep=True"):
        forward(problem(cell)).values()


@pytest.mark.parametrize("cell", CELLS)
def test_keeping_changes_no_number(cell):
    made = problem(cell, steps=6, units=3, dtype=torch.float32)
    for kept, lean in zip(forward(made, keep=True).carried, forward(made).carried, strict=True):
        assert torch.equal(kept, lean)


@every("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("cell", CELLS)
def test_the_pass_of_given_values_goes_the_same_way_back(cell, dtype):
    made = problem(cell, steps=6, units=3, dtype=dtype)
    done = forward(made)
    values = {name: value.detach() for name, value in made.readable().items()}
    start = [part.detach() for part in made.start]
    again = type(done).of_values(made.cell(), values, start)
    dh, dc = torch.randn(2, 6, 3, 3, dtype=dtype)
    seen = (dh, dc if cell == "lstm" else None)
    for mine, wanted in zip(backward(again, *seen), backward(done, *seen), strict=True):
        assert error(mine, wanted) < TOLERANCE[dtype]


@pytest.mark.parametrize("numbers", [2**16, 6])
@pytest.mark.parametrize("sizes", [None, [4, 4, 3, 2, 2]], ids=["abreast", "falling"])
@pytest.mark.parametrize("cell", CELLS)
def test_one_row_goes_back_for_many_losses(cell, sizes, numbers, monkeypatch):
    """Each loss as if it were alone; a loss that sees the first steps only has a short way."""
    monkeypatch.setattr(passes, "NUMBERS_OF_A_BLOCK", numbers)
    steps, losses, units = 5, 4, 3
    made = problem(cell, steps=steps, batch=1, units=units)
    done = forward(made)
    seen = torch.randn(2, steps, losses, units, dtype=torch.float64)
    if sizes:
        seen *= torch.arange(losses)[:, None] < torch.tensor(sizes)[:, None, None]
    dh_seen, dc_seen = seen[0], seen[1] if cell == "lstm" else None
    together = backward(done, dh_seen, dc_seen, sizes)
    for k in range(losses):
        alone = backward(done, dh_seen[:, k : k + 1], None if dc_seen is None else dc_seen[:, k : k + 1])
        for many, one in zip(together, alone, strict=True):
            assert error(many[..., k, :], one[..., 0, :]) < 1e-14


@pytest.mark.parametrize("cell", CELLS)
def test_who_stops_at_the_first_step_has_every_da(cell):
    made = problem(cell, steps=4, units=3)
    done, dh_seen = forward(made), torch.randn(4, 3, 3, dtype=torch.float64)
    _, _, whole = backward(done, dh_seen)
    da = torch.zeros_like(whole)
    with torch.no_grad():
        for t in done.backward(torch.zeros_like(dh_seen[0]), torch.zeros_like(dh_seen[0]), dh_seen, None, da):
            if t == 0:
                break
    assert torch.equal(da, whole)
