"""What holds for every cell: shapes, frozen weights, and the matrix identity of the textbooks."""

import dataclasses

import pytest
import torch

from rnnviz.cells import unroll

T, B, D, H = 5, 3, 4, 6


def start(cell):
    return cell.start(*(torch.randn(B, H, dtype=torch.float64) for _ in cell.carried))


@pytest.mark.parametrize("bias", [True, False])
def test_every_value_of_a_step_is_batch_by_units(make_cell, bias):
    cell = make_cell(D, H, bias)
    steps = list(unroll(cell, torch.randn(T, B, D, dtype=torch.float64), start(cell)))
    assert [step.index for step in steps] == list(range(T))
    for step in steps:
        for name, value in step.values().items():
            assert value.shape == (B, H), name


def test_a_step_tells_each_name_once_and_all_that_can_be_edited(make_cell):
    cell = make_cell(D, H)
    (step,) = unroll(cell, torch.randn(1, B, D, dtype=torch.float64), start(cell))
    assert len(step.values()) == len(step.gates) + len(step.state)
    assert set(cell.editable) <= set(step.values())
    assert set(cell.carried) <= set(step.state._fields)


def test_the_steps_are_one_after_another(make_cell):
    """Unrolling is nothing but calling gates and update T times."""
    cell = make_cell(D, H)
    x, state = torch.randn(T, B, D, dtype=torch.float64), start(cell)
    for step in unroll(cell, x, state):
        gates = cell.gates(x[step.index], state.h)
        state = cell.update(gates, state)
        assert all(torch.equal(a, b) for a, b in zip(step.gates, gates, strict=True))
        assert all(torch.equal(a, b) for a, b in zip(step.state, state, strict=True))


def test_two_products_are_one_product_of_the_joined_matrices(make_cell):
    """X W_xh + H W_hh = [X, H] [W_xh; W_hh]."""
    cell = make_cell(D, H, bias=False)
    x = torch.randn(B, D, dtype=torch.float64)
    h = torch.randn(B, H, dtype=torch.float64)
    w_xh, w_hh = cell.weight_ih.T, cell.weight_hh.T

    separate = x @ w_xh + h @ w_hh
    joined = torch.cat([x, h], dim=1) @ torch.cat([w_xh, w_hh], dim=0)
    torch.testing.assert_close(separate, joined, rtol=0, atol=1e-13)

    # and that is what the cell computes: its sums, in the order in which they are packed
    gates = cell.gates(x, h)
    sums = torch.cat([value for name, value in gates._asdict().items() if name.startswith("a")], dim=1)
    torch.testing.assert_close(sums, joined[:, : sums.shape[1]], rtol=0, atol=1e-13)


def test_weights_cannot_be_replaced(make_cell):
    cell = make_cell(D, H)
    with pytest.raises(dataclasses.FrozenInstanceError):
        cell.weight_hh = cell.weight_ih


def test_a_sequence_is_read_lazily(make_cell):
    """The next step is computed when it is asked for: a long sequence can be watched from its start."""
    cell = make_cell(D, H)
    seen = []

    def note(step, name, value):
        seen.append(step)
        return value

    steps = unroll(cell, torch.randn(T, B, D, dtype=torch.float64), start(cell), note)
    next(steps)
    assert set(seen) == {0}
