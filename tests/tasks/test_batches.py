from collections.abc import Callable

import pytest
import torch

from rnnviz.tasks.batches import Batches, check_length, random, sequential, shuffled

IDS = torch.arange(100)
Sampling = Callable[..., Batches]


@pytest.mark.parametrize("sampling", [sequential, random])
def test_what_is_answered_is_what_comes_next_in_the_text(sampling: Sampling) -> None:
    of_step = sampling(IDS, range(100), 4, 5, 7)
    for step in range(1, 51):
        batch = of_step(step)
        assert batch.x.shape == batch.y.shape == (5, 4)
        assert torch.equal(batch.y, batch.x + 1)
        assert torch.equal(batch.x - batch.x[0], torch.arange(5)[:, None].expand(5, 4))


@pytest.mark.parametrize("sampling", [sequential, random])
def test_a_batch_is_a_function_of_the_seed_and_the_step(sampling: Sampling) -> None:
    forwards = sampling(IDS, range(100), 4, 5, 7)
    found = {step: forwards(step).x for step in range(1, 60)}
    backwards = sampling(IDS, range(100), 4, 5, 7)
    torch.rand(3)  # whoever watches may draw random numbers of their own
    assert all(torch.equal(backwards(step).x, found[step]) for step in reversed(found))
    others = sampling(IDS, range(100), 4, 5, 8)
    assert any(not torch.equal(others(step).x, found[step]) for step in found)


def test_sequential_rows_go_on_where_they_stopped() -> None:
    of_step = sequential(IDS, range(100), 4, 5, 0)
    rounds = 0
    for step in range(1, 61):
        batch = of_step(step)
        rounds += batch.fresh
        if not batch.fresh:
            assert torch.equal(batch.x[0], of_step(step - 1).y[-1])
    assert of_step(1).fresh
    assert rounds > 10


def test_the_windows_of_each_round_begin_elsewhere() -> None:
    of_step = sequential(IDS, range(100), 4, 5, 0)
    batches = [of_step(step) for step in range(1, 400)]
    assert {int(batch.x[0, 0]) for batch in batches if batch.fresh} == {0, 1, 2, 3, 4}


def test_random_rows_reach_every_character() -> None:
    of_step = random(IDS, range(100), 4, 5, 0)
    batches = [of_step(step) for step in range(1, 400)]
    assert {int(i) for batch in batches for i in batch.x.flatten()} == set(range(99))
    assert all(batch.fresh for batch in batches)


def test_random_rows_begin_where_the_task_says_and_where_there_is_room() -> None:
    of_step = random(IDS, [3, 40, 94, 95, 99], 4, 5, 0)
    assert {int(i) for step in range(1, 100) for i in of_step(step).x[0]} == {3, 40, 94}


def test_shuffled_examples_come_once_in_a_round_and_each_round_in_its_own_order() -> None:
    pick = shuffled(23, 5, 3)
    rounds = [torch.cat([pick(step) for step in range(first, first + 4)]) for first in (1, 5, 9)]
    for order in rounds:
        assert len(order.unique()) == len(order) == 20
    assert not torch.equal(rounds[0], rounds[1])
    assert torch.equal(pick(1), rounds[0][:5])  # also when one looks back
    assert {int(i) for step in range(1, 400) for i in pick(step)} == set(range(23))


def test_too_few_examples_are_told() -> None:
    assert len(shuffled(5, 5, 0)(1)) == 5
    with pytest.raises(ValueError, match="There are 4 examples to train on, too few for 5 in a batch"):
        shuffled(4, 5, 0)


def test_the_shortest_text_that_is_long_enough_is() -> None:
    check_length(26, batch=4, length=5)
    assert sequential(torch.arange(26), range(26), 4, 5, 0)(1).x.shape == (5, 4)
    with pytest.raises(
        ValueError, match=r"25 characters to train on, too few for 4 rows of 5 \(26 are needed\)"
    ):
        check_length(25, batch=4, length=5)
