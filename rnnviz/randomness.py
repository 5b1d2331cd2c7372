"""Random numbers that are a function of the seed and the step.

Nothing of them has to be saved: a run that goes on from step n draws what it would have drawn, wherever it
was stopped; and nobody else's draws change them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

WEIGHTS, BATCHES, DROPOUT = range(3)


def number(seed: int, *place: int) -> int:
    """A seed of its own, 0 to 2^63 - 1, for each place, such as (BATCHES, step), of a run with a seed."""
    return int(np.random.SeedSequence([seed, *place]).generate_state(1, np.uint64)[0] >> 1)


def generator(seed: int, *place: int) -> torch.Generator:
    """A generator of its own for a place; on the CPU, so that a seed means the same on every device."""
    return torch.Generator().manual_seed(number(seed, *place))


@contextmanager
def drawn(seed: int, *place: int, device: torch.device | None = None) -> Iterator[None]:
    """Within, torch draws from the numbers of a place; afterwards from its own again."""
    cuda = [device] if device is not None and device.type == "cuda" else []
    # Not torch.manual_seed: at each call it keeps the whole stack for every kind of device that is not there.
    with torch.random.fork_rng(devices=cuda):
        torch.default_generator.manual_seed(number(seed, *place))
        for each in cuda:
            with torch.cuda.device(each):
                torch.cuda.manual_seed(number(seed, *place))
        yield
