"""Random numbers are a function of the seed and the place, and nobody's draws disturb another's."""

import pytest
import torch

from rnnviz.randomness import BATCHES, DROPOUT, WEIGHTS, drawn, generator, number


def test_each_place_of_each_seed_has_numbers_of_its_own():
    places = [(seed, kind, step) for seed in (0, 1) for kind in (WEIGHTS, BATCHES) for step in (0, 1, 7)]
    numbers = {number(*place) for place in places}
    assert len(numbers) == len(places)
    assert all(0 <= value < 2**63 for value in numbers)
    assert (
        torch.rand(3, generator=generator(1, BATCHES, 7)).tolist() == _after(number(1, BATCHES, 7)).tolist()
    )


def _after(seed: int, device: str = "cpu") -> torch.Tensor:
    """What torch itself draws after a seed."""
    torch.manual_seed(seed)
    return torch.rand(3, device=device)


def test_within_it_draws_from_the_place_and_afterwards_from_its_own_again():
    wanted = _after(number(5, DROPOUT, 2)), _after(3), torch.rand(3)
    torch.manual_seed(3)
    torch.testing.assert_close(torch.rand(3), wanted[1], rtol=0, atol=0)
    with drawn(5, DROPOUT, 2):
        torch.testing.assert_close(torch.rand(3), wanted[0], rtol=0, atol=0)
    torch.testing.assert_close(torch.rand(3), wanted[2], rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["xpu", "mtia"])
def test_a_long_training_keeps_nothing_for_devices_that_are_not_there(kind):
    waiting = getattr(torch, kind)._queued_calls
    before = len(waiting)
    for step in range(5):
        with drawn(0, DROPOUT, step):
            pass
    assert len(waiting) == before


@pytest.mark.gpu
def test_on_a_gpu_it_draws_from_the_place_as_well():
    wanted = _after(number(5, DROPOUT, 2), "cuda"), _after(3, "cuda"), torch.rand(3, device="cuda")
    torch.manual_seed(3)
    torch.testing.assert_close(torch.rand(3, device="cuda"), wanted[1], rtol=0, atol=0)
    for device in ("cuda", "cuda:0"):
        with drawn(5, DROPOUT, 2, device=torch.device(device)):
            torch.testing.assert_close(torch.rand(3, device="cuda"), wanted[0], rtol=0, atol=0)
    torch.testing.assert_close(torch.rand(3, device="cuda"), wanted[2], rtol=0, atol=0)
