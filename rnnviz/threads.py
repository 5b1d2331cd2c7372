"""How many threads torch computes with."""

import torch


def one_thread() -> None:
    """One, for everybody who trains or traces here: a page, a worker, a benchmark.

    The matrices of a recurrent step are small: handing them out to two threads wins nothing up to 128 units.
    And where another Python thread has used torch before, as each of a web server's sessions is one, two
    threads make a training step of 64 units take 13.9 ms instead of 1.6, one of 256 units 21.5 instead of
    14.2, and a page's script 113 instead of 17: each Python thread brings its own pool of them, and more
    threads than cores wait for one another.
    """
    torch.set_num_threads(1)
