"""layer.step: one step at a time, as one writes on token by token."""

import pytest
import torch

from rnnviz.nn import LAYERS
from tests.cases import every
from tests.nn.compare import CELLS, ENGINES, error, numbers, parts, random_state

T, B, D, H = 5, 3, 4, 6
ON_CELLS = pytest.mark.parametrize("cell", CELLS)
ON_ENGINES = pytest.mark.parametrize("engine", ENGINES)


def layer_of(cell, engine=None, layers=2, dtype=torch.float64, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=dtype, **settings)


@every("what", ["rows", "ids"])
@every("layers", [1, 2])
@ON_CELLS
@ON_ENGINES
def test_steps_are_the_whole_sequence(engine, cell, layers, what):
    layer = layer_of(cell, engine, layers)
    x = torch.randint(D, (T, B)) if what == "ids" else numbers(T, B, D)
    for start in (random_state(layer, B), None):
        output, final = layer(x, start)
        state, steps = start, []
        for x_t in x:
            h, state = layer.step(x_t, state)
            steps.append(h)
        assert error(torch.stack(steps), output) < 1e-12
        assert all(error(a, b) < 1e-12 for a, b in zip(parts(state), parts(final), strict=True))
        assert torch.equal(parts(state)[0][-1], steps[-1])


@ON_CELLS
def test_gradients_go_back_through_steps(cell):
    layer, x = layer_of(cell), numbers(T, B, D)
    wanted = torch.autograd.grad(layer(x)[0].square().sum(), list(layer.parameters()))
    state, loss = None, 0
    for x_t in x:
        h, state = layer.step(x_t, state)
        loss = loss + h.square().sum()
    found = torch.autograd.grad(loss, list(layer.parameters()))
    assert all(error(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True))


@ON_CELLS
@every("batch_first", [False, True])
def test_a_step_has_no_time_whatever_comes_first(cell, batch_first):
    layer, x = layer_of(cell, batch_first=batch_first), numbers(B, D)
    state = random_state(layer, B)
    whole = layer(x[:, None] if batch_first else x[None], state)
    h, after = layer.step(x, state)
    assert h.shape == (B, H)
    assert error(h, whole[0][:, 0] if batch_first else whole[0][0]) < 1e-12
    assert all(error(a, b) < 1e-12 for a, b in zip(parts(after), parts(whole[1]), strict=True))


@ON_CELLS
def test_a_step_leaves_the_state_before_it_alone(cell):
    layer, x = layer_of(cell), numbers(B, D)
    state = random_state(layer, B)
    before = [part.clone() for part in parts(state)]
    with torch.no_grad():
        layer.step(x, state)
    assert all(torch.equal(a, b) for a, b in zip(parts(state), before, strict=True))


@ON_CELLS
def test_a_layer_that_reads_both_ways_has_no_step(cell):
    layer = layer_of(cell, bidirectional=True)
    with pytest.raises(ValueError, match=r"both ways.*\.$"):
        layer.step(numbers(B, D))


@ON_CELLS
def test_a_step_refuses_what_the_layer_refuses(cell):
    layer = layer_of(cell)
    with pytest.raises(RuntimeError, match=rf"{D}.*{D + 1}"):
        layer.step(numbers(B, D + 1))
    with pytest.raises(RuntimeError, match="hidden size"):
        layer.step(numbers(B, D), random_state(layer, B + 1))
    with pytest.raises(ValueError, match="float32"):
        layer.step(numbers(B, D).float())


@ON_CELLS
def test_a_step_refuses_a_sequence(cell):
    with pytest.raises(ValueError, match=r"\(batch, inputs\).*\(5, 3, 4\)"):
        layer_of(cell).step(numbers(T, B, D))
    with pytest.raises(ValueError, match=r"ids \(batch,\).*\(5, 3\)"):
        layer_of(cell).step(torch.zeros(T, B, dtype=torch.int64))


@ON_CELLS
def test_dropout_acts_on_steps_in_train_mode_only(cell):
    layer, x = layer_of(cell, layers=3, dropout=0.5), numbers(1, D)
    state = random_state(layer, 1)
    drawn = [layer.train().step(x, state) for _ in range(4)]
    assert not all(torch.equal(h, drawn[0][0]) for h, _ in drawn)
    assert all(torch.equal(h, parts(after)[0][-1]) for h, after in drawn)  # between layers only
    torch.manual_seed(5)
    whole = layer(x[None], state)[0][0]
    torch.manual_seed(5)
    assert error(layer.step(x, state)[0], whole) < 1e-12
    assert torch.equal(layer.eval().step(x, state)[0], layer.step(x, state)[0])
    assert error(layer.step(x, state)[0], layer(x[None], state)[0][0]) < 1e-12
