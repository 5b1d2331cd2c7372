"""A training may be left at any clean point, and goes on in another process to the very same bits."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnviz.models import language
from rnnviz.tasks import examples
from rnnviz.training.loop import Training
from rnnviz.training.state import read_state, restore, save_state
from tests.cases import mostly_slow
from tests.training.short import KINDS, content, kind

CHANGES = {"steps": 9, "evaluate_every": 4, "log_every": 3}


@pytest.fixture(autouse=True, scope="module")
def _pieces() -> Iterator[None]:
    """What is held out is read in many pieces, so that there are clean points in between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "CHUNK", 9)
        patch.setattr(examples, "PIECE", 3_000_000)
        yield


def left(name: str, places: set[int], path: Path) -> tuple[list[Any], dict[str, Tensor], int]:
    """The events and weights of a training that is left at some of its clean points; how many there were."""
    problem, chosen = kind(name, **CHANGES)
    each, found, points = Training(problem, chosen), [], 0
    going = each.events()
    while True:
        event = next(going, "end")
        if event == "end":
            return content(found), each.model.state_dict() | each.best_weights, points
        if event is not None:
            found.append(event)
        elif points in places:
            save_state(each, path, {})
            saved = read_state(path)
            each = Training(problem, saved.settings)
            restore(each, saved)
            going = each.events()
        points += event is None


@cache
def whole(name: str) -> tuple[list[Any], dict[str, Tensor], int]:
    """The same without a break."""
    return left(name, set(), Path())


@pytest.mark.parametrize("name", mostly_slow(KINDS, "classes at each step"))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_left_anywhere_it_goes_on_to_the_same_bits(name: str, data: st.DataObject, tmp_path: Path) -> None:
    events, weights, points = whole(name)
    places = data.draw(st.sets(st.integers(0, points - 1), min_size=1, max_size=4))
    same, also, _ = left(name, places, tmp_path / "state")
    assert same == events
    assert weights.keys() == also.keys()
    assert all(torch.equal(value, also[key]) for key, value in weights.items())


def test_there_are_points_within_an_evaluation_and_at_the_end() -> None:
    _, _, points = whole("lstm")
    assert points > 9 + 1 + 4 * 4


def test_left_time_and_again(tmp_path: Path) -> None:
    events, weights, points = whole("sgd")
    same, also, more = left("sgd", set(range(0, points, 6)), tmp_path / "state")
    assert same == events
    assert all(torch.equal(value, also[key]) for key, value in weights.items())
    assert more > points  # an evaluation that is left begins again
