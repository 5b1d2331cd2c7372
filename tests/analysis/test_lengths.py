"""Accuracy against length: who is counted where, and how sure one can be."""

import numpy as np
import pytest

from rnnviz.analysis import by_length


def test_each_length_is_counted_by_itself_where_there_are_enough() -> None:
    told = by_length(np.array([9, 4, 4, 9, 9, 4]), np.array([0, 1, 0, 1, 1, 1], bool), least=3)
    assert told.length.tolist() == told.first.tolist() == told.last.tolist() == [4, 9]
    assert told.count.tolist() == [3, 3]
    assert told.right.tolist() == [2, 2]
    assert told.share.tolist() == [2 / 3, 2 / 3]


def test_neighbours_are_joined_until_there_are_enough() -> None:
    rng = np.random.default_rng(0)
    lengths, right = rng.geometric(0.1, 500), rng.random(500) < 0.4
    told = by_length(lengths, right, least=20)
    assert told.count.sum() == 500
    assert told.count.min() >= 20
    assert (told.first[1:] > told.last[:-1]).all()
    assert (told.first.min(), told.last.max()) == (lengths.min(), lengths.max())
    for k in range(len(told.count)):
        inside = (told.first[k] <= lengths) & (lengths <= told.last[k])
        assert told.count[k] == inside.sum()
        assert told.right[k] == right[inside].sum()
        assert told.length[k] == pytest.approx(lengths[inside].mean())
        without_last = inside & (lengths != told.last[k])
        assert k == len(told.count) - 1 or without_last.sum() < 20  # no more are joined than have to be


def test_the_groups_do_not_depend_on_the_answers() -> None:
    lengths = np.random.default_rng(1).integers(1, 40, 300)
    one, other = by_length(lengths, np.zeros(300, bool)), by_length(lengths, np.ones(300, bool))
    for name in ("length", "count", "first", "last"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_few_are_one_group_and_none_are_none() -> None:
    told = by_length(np.array([3, 8]), np.array([True, False]))
    assert (told.first.tolist(), told.last.tolist(), told.share.tolist()) == ([3], [8], [0.5])
    assert told.length.tolist() == [5.5]
    assert all(part.shape == (0,) for part in by_length(np.array([], int), np.array([], bool)))


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_the_interval_is_wilsons(right: int, count: int, low: float, high: float) -> None:
    """The examples of Newcombe (Statistics in Medicine 17, 1998), table I, method 3."""
    told = by_length(np.full(count, 7), np.arange(count) < right)
    assert (told.low[0], told.high[0]) == pytest.approx((low, high), abs=1e-4)


def test_the_interval_holds_the_true_share_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    told = by_length(np.repeat(np.arange(2000), 40), rng.random(80_000) < 0.8)
    held = (told.low <= 0.8) & (told.high >= 0.8)
    assert 0.92 < held.mean() < 0.97


def test_what_does_not_belong_together_is_told() -> None:
    with pytest.raises(ValueError, match=r"of the same examples, \(M,\), not \(3,\) and \(2,\)"):
        by_length(np.arange(3), np.ones(2, bool))
