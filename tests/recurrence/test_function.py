"""The Function that autograd sees: first and second derivatives against finite differences, and who asks."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from tests.cases import every, mostly_slow
from tests.nn.compare import error, weights_like
from tests.recurrence.made import CELLS, FALLING, problem

# Where a gradient may enter: at all of h, at all of c, at both, or only at each row's last step.
WAYS_IN = [(cell, way) for cell in CELLS for way in ("h", "last")] + [("lstm", "c"), ("lstm", "both")]


def seen(made, way):
    """A function of the inputs -> what the loss sees of the outputs, nothing of rows that have ended."""

    def outputs(*inputs):
        carried = [values * made.read() for values in made.apply(*inputs)]
        if way == "last":
            ends = made.read().sum(0)[:, 0] - 1
            carried = [values[ends, torch.arange(len(ends))] for values in carried]
        return tuple({"h": carried[:1], "c": carried[1:]}.get(way, carried))

    return outputs


def gradients(made, wanted, way="both", **how):
    """dL/d of some of the inputs, by place."""
    loss = sum((value * weights_like(value)).sum() for value in seen(made, way)(*made.inputs))
    found = torch.autograd.grad(loss, [made.inputs[k] for k in wanted], **how)
    return dict(zip(wanted, found, strict=True))


def floating(made):
    """The places of the inputs that have a gradient."""
    return [k for k, value in enumerate(made.inputs) if value is not None and value.is_floating_point()]


@every("sizes", [None, FALLING])
@every("bias", [True, False])
@pytest.mark.parametrize("ids", [False, True], ids=["rows", "ids"])
@pytest.mark.parametrize(("cell", "way"), mostly_slow(WAYS_IN, ("rnn", "h"), ("lstm", "both")))
def test_gradients_are_finite_differences(cell, way, ids, bias, sizes):
    made = problem(cell, ids=ids, bias=bias, sizes=sizes, inputs=3)
    assert gradcheck(seen(made, way), made.inputs)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [None, [2, 2, 1]], ids=["abreast", "falling"])
@pytest.mark.parametrize("ids", [False, True], ids=["rows", "ids"])
@pytest.mark.parametrize(("cell", "way"), WAYS_IN)
def test_second_derivatives_are_finite_differences(cell, way, ids, sizes):
    made = problem(cell, ids=ids, sizes=sizes, steps=3, batch=2, bias=not ids)
    assert gradgradcheck(seen(made, way), made.inputs)


@every("bias", [True, False])
@pytest.mark.parametrize("ids", [False, True], ids=["rows", "ids"])
@pytest.mark.parametrize("cell", CELLS)
def test_each_gradient_is_the_same_whoever_else_is_asked_for(cell, ids, bias):
    made = problem(cell, ids=ids, bias=bias)
    places = floating(made)
    whole = gradients(made, places)
    for k in places:
        for wanted in ([k], [other for other in places if other != k]):
            leaves = tuple(
                value if value is None else value.detach().requires_grad_(place in wanted)
                for place, value in enumerate(made.inputs)
            )
            found = gradients(made._replace(inputs=leaves), wanted)
            assert all(torch.equal(found[place], whole[place]) for place in wanted), (k, wanted)


@pytest.mark.parametrize("cell", CELLS)
def test_nothing_has_a_gradient_where_nobody_wants_one(cell):
    made = problem(cell)
    frozen = tuple(value.detach() for value in made.inputs)
    assert not any(value.requires_grad for value in made.apply(*frozen))
    assert all(value.requires_grad for value in made.apply())
    with torch.no_grad():
        assert not any(value.requires_grad for value in made.apply())


@pytest.mark.parametrize("cell", CELLS)
def test_a_second_way_back_finds_the_same(cell):
    """What is left from the way there is read, and never written."""
    made = problem(cell)
    loss = sum((value * weights_like(value)).sum() for value in made.apply())
    wanted = [made.inputs[k] for k in floating(made)]
    first = torch.autograd.grad(loss, wanted, retain_graph=True)
    second = torch.autograd.grad(loss, wanted, retain_graph=True)
    torch.autograd.grad(loss, wanted, create_graph=True)
    third = torch.autograd.grad(loss, wanted)
    assert all(torch.equal(a, b) and torch.equal(a, c) for a, b, c in zip(first, second, third, strict=True))
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(loss, wanted)


def spread(value):
    """The same numbers, every second place in memory left out."""
    return torch.stack([value, value], dim=-1)[..., 0]


def turned(value):
    """The same numbers, the last axis the slow one."""
    return value.mT.contiguous().mT if value.dim() > 1 else value


@pytest.mark.parametrize("layout", [spread, turned])
@every("sizes", [None, FALLING])
@pytest.mark.parametrize("cell", CELLS)
def test_any_layout_in_memory_will_do(cell, sizes, layout):
    """On the way there and on the way back: inputs and gradients whose numbers do not stand side by side."""
    plain = problem(cell, sizes=sizes, units=4)
    inputs = tuple(layout(value.detach()).requires_grad_() for value in plain.inputs)
    assert not any(value.is_contiguous() for value in inputs if value.dim() > 1)
    outputs, other = plain.apply(), plain._replace(inputs=inputs).apply()
    grads = [weights_like(values) * plain.read() for values in outputs]
    found = torch.autograd.grad(other, inputs, [layout(grad) for grad in grads])
    wanted = torch.autograd.grad(outputs, plain.inputs, grads)
    assert all(error(a, b) < 1e-13 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("cell", CELLS)
def test_a_gradient_that_is_one_number_for_all(cell):
    """As the gradient of a sum comes: a single place in memory."""
    made = problem(cell, units=4)
    outputs = made.apply()
    ones = [values.new_ones(()).expand(values.shape) for values in outputs]
    found = torch.autograd.grad(outputs, made.inputs, ones, retain_graph=True)
    wanted = torch.autograd.grad(outputs, made.inputs, [one.contiguous() for one in ones])
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("cell", CELLS)
def test_a_gradient_that_wants_one_itself(cell):
    """Handed in from outside, without a wish for second derivatives: it is read as numbers."""
    made = problem(cell)
    outputs = made.apply()
    grads = [weights_like(value).requires_grad_() for value in outputs]
    wanted = [made.inputs[k] for k in floating(made)]
    found = torch.autograd.grad(outputs, wanted, grads)
    plain = gradients(made, floating(made))
    assert all(torch.equal(a, b) for a, b in zip(found, plain.values(), strict=True))
