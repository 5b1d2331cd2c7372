"""Rows of different lengths: by hand, and what holds whatever the lengths."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.recurrence.rows import before_and_after, buffer, last, lengths, reverse_time, steps

SIZES = [3, 2, 2, 1]  # rows of four, three and one step
# One letter for each row, counted on in time; `--` where a row has ended.
TABLE = [["a0", "b0", "c0"], ["a1", "b1", "--"], ["a2", "b2", "--"], ["a3", "--", "--"]]
NUMBER = {name: k for k, name in enumerate(sorted({name for row in TABLE for name in row}))}


def table(rows):
    """Names -> a tensor of numbers, (T, B)."""
    return torch.tensor([[NUMBER[name] for name in row] for row in rows])


some_sizes = st.lists(st.integers(1, 5), min_size=1, max_size=6).map(
    lambda sizes: sorted(sizes, reverse=True)
)


def test_the_length_of_each_row():
    assert lengths(SIZES).tolist() == [4, 3, 1]
    assert lengths(torch.tensor(SIZES)).tolist() == [4, 3, 1]
    assert lengths([5]).tolist() == [1] * 5
    assert lengths([1, 1, 1]).tolist() == [3]


def test_the_last_step_of_each_row():
    assert last(table(TABLE), SIZES).tolist() == [NUMBER["a3"], NUMBER["b2"], NUMBER["c0"]]
    assert last(table(TABLE), None).tolist() == [NUMBER["a3"], NUMBER["--"], NUMBER["--"]]
    values = torch.randn(4, 3, 2)
    assert torch.equal(last(values, SIZES), torch.stack([values[3, 0], values[2, 1], values[0, 2]]))


def test_time_goes_backwards_within_each_row():
    turned = [["a3", "b2", "c0"], ["a2", "b1", "--"], ["a1", "b0", "--"], ["a0", "--", "--"]]
    assert torch.equal(reverse_time(table(TABLE), SIZES), table(turned))
    assert torch.equal(reverse_time(table(TABLE), None), table(TABLE[::-1]))


def test_steps_are_views_of_the_rows_that_are_read():
    values = torch.zeros(4, 3, 2)
    views = steps(values, SIZES)
    assert [tuple(view.shape) for view in views] == [(3, 2), (2, 2), (2, 2), (1, 2)]
    for t, view in enumerate(views):
        view += t + 1
    assert values[:, :, 0].tolist() == [[1, 1, 1], [2, 2, 0], [3, 3, 0], [4, 0, 0]]
    assert [tuple(view.shape) for view in steps(values.numpy(), None)] == [(3, 2)] * 4


def test_steps_of_more_or_fewer_than_the_sizes_are_refused():
    with pytest.raises(ValueError, match="zip"):
        steps(torch.zeros(5, 3), SIZES)


def test_what_a_step_finds_and_what_it_leaves():
    values = torch.arange(5.0)[:, None].expand(5, 3)
    before, after = before_and_after(values, SIZES)
    assert [view.tolist() for view in before] == [[0, 0, 0], [1, 1], [2, 2], [3]]
    assert [view.tolist() for view in after] == [[1, 1, 1], [2, 2], [3, 3], [4]]


def test_a_buffer_is_zero_where_nothing_will_be_written():
    like = torch.full((2, 2), 3.0, dtype=torch.float64)
    assert buffer(like, [2, 1], 4, 5).eq(0).all()
    assert buffer(like, [2, 1], 4, 5).dtype == torch.float64
    assert buffer(like, None, 4, 5).shape == (4, 5)


@given(some_sizes)
def test_turned_round_twice_is_the_same(sizes):
    values = torch.randn(len(sizes), sizes[0], 2)
    assert torch.equal(reverse_time(reverse_time(values, sizes), sizes), values)
    assert torch.equal(reverse_time(reverse_time(values, None), None), values)


@given(some_sizes)
def test_the_first_step_of_turned_rows_is_the_last_one(sizes):
    values = torch.randn(len(sizes), sizes[0], 2)
    assert torch.equal(reverse_time(values, sizes)[0], last(values, sizes))


@given(some_sizes)
def test_lengths_and_sizes_say_the_same(sizes):
    told = lengths(sizes)
    assert told.sum() == sum(sizes)
    assert [int((told > t).sum()) for t in range(len(sizes))] == sizes
    assert told.tolist() == sorted(told.tolist(), reverse=True)
