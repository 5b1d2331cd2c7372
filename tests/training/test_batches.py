from itertools import islice

import pytest
import torch

from rnnviz.training.batches import check_length, random, sequential

IDS = torch.arange(100)


@pytest.mark.parametrize("sampling", [sequential, random])
def test_what_came_is_what_comes_next_in_the_text(sampling: object) -> None:
    for batch in islice(sampling(IDS, range(100), 4, 5), 50):  # type: ignore[operator]
        assert batch.read.shape == batch.came.shape == (5, 4)
        assert torch.equal(batch.came, batch.read + 1)
        assert torch.equal(batch.read - batch.read[0], torch.arange(5)[:, None].expand(5, 4))


def test_sequential_rows_go_on_where_they_stopped() -> None:
    last = None
    rounds = 0
    for batch in islice(sequential(IDS, range(100), 4, 5), 60):
        if batch.fresh:
            rounds += 1
        else:
            assert last is not None
            assert torch.equal(batch.read[0], last)
        last = batch.came[-1]
    assert rounds > 10


def test_the_windows_of_each_round_begin_elsewhere() -> None:
    starts = {
        int(batch.read[0, 0]) for batch in islice(sequential(IDS, range(100), 4, 5), 400) if batch.fresh
    }
    assert starts == {0, 1, 2, 3, 4}


def test_random_rows_reach_every_character() -> None:
    batches = list(islice(random(IDS, range(100), 4, 5), 400))
    assert {int(i) for batch in batches for i in batch.read.flatten()} == set(range(99))
    assert all(batch.fresh for batch in batches)


def test_random_rows_begin_where_the_task_says_and_where_there_is_room() -> None:
    batches = list(islice(random(IDS, [3, 40, 94, 95, 99], 4, 5), 100))
    assert {int(i) for batch in batches for i in batch.read[0]} == {3, 40, 94}


def test_the_shortest_text_that_is_long_enough_is() -> None:
    check_length(26, batch=4, length=5)
    batch = next(sequential(torch.arange(26), range(26), 4, 5))
    assert batch.read.shape == (5, 4)
    with pytest.raises(
        ValueError, match=r"25 characters to train on, too few for 4 rows of 5 \(26 are needed\)"
    ):
        check_length(25, batch=4, length=5)
