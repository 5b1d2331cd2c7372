"""What every test can count on: fixed seeds, one thread, repeatable examples."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: the tests run side by side

import pytest
from hypothesis import settings

settings.register_profile("rnnviz", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("rnnviz")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Start each test from the same random state, whatever ran before it and on which worker."""
    import random

    import torch

    torch.set_num_threads(1)
    random.seed(0)
    # torch.manual_seed writes the whole stack down for each kind of device that is not there.
    seed = torch.manual_seed if torch.cuda.is_available() else torch.default_generator.manual_seed
    seed(0)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip GPU tests where there is no GPU."""
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device here")
