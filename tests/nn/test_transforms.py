"""Layers under `torch.func`, `torch.export` and `torch.compile`: the readable cells are what these follow."""

import pytest
import torch
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, stack_module_state, vmap

from rnnviz.nn import LAYERS
from tests.cases import every
from tests.nn.compare import CELLS, error, like, numbers, on, parts, random_state

pytestmark = pytest.mark.slow  # all together

T, B, D, H = 5, 3, 4, 6
ON_CELLS = pytest.mark.parametrize("cell", CELLS)


def layer_of(cell, engine=None, layers=2, dtype=torch.float64, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=dtype, **settings)


# torch itself still uses what it calls deprecated, when it first meets dual numbers.
DUAL_NUMBERS = pytest.mark.filterwarnings(r"ignore:.*torch\.jit\.script:DeprecationWarning")


@every("what", ["weight_ih_l0", "weight_hh_l0", "bias_ih_l1", "weight_ih_l1", "weight_hh_l1"])
@ON_CELLS
def test_gradients_by_functional_call(cell, what):
    """Of one parameter at a time: the others, and the input, are plain tensors then."""
    layer, x = layer_of(cell), numbers(T, B, D)
    weights = {name: weight.detach() for name, weight in layer.named_parameters()}

    def loss(value):
        return functional_call(layer, weights | {what: value}, (x,))[0].square().sum()

    found = grad(loss)(weights[what])
    (wanted,) = torch.autograd.grad(layer(x)[0].square().sum(), layer.get_parameter(what))
    assert error(found, wanted) < 1e-12
    assert error(jacrev(loss)(weights[what]), wanted) < 1e-12


@ON_CELLS
def test_gradients_of_all_parameters_for_each_row(cell):
    """The usual recipe for gradients of single examples: vmap over grad."""
    layer, x = layer_of(cell), numbers(T, B, D)
    weights = {name: weight.detach() for name, weight in layer.named_parameters()}

    def loss(values, row):
        return functional_call(layer, values, (row,))[0].square().sum()

    found = vmap(grad(loss), in_dims=(None, 1))(weights, x)
    for k in range(B):
        wanted = torch.autograd.grad(layer(x[:, k])[0].square().sum(), list(layer.parameters()))
        for name, slope in zip(weights, wanted, strict=True):
            assert error(found[name][k], slope) < 1e-12, name


@DUAL_NUMBERS
@ON_CELLS
def test_transforms_of_the_start_state_alone(cell):
    layer, x = layer_of(cell), numbers(T, B, D)
    state = random_state(layer, B)

    def score(*given):
        return layer(x, like(state, given))[0].square().sum((1, 2))

    everyone = tuple(range(len(parts(state))))
    for found in (jacrev(score, everyone)(*parts(state)), jacfwd(score, everyone)(*parts(state))):
        leaves = [part.requires_grad_() for part in parts(state)]
        for t, step in enumerate(score(*leaves)):
            wanted = torch.autograd.grad(step, leaves, retain_graph=True)
            assert all(error(a[t], b) < 1e-12 for a, b in zip(found, wanted, strict=True))
    many = [torch.stack([part, 2 * part]).detach() for part in parts(state)]
    batched = vmap(score)(*many)
    for k in range(2):
        assert error(batched[k], score(*(part[k] for part in many)).detach()) < 1e-12


@DUAL_NUMBERS
@ON_CELLS
def test_transforms_of_the_input(cell):
    layer, x = layer_of(cell), numbers(T, B, D)
    plain = layer(x)[0].detach()
    assert error(vmap(lambda rows: layer(rows)[0])(torch.stack([x, x]))[1].detach(), plain) < 1e-12
    jacobian = torch.autograd.functional.jacobian(lambda rows: layer(rows)[0], x)
    assert error(jacrev(lambda rows: layer(rows)[0])(x).detach(), jacobian) < 1e-12
    value, slope = jvp(lambda rows: layer(rows)[0], (x,), (x,))
    assert error(value.detach(), plain) < 1e-12
    assert error(slope.detach(), (jacobian * x).sum((3, 4, 5))) < 1e-12


@ON_CELLS
@every("engine", [None, "readable"])
def test_many_sequences_of_ids_at_once(engine, cell):
    layer, ids = layer_of(cell, engine), torch.randint(D, (2, T, B))
    found = vmap(lambda each: layer(each)[0])(ids)
    for k in range(2):
        assert error(found[k].detach(), layer(ids[k])[0].detach()) < 1e-12


@every("what", ["rows", "ids"])
@ON_CELLS
def test_a_layer_without_numbers_tells_its_shapes(cell, what):
    """On torch's device `meta`, where nothing is computed: no number may be looked at."""
    layer = LAYERS[cell](D, H, 2, bidirectional=True, device="meta")
    x = torch.zeros(T, B, dtype=torch.int64) if what == "ids" else torch.zeros(T, B, D)
    output, final = layer(x.to("meta"))
    assert output.shape == (T, B, 2 * H)
    assert {part.shape for part in parts(final)} == {(4, B, H)}
    assert all(value.shape == (T, B, H) for value in layer.trace(x.to("meta")).values.values())


@DUAL_NUMBERS
@ON_CELLS
def test_slopes_that_go_forwards(cell):
    """Autograd's dual numbers, without torch.func."""
    forward = torch.autograd.forward_ad
    layer, x = layer_of(cell), numbers(T, B, D)
    with forward.dual_level():
        found = forward.unpack_dual(layer(forward.make_dual(x, x.cos()))[0]).tangent
    wanted = jvp(lambda rows: on("readable", layer)(rows)[0], (x,), (x.cos(),))[1]
    assert error(found.detach(), wanted.detach()) < 1e-12


@every("what", ["rows", "ids"])
@ON_CELLS
def test_an_exported_layer_is_the_layer(cell, what):
    layer = layer_of(cell).eval()

    def inputs():
        return torch.randint(D, (T, B)) if what == "ids" else numbers(T, B, D)

    exported, x = torch.export.export(layer, (inputs(),)).module(), inputs()
    for found, wanted in zip(exported(x), layer(x), strict=True):
        for a, b in zip(parts(found), parts(wanted), strict=True):
            assert error(a, b) < 1e-12


@every("what", ["rows", "ids"])
@pytest.mark.parametrize("cell", ["rnn_relu", "lstm"])
def test_a_compiled_layer_is_the_layer(cell, what):
    """By torch's compiler without its code generator; a place that it cannot follow would be an error."""
    layer = layer_of(cell)
    x = torch.randint(D, (T, B)) if what == "ids" else numbers(T, B, D)
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    weights = list(layer.parameters())
    found, wanted = compiled(x)[0], layer(x)[0]
    assert error(found, wanted) < 1e-12
    slopes = (torch.autograd.grad(output.square().sum(), weights) for output in (found, wanted))
    assert all(error(a, b) < 1e-12 for a, b in zip(*slopes, strict=True))


@ON_CELLS
def test_many_layers_at_once(cell):
    """The usual recipe for ensembles: vmap over the weights of several layers."""
    layers, x = [layer_of(cell) for _ in range(3)], numbers(T, B, D)
    weights, _ = stack_module_state(layers)
    found = vmap(lambda values: functional_call(layers[0], values, (x,))[0])(weights)
    for k, layer in enumerate(layers):
        assert error(found[k], layer(x)[0]) < 1e-12
