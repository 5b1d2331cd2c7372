"""Terms by themselves: sums of products that were made by hand."""

import numpy as np
import pytest

from rnnviz.terms import COLUMNS, Terms


def made(**changes) -> Terms:
    parts = dict(
        name="l0.n",
        unit=1,
        symbol="n",
        sources=("", "b_in", "l0.h[0]"),
        tokens=("a", "="),
        weight=np.array([[2.0, 0.5, -1.0], [3.0, 0.5, -1.0]], np.float32),
        input=np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.25]], np.float32),
        scale=np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5]], np.float32),
        total=np.array([2.5, 3.5], np.float32),
        value=np.array([0.98661, 0.99818], np.float32),
        activation="tanh",
    )
    return Terms(**(parts | changes))


def test_a_step_is_a_table_of_its_products():
    table = made().at(1)
    assert list(table.columns) == list(COLUMNS) == ["source", "weight", "input", "scale", "value"]
    assert table["source"].tolist() == ["=", "b_in", "l0.h[0]"]
    assert table["weight"].tolist() == [3.0, 0.5, -1.0]
    assert table["input"].tolist() == [1.0, 1.0, 0.25]
    assert table["scale"].tolist() == [1.0, 1.0, 0.5]
    assert table["value"].tolist() == [3.0, 0.5, -0.125]


def test_the_remainder_is_what_the_sum_lacks():
    assert made().remainder(0) == 0.0
    assert made().remainder(1) == 0.125


def test_products_of_single_precision_are_exact():
    third, seventh = np.float32(1) / 3, np.float32(1) / 7
    terms = made(
        sources=("b",),
        weight=np.full((2, 1), third),
        input=np.full((2, 1), seventh),
        scale=np.ones((2, 1), np.float32),
    )
    assert terms.values(0).dtype == np.float64
    assert terms.values(0)[0] == float(third) * float(seventh)
    assert terms.values(0)[0] != float(third * seventh)


def test_the_token_that_was_read_is_another_at_each_step():
    assert [made().source(0, step) for step in range(2)] == ["a", "="]
    assert [made().source(1, step) for step in range(2)] == ["b_in", "b_in"]


@pytest.mark.parametrize("field", ["weight", "input", "scale", "total", "value"])
def test_the_numbers_are_frozen_and_their_own(field):
    given = made()
    array = np.array(getattr(given, field))
    terms = made(**{field: array})
    array[...] = 7
    np.testing.assert_array_equal(getattr(terms, field), getattr(given, field))
    with pytest.raises(ValueError, match="read-only"):
        getattr(terms, field)[...] = 7


@pytest.mark.parametrize("field", ["weight", "input", "scale", "value"])
def test_arrays_that_do_not_fit_are_refused(field):
    with pytest.raises(ValueError, match=f"{field} should have the shape"):
        made(**{field: np.zeros((2, 4))})


def test_as_many_tokens_as_steps_or_none():
    with pytest.raises(ValueError, match="2 steps, but 3 tokens"):
        made(tokens=("a", "b", "c"))
    numbers = made(tokens=(), sources=("x[0]", "b_in", "l0.h[0]"))
    assert numbers.at(0)["source"].tolist() == ["x[0]", "b_in", "l0.h[0]"]
