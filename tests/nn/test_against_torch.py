"""Values and gradients against torch.nn, on random inputs, for every setting that the layers share."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence

from tests.cases import every, mostly_slow
from tests.nn.compare import (
    CELLS,
    ENGINES,
    OTHERS,
    assert_twins_agree,
    error,
    random_state,
    run,
    twins,
)

D, H = 5, 7


@every("dtype", [torch.float64, torch.float32])
@every(("steps", "batch"), [(1, 1), (1, 3), (9, 1), (9, 3)])
@every("bias", [True, False])
@every("bidirectional", [False, True])
@pytest.mark.parametrize("layers", mostly_slow([1, 2, 3], 2))
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_states_and_every_gradient(cell, layers, bidirectional, bias, steps, batch, dtype):
    settings = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias, "dtype": dtype}
    ours, theirs = twins(cell, D, H, engine="scratch", **settings)
    assert_twins_agree(ours, theirs, torch.randn(steps, batch, D, dtype=dtype), random_state(theirs, batch))


@every("dtype", [torch.float64, torch.float32])
@every("bias", [True, False])
@every("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", OTHERS)
def test_outputs_states_and_every_gradient_by_the_other_engines(
    engine, cell, layers, bidirectional, bias, dtype
):
    settings = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias, "dtype": dtype}
    ours, theirs = twins(cell, D, H, engine=engine, **settings)
    assert_twins_agree(ours, theirs, torch.randn(5, 3, D, dtype=dtype), random_state(theirs, 3))


@every("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_without_a_start_state_it_is_zero(engine, cell, bidirectional):
    ours, theirs = twins(cell, D, H, 2, engine=engine, bidirectional=bidirectional, dtype=torch.float64)
    assert_twins_agree(ours, theirs, torch.randn(6, 3, D, dtype=torch.float64))


@every("with_state", [True, False])
@every("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_batch_first(engine, cell, bidirectional, with_state):
    settings = {"num_layers": 2, "bidirectional": bidirectional, "batch_first": True, "dtype": torch.float64}
    ours, theirs = twins(cell, D, H, engine=engine, **settings)
    state = random_state(theirs, 3) if with_state else None  # states are never batch-first
    assert_twins_agree(ours, theirs, torch.randn(3, 6, D, dtype=torch.float64), state)


@every("batch_first", [False, True])
@every("with_state", [True, False])
@every("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_unbatched(engine, cell, bidirectional, with_state, batch_first):
    settings = {
        "num_layers": 2,
        "bidirectional": bidirectional,
        "batch_first": batch_first,
        "dtype": torch.float64,
    }
    ours, theirs = twins(cell, D, H, engine=engine, **settings)
    state = random_state(theirs) if with_state else None
    assert_twins_agree(ours, theirs, torch.randn(6, D, dtype=torch.float64), state)


LENGTHS = {
    "falling": [7, 5, 2, 1],
    "mixed": [2, 7, 1, 5],
    "equal": [4, 4, 4],
    "one-row": [3],
}


@every("dtype", [torch.float64, torch.float32])
@every("bidirectional", [False, True])
@pytest.mark.parametrize("layers", mostly_slow([1, 2, 3], 2))
@every("lengths", LENGTHS)
@pytest.mark.parametrize("cell", CELLS)
def test_packed(cell, lengths, layers, bidirectional, dtype):
    settings = {"num_layers": layers, "bidirectional": bidirectional, "dtype": dtype}
    assert_packed_rows_agree(twins(cell, D, H, engine="scratch", **settings), lengths)


@every("bidirectional", [False, True])
@every("lengths", LENGTHS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", OTHERS)
def test_packed_by_the_other_engines(engine, cell, lengths, bidirectional):
    settings = {"num_layers": 2, "bidirectional": bidirectional, "dtype": torch.float64}
    assert_packed_rows_agree(twins(cell, D, H, engine=engine, **settings), lengths)


def assert_packed_rows_agree(pair, lengths):
    """Two layers agree on rows of these lengths, with a start state and without."""
    ours, theirs = pair
    rows, dtype = LENGTHS[lengths], theirs.weight_hh_l0.dtype
    x = pack_sequence([torch.randn(n, D, dtype=dtype) for n in rows], enforce_sorted=lengths == "falling")
    assert_twins_agree(ours, theirs, x, random_state(theirs, len(rows)))
    assert_twins_agree(ours, theirs, x)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_packed_output_can_be_unpacked_in_the_callers_order(engine, cell):
    ours, theirs = twins(cell, D, H, engine=engine, bidirectional=True, batch_first=True, dtype=torch.float64)
    x = torch.randn(3, 6, D, dtype=torch.float64)
    packed = pack_padded_sequence(x, torch.tensor([2, 6, 4]), batch_first=True, enforce_sorted=False)
    mine, wanted = ours(packed)[0], theirs(packed)[0]
    assert type(mine) is type(wanted)
    for name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        assert torch.equal(getattr(mine, name), getattr(wanted, name)), name
    unpack = torch.nn.utils.rnn.pad_packed_sequence
    assert error(unpack(mine, batch_first=True)[0], unpack(wanted, batch_first=True)[0]) < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_over_several_hundred_steps_the_rounding_is_no_worse_than_torchs(engine, cell):
    """Here float32 itself is off by more than the tolerance, so both are held against float64."""
    ours, theirs = twins(cell, D, H, 2, engine=engine)
    x, state = torch.randn(400, 2, D), random_state(theirs, 2)
    exact = tuple(part.double() for part in state) if isinstance(state, tuple) else state.double()
    mine, wanted = run(ours, x, state), run(theirs, x, state)
    truth = run(theirs.double(), x.double(), exact)
    assert error(mine["output"], wanted["output"]) < 2e-6

    def worst(results):
        return max(error(value.double(), truth[name]) for name, value in results.items())

    assert worst(mine) < 2 * worst(wanted) + 1e-6


@pytest.mark.gpu
@every("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_on_a_gpu_as_on_the_cpu(cell, bidirectional):
    ours, _ = twins(cell, D, H, 2, bidirectional=bidirectional, dtype=torch.float64)
    x, state = torch.randn(6, 3, D, dtype=torch.float64), random_state(ours, 3)
    output, _ = ours(x, state)
    traced = ours.trace(x, state)
    ours.cuda()
    there = tuple(part.cuda() for part in state) if isinstance(state, tuple) else state.cuda()
    assert error(ours(x.cuda(), there)[0].cpu(), output) < 1e-12
    for name, value in ours.trace(x.cuda(), there).values.items():
        assert value.is_cuda
        assert error(value.cpu(), traced.values[name]) < 1e-12, name


@pytest.mark.gpu
@every("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", [None, *ENGINES])
def test_on_a_gpu_against_torch(engine, cell, bidirectional):
    settings = {"num_layers": 2, "bidirectional": bidirectional, "dtype": torch.float64}
    ours, theirs = twins(cell, D, H, engine=engine, **settings)
    ours, theirs = ours.cuda(), theirs.cuda()
    state = random_state(theirs, 3)
    assert_twins_agree(ours, theirs, torch.randn(6, 3, D, dtype=torch.float64, device="cuda"), state)
    rows = [torch.randn(n, D, dtype=torch.float64, device="cuda") for n in (2, 5, 3)]
    assert_twins_agree(ours, theirs, pack_sequence(rows, enforce_sorted=False), state)


@pytest.mark.gpu
@pytest.mark.parametrize("cell", CELLS)
def test_made_on_a_gpu(cell):
    ours, theirs = twins(cell, D, H, 2, bidirectional=True, dtype=torch.float64, device="cuda")
    x = pack_sequence([torch.randn(n, D, dtype=torch.float64) for n in (2, 5, 3)], enforce_sorted=False).to(
        "cuda"
    )
    assert error(ours(x)[0].data, theirs(x)[0].data) < 1e-12
