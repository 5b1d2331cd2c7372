"""The layers in the hands of autograd: second derivatives, writing in place, frozen parts."""

import pytest
import torch
from torch.autograd.graph import save_on_cpu
from torch.nn.utils.rnn import pack_sequence
from torch.utils.checkpoint import checkpoint

from rnnviz.nn import LAYERS
from tests.nn.compare import CELLS, ENGINES, assert_same, error, on, random_state, run, weights_like

T, B, D, H = 4, 2, 3, 3
BOTH = [False, True]
WAYS = pytest.mark.parametrize("bidirectional", BOTH, ids=["forward", "both-ways"])
ON_CELLS = pytest.mark.parametrize("cell", CELLS)
ON_ENGINES = pytest.mark.parametrize("engine", ENGINES)


def layer_of(cell, engine="scratch", layers=1, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=torch.float64, **settings)


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def parts(state):
    return list(state) if isinstance(state, tuple) else [state]


def like(state, values):
    return tuple(values) if isinstance(state, tuple) else values[0]


def loss_of(output, final):
    """Every number of the output and of the final state with a weight of its own, and squared."""
    data = output.data if hasattr(output, "batch_sizes") else output
    return sum((weights_like(value) * value * (1 + value)).sum() for value in [data, *parts(final)])


# --- second derivatives


def twice(loss, wanted):
    """dL/dw of all that is wanted, and the gradients of a number that is computed from those."""
    first = torch.autograd.grad(loss, wanted, create_graph=True)
    again = sum((weights_like(grad) * grad * (1 + grad)).sum() for grad in first)
    second = torch.autograd.grad(again, wanted)
    return {
        f"{k}.{n}": grad.detach() for k, grads in enumerate((first, second)) for n, grad in enumerate(grads)
    }


@pytest.mark.parametrize("kind", ["rows", "ids", "packed"])
@pytest.mark.parametrize("layers", [1, 2])
@WAYS
@ON_CELLS
def test_second_derivatives(cell, bidirectional, layers, kind):
    layer = layer_of(cell, layers=layers, bidirectional=bidirectional)
    x = torch.randint(D, (T, B)) if kind == "ids" else numbers(T, B, D).requires_grad_()
    state = random_state(layer, B)
    starts = [part.requires_grad_() for part in parts(state)]

    def found(engine):
        called = on(engine, layer)
        rows = pack_sequence([x[:2, 0], x[:, 1]], enforce_sorted=False) if kind == "packed" else x
        wanted = [*called.parameters(), *starts, *([] if kind == "ids" else [x])]
        return twice(loss_of(*called(rows, state)), wanted)

    assert_same(found("scratch"), found("readable"), 1e-12)


@WAYS
@ON_CELLS
def test_second_derivatives_where_the_input_is_made_from_the_weights(cell, bidirectional):
    """Tied weights: each weight has two ways to the loss, neither of which may be gone twice."""
    layer = layer_of(cell, bidirectional=bidirectional)
    x = numbers(T, B, D)

    def found(engine):
        called = on(engine, layer)
        w_ih, w_hh = called.weight_ih_l0, called.weight_hh_l0
        tied = x @ w_ih[:D] * (1 + w_hh[0]) + called.bias_ih_l0[:D]
        start = [(w_hh[0].sum() * part).tanh() for part in parts(state)]
        return twice(loss_of(*called(tied, like(state, start))), list(called.parameters()))

    state = random_state(layer, B)
    assert_same(found("scratch"), found("readable"), 1e-12)


@ON_CELLS
def test_second_derivatives_of_a_layer_on_its_own_output(cell):
    layer = layer_of(cell)
    x, state = numbers(T, B, D).requires_grad_(), random_state(layer, B)

    def found(engine):
        called = on(engine, layer)
        output, middle = called(x, state)
        return twice(loss_of(*called(output, middle)), [*called.parameters(), x])

    assert_same(found("scratch"), found("readable"), 1e-12)


@ON_CELLS
def test_a_third_derivative(cell):
    layer = layer_of(cell)
    x = numbers(T, B, D).requires_grad_()

    def found(engine):
        output = on(engine, layer)(x)[0]
        value = (weights_like(output) * output).sum()
        for _ in range(3):
            (slope,) = torch.autograd.grad(value, x, create_graph=True)
            value = (weights_like(slope) * slope * (1 + slope)).sum()
        return slope.detach()

    wanted = found("readable")
    assert wanted.abs().max() > 0 or cell == "rnn_relu"
    assert error(found("scratch"), wanted) < 1e-12


# --- writing in place

WRITES = {
    "doubled": lambda values: values.mul_(2),
    "the last of the first axis": lambda values: values[-1].fill_(3.0),
    "a row": lambda values: values[:, 0].tanh_(),
    "all": lambda values: values.zero_(),
}


def unless_refused(find):
    """What a function finds; None where autograd refuses because something was written into."""
    try:
        return find()
    except RuntimeError as refusal:
        if "inplace" not in str(refusal) and "in-place" not in str(refusal):
            raise
        return None


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("where", ["output", "final", "final.c"])
@pytest.mark.parametrize("write", WRITES)
@ON_CELLS
@ON_ENGINES
def test_what_a_call_gives_may_be_written_into(engine, cell, write, where, layers):
    """Then gradients are right, or autograd refuses: never wrong. Into a final state they are right."""
    layer = layer_of(cell, engine, layers)
    x, state = numbers(T, B, D).requires_grad_(), random_state(layer, B)
    leaves = [x, *(part.requires_grad_() for part in parts(state)), *layer.parameters()]

    def loss_after_writing(copied):
        output, final = layer(x, state)
        finals = parts(final)
        if copied:
            output, finals = output.clone(), [part.clone() for part in finals]
        WRITES[write]({"output": output, "final": finals[0], "final.c": finals[-1]}[where])
        return loss_of(output, tuple(finals))

    loss = loss_after_writing(copied=False)
    found = unless_refused(lambda: torch.autograd.grad(loss, leaves))
    wanted = torch.autograd.grad(loss_after_writing(copied=True), leaves)
    if found is None:
        assert where == "output" or engine == "torch"
    else:
        assert all(error(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True))


@ON_CELLS
@ON_ENGINES
def test_writing_behind_autograds_back_is_noticed_too(engine, cell):
    layer, x = layer_of(cell, engine), numbers(T, B, D)
    weights = list(layer.parameters())
    wanted = torch.autograd.grad(loss_of(*layer(x)), weights)
    output, final = layer(x)
    loss = loss_of(output.clone(), final)
    with torch.no_grad():
        output.zero_()
    found = unless_refused(lambda: torch.autograd.grad(loss, weights))
    if found is not None:
        assert engine != "scratch"
        assert all(error(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("what", ["x", "start", "weight_ih_l0", "weight_hh_l0"])
@ON_CELLS
@ON_ENGINES
def test_what_the_way_back_needs_may_not_change_before(engine, cell, what):
    layer = layer_of(cell, engine)
    x, state = numbers(T, B, D).requires_grad_(), random_state(layer, B)
    leaves = [x, *(part.requires_grad_() for part in parts(state)), *layer.parameters()]
    loss = loss_of(*layer(x, state))
    with torch.no_grad():
        ({"x": x, "start": parts(state)[0]} | dict(layer.named_parameters()))[what].add_(1)
    with pytest.raises(RuntimeError, match=r"modified.*inplace"):
        torch.autograd.grad(loss, leaves)


@ON_CELLS
@ON_ENGINES
def test_what_a_trace_gives_may_be_written_into(engine, cell):
    """Right, or refused: a value of a trace may share its memory with what the way back reads."""
    layer, x = layer_of(cell, engine), numbers(T, B, D)

    def gradients(name, in_place):
        values = layer.trace(x).values
        values[name] = values[name].mul_(2) if in_place else values[name] * 2
        return torch.autograd.grad(sum(loss_of(v, ()) for v in values.values()), list(layer.parameters()))

    for name in layer.trace(x).values:
        found = unless_refused(lambda name=name: gradients(name, in_place=True))
        wanted = gradients(name, in_place=False)
        assert found is None or all(error(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True)), name


# --- who has a gradient, and how often


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


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("kind", ["rows", "ids", "packed"])
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
    [pytest.param("scratch", marks=pytest.mark.xfail(reason="numpy warns")), "torch", "readable"],
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
