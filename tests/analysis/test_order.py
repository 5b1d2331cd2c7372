"""The orders of units: what each promises, on made and on random numbers."""

import numpy as np
import pytest

from rnnviz.analysis import ORDERS, unit_order
from rnnviz.traces import Quantity, TraceError

STEP_UNIT = ("step", "unit")


def quantity(values: np.ndarray) -> Quantity:
    return Quantity(values, STEP_UNIT)


@pytest.mark.parametrize("by", ORDERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 3), (30, 2), (30, 64), (3, 50)])
def test_every_order_names_each_unit_once(by: str, shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    assert sorted(unit_order(quantity(values), by)) == list(range(shape[1]))


def test_activity_puts_the_unit_that_varies_most_first() -> None:
    values = np.array([[0.0, 5.0, 1.0], [0.0, 5.0, -1.0], [0.5, 5.0, 1.0]])
    assert unit_order(quantity(values), "activity").tolist() == [2, 0, 1]


def test_similarity_keeps_groups_together() -> None:
    random = np.random.default_rng(1)
    patterns = random.normal(size=(40, 3))
    group = random.permutation(np.repeat([0, 1, 2], 12))
    values = patterns[:, group] + 0.05 * random.normal(size=(40, 36))
    drawn = group[unit_order(quantity(values), "similarity")]
    assert np.count_nonzero(np.diff(drawn)) == 2  # three blocks, two borders


def test_similarity_puts_units_that_never_move_last_and_survives_nan() -> None:
    values = np.random.default_rng(2).normal(size=(20, 6))
    values[:, 3] = 0.25
    values[:, 0] = np.nan
    assert unit_order(quantity(values), "similarity")[-2:].tolist() == [0, 3]


def test_similarity_does_not_depend_on_the_sign_that_svd_happens_to_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(3).normal(size=(20, 9))
    expected = unit_order(quantity(values), "similarity")
    svd = np.linalg.svd

    def flipped(*args: object, **kwargs: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        u, s, vectors = svd(*args, **kwargs)
        return -u, s, -vectors

    monkeypatch.setattr(np.linalg, "svd", flipped)
    assert unit_order(quantity(values), "similarity").tolist() == expected.tolist()


def test_a_wrong_name_or_axis_is_answered_with_what_there_is() -> None:
    with pytest.raises(TraceError, match="no order 'size'; there are index, activity, similarity"):
        unit_order(quantity(np.zeros((2, 2))), "size")
    with pytest.raises(TraceError, match="step and unit; these are step, vocab"):
        unit_order(Quantity(np.zeros((2, 2)), ("step", "vocab")), "index")
