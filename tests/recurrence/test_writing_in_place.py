"""Writing into what a layer gave or was given: gradients stay right, or autograd refuses; never wrong."""

import pytest
import torch

from rnnviz.nn import LAYERS
from tests.cases import every
from tests.nn.compare import CELLS, ENGINES, error, loss_of, numbers, parts, random_state

T, B, D, H = 4, 2, 3, 3
ON_CELLS = pytest.mark.parametrize("cell", CELLS)
ON_ENGINES = pytest.mark.parametrize("engine", ENGINES)


def layer_of(cell, engine="scratch", layers=1, **settings):
    return LAYERS[cell](D, H, layers, engine=engine, dtype=torch.float64, **settings)


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


@every("layers", [1, 2])
@every("where", ["output", "final", "final.c"])
@every("write", WRITES)
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


@every("what", ["x", "start", "weight_ih_l0", "weight_hh_l0"])
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
