"""layer.trace by every engine: the same values, the same gradients through each, and little memory."""

import subprocess
import sys

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from rnnviz.nn import LAYERS
from tests.cases import every
from tests.nn.compare import (
    CELLS,
    ENGINES,
    TOLERANCE,
    assert_same,
    numbers,
    on,
    parts,
    random_state,
    weights_like,
)

pytestmark = pytest.mark.slow  # all together

T, B, D, H = 6, 3, 5, 7


def told(layer, x, state):
    """Everything that a trace gives, by name; zeros where a row has ended."""
    trace = layer.trace(x, state)
    packed = hasattr(trace.output, "batch_sizes")
    found = {"output": trace.output.data if packed else trace.output}
    found |= {f"final.{k}": part for k, part in enumerate(parts(trace.state))}
    ended = {name: value.isnan() for name, value in trace.values.items()}
    found |= {name: value.masked_fill(ended[name], 0) for name, value in trace.values.items()}
    return found | {f"ended.{name}": there.double() for name, there in ended.items()}


def sequences(kind, rows, dtype):
    """Rows of numbers or ids, padded, or packed: of different lengths."""
    if kind == "ids":
        return torch.randint(D, (T, rows))
    if kind == "padded":
        return torch.randn(T, rows, D, dtype=dtype)
    lengths = [1 + (5 * k + 3) % T for k in range(rows)]
    return pack_sequence([torch.randn(n, D, dtype=dtype) for n in lengths], enforce_sorted=False)


@every("dtype", [torch.float64, torch.float32])
@every("with_gradients", [True, False])
@pytest.mark.parametrize("rows", [1, 3, 12])
@every("kind", ["padded", "packed", "ids"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ["scratch", "torch"])
def test_every_value_is_the_readable_one(engine, cell, kind, rows, with_gradients, dtype):
    """A few rows of an LSTM go another way than many, and where no gradient is wanted yet another one."""
    layer = LAYERS[cell](D, H, 2, bidirectional=True, dtype=dtype)
    x, state = sequences(kind, rows, dtype), random_state(layer, rows)
    with torch.set_grad_enabled(with_gradients):
        found, wanted = (told(on(name, layer), x, state) for name in (engine, "readable"))
    assert_same(found, wanted, TOLERANCE[dtype])


@every("bias", [True, False])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_frozen_layer_is_traced_with_gradients_on(engine, cell, bias):
    """Nothing wants a gradient, then, although they are on; and what is told can be kept."""
    layer = LAYERS[cell](D, H, 2, bias=bias, dtype=torch.float64)
    x, state = numbers(T, B, D), random_state(layer, B)
    wanted = told(on("readable", layer), x, state)
    found = told(on(engine, layer.requires_grad_(False)), x, state)
    assert not any(value.requires_grad for value in found.values())
    assert_same(found, wanted, 1e-12)


@every("kind", ["padded", "packed"])
@every("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ["scratch", "torch"])
def test_gradients_flow_back_from_every_value(engine, cell, bidirectional, kind):
    """From one value at a time: what it owes to the weights, to the input and to the start state."""
    layer = LAYERS[cell](D, H, 2, bidirectional=bidirectional, dtype=torch.float64)
    x, state = sequences(kind, B, torch.float64), random_state(layer, B)
    leaves = [x.data if kind == "packed" else x, *parts(state)]
    for leaf in leaves:
        leaf.requires_grad_()

    def gradients(name):
        called = on(name, layer)
        values = told(called, x, state)
        found = {}
        for letter, value in values.items():
            if value.requires_grad:
                loss = (weights_like(value) * value).sum()
                grads = torch.autograd.grad(
                    loss, [*leaves, *called.parameters()], retain_graph=True, materialize_grads=True
                )
                found |= {f"{letter} -> {k}": grad for k, grad in enumerate(grads)}
        return found

    assert_same(gradients(engine), gradients("readable"), 1e-12)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ["scratch", "torch"])
def test_gradients_of_a_loss_on_many_values_add_up(engine, cell):
    layer = LAYERS[cell](D, H, 2, bidirectional=True, dtype=torch.float64)
    x, state = numbers(T, B, D), random_state(layer, B)

    def gradients(name):
        called = on(name, layer)
        loss = sum(
            (weights_like(value) * value * (1 + value)).sum() for value in told(called, x, state).values()
        )
        return dict(enumerate(torch.autograd.grad(loss, list(called.parameters()))))

    assert_same(gradients(engine), gradients("readable"), 1e-12)


MEASURE = """
import resource
import torch
from rnnviz.nn import LAYERS

torch.set_num_threads(1)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * {unit}

layer = LAYERS["{cell}"](28, 512, 2)
with torch.no_grad():
    layer.trace(torch.randn(3, 1, 28))  # what is laid out or loaded once
    x = torch.randn(2000, 1, 28)
    before = peak()
    trace = layer.trace(x)
    print(peak() - before, sum(value.numel() * 4 for value in trace.values.values()))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no module resource")
@pytest.mark.parametrize(("cell", "letters"), [("lstm", 10), ("gru", 9)])
def test_a_long_trace_needs_little_more_memory_than_its_values(cell, letters):
    """2,000 steps of 2 x 512 units, one row, in a process of its own."""
    code = MEASURE.format(cell=cell, unit=1 if sys.platform == "darwin" else 1024)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    extra, values = map(int, run.stdout.split())
    assert values == 2000 * 2 * 512 * letters * 4
    assert extra < 100e6, f"{extra / 1e6:.0f} MB for values of {values / 1e6:.0f} MB"
