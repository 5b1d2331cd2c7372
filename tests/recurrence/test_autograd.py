"""The layers in the hands of autograd: who has a gradient, how often, how many, and how large."""

import pytest
import torch
from torch.autograd.graph import save_on_cpu
from torch.nn.utils.rnn import pack_sequence
from torch.utils.checkpoint import checkpoint

from rnnviz.nn import LAYERS
from tests.cases import every
from tests.nn.compare import CELLS, ENGINES, error, loss_of, numbers, parts, random_state, run

T, B, D, H = 4, 2, 3, 3
WAYS = every("bidirectional", [False, True])
ON_CELLS = pytest.mark.parametrize("cell", CELLS)
ON_ENGINES = pytest.mark.parametrize("engine", ENGINES)


def layer_of(cell, engine="scratch", layers=1, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=torch.float64, **settings)


@WAYS
@ON_CELLS
@ON_ENGINES
def test_gradients_add_up_over_several_ways_back(engine, cell, bidirectional):
    layer, x = layer_of(cell, engine, 2, bidirectional=bidirectional), numbers(T, B, D).requires_grad_()
    once = torch.autograd.grad(loss_of(*layer(x)), [x, *layer.parameters()])
    loss = loss_of(*layer(x))
    loss.backward(retain_graph=True)
    loss.backward()
    loss_of(*layer(x)).backward()
    for leaf, grad in zip([x, *layer.parameters()], once, strict=True):
        assert error(leaf.grad, 3 * grad) < 1e-12


@ON_CELLS
@ON_ENGINES
def test_what_is_frozen_gets_no_gradient_and_changes_no_other(engine, cell):
    layer, x = layer_of(cell, engine, 2), numbers(T, B, D)
    loss_of(*layer(x)).backward()
    whole = {name: parameter.grad for name, parameter in layer.named_parameters()}
    for frozen in whole:
        layer.zero_grad()
        layer.requires_grad_(True).get_parameter(frozen).requires_grad_(False)
        loss_of(*layer(x)).backward()
        for name, parameter in layer.named_parameters():
            if name == frozen:
                assert parameter.grad is None
            else:
                assert error(parameter.grad, whole[name]) < 1e-12, (frozen, name)


@every("mode", [torch.no_grad, torch.inference_mode])
@every("kind", ["rows", "ids", "packed"])
@WAYS
@ON_CELLS
@ON_ENGINES
def test_without_gradients(engine, cell, bidirectional, kind, mode):
    layer = layer_of(cell, engine, 2, bidirectional=bidirectional)
    x = torch.randint(D, (T, B)) if kind == "ids" else numbers(T, B, D)
    x = pack_sequence([x[:2, 0], x[:, 1]], enforce_sorted=False) if kind == "packed" else x
    state = random_state(layer, B)
    wanted = layer(x, state)
    with mode():
        for found in (layer(x, state), layer.trace(x, state)[1:]):
            outputs = [each[0].data if kind == "packed" else each[0] for each in (found, wanted)]
            assert error(*outputs) < 1e-12
            assert not outputs[0].requires_grad
            assert all(error(a, b) < 1e-12 for a, b in zip(parts(found[1]), parts(wanted[1]), strict=True))
        outputs[0].zero_()  # nobody looks back at it


@ON_CELLS
@ON_ENGINES
def test_what_was_made_in_inference_mode_can_be_read_outside_it(engine, cell):
    layer = layer_of(cell, engine)
    with torch.inference_mode():
        x, state = numbers(T, B, D), random_state(layer, B)
    with torch.no_grad():
        assert error(layer(x, state)[0], layer(x.clone(), state)[0]) == 0


@ON_CELLS
def test_saved_values_may_be_moved_and_may_be_computed_again(cell):
    layer, x = layer_of(cell, layers=2), numbers(T, B, D).requires_grad_()
    leaves = [x, *layer.parameters()]
    wanted = torch.autograd.grad(layer(x)[0].sum(), leaves)
    with save_on_cpu():
        moved = layer(x)[0]
    again = checkpoint(lambda rows: layer(rows)[0], x, use_reentrant=False)
    for output in (moved, again):
        found = torch.autograd.grad(output.sum(), leaves)
        assert all(error(a, b) < 1e-13 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("engine", ["scratch", "readable"])  # the library's kernels want a row
@ON_CELLS
def test_an_empty_batch_goes_there_and_back(engine, cell):
    found = run(layer_of(cell, engine, 2), numbers(T, 0, D))
    assert found["output"].shape == (T, 0, H)
    assert all(grad.eq(0).all() for name, grad in found.items() if name.startswith("grad."))


@ON_CELLS
@pytest.mark.parametrize(
    "engine",
    ["scratch", "torch", "readable"],
)
def test_what_grows_beyond_all_numbers_does_so_without_a_word(engine, cell):
    """Gradients explode now and then: infinities and NaN come back, but neither a warning nor an error."""
    layer, x = LAYERS[cell](D, 8, engine=engine), torch.randn(60, B, D)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(50)
        layer.trace(x)
    (1e38 * layer(x)[0]).sum().backward()
    assert not layer.weight_hh_l0.grad.isfinite().all()


@ON_CELLS
@ON_ENGINES
def test_many_gradients_at_once(engine, cell):
    """Autograd's own batches of gradients, which `jacobian` and `hessian` take with vectorize=True."""
    layer, x = layer_of(cell, engine), numbers(T, B, D).requires_grad_()
    scores = layer(x)[0].sum((1, 2))
    one_by_one = [torch.autograd.grad(score, x, retain_graph=True)[0] for score in scores]
    (together,) = torch.autograd.grad(scores, x, torch.eye(T, dtype=torch.float64), is_grads_batched=True)
    assert error(together, torch.stack(one_by_one)) < 1e-12
