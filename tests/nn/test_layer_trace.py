"""layer.trace: every name, in the input's layout, equal to the call and to the equations on torch's own h."""

import subprocess
import sys

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from rnnviz.nn import LAYERS
from tests.nn.compare import (
    CELLS,
    ENGINES,
    TOLERANCE,
    assert_same,
    error,
    on,
    random_state,
    twins,
    weights_like,
)

T, B, D, H = 6, 3, 5, 7
LETTERS = {
    "rnn": {"a", "h"},
    "rnn_relu": {"a", "h"},
    "lstm": {"i", "f", "g", "o", "a_i", "a_f", "a_g", "a_o", "c", "h"},
    "gru": {"r", "z", "n", "a_r", "a_z", "a_n", "n_x", "n_h", "h"},
}
TWO_WAYS_TWO_LAYERS = {"num_layers": 2, "bidirectional": True, "dtype": torch.float64}


def batch(*shape):
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("cell", CELLS)
def test_it_names_every_value_of_every_layer_and_direction(cell):
    layer = LAYERS[cell](D, H, **TWO_WAYS_TWO_LAYERS)
    values = layer.trace(batch(T, B, D)).values
    assert set(values) == {f"{place}.{x}" for place in ("l0", "l0r", "l1", "l1r") for x in LETTERS[cell]}
    assert all(value.shape == (T, B, H) for value in values.values())


@pytest.mark.parametrize("cell", CELLS)
def test_it_gives_what_the_call_gives(cell):
    layer = LAYERS[cell](D, H, **TWO_WAYS_TWO_LAYERS)
    x, state = batch(T, B, D), random_state(layer, B)
    output, final = layer(x, state)
    trace = layer.trace(x, state)
    assert torch.equal(trace.output, output)
    finals, traced = (s if isinstance(s, tuple) else (s,) for s in (final, trace.state))
    assert all(torch.equal(a, b) for a, b in zip(finals, traced, strict=True))
    assert torch.equal(torch.cat([trace.values["l1.h"], trace.values["l1r.h"]], dim=-1), output)
    # the last step of the forward direction and the first of the reverse one are the final state
    assert torch.equal(trace.values["l1.h"][-1], finals[0][2])
    assert torch.equal(trace.values["l1r.h"][0], finals[0][3])


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("cell", CELLS)
def test_its_gates_follow_from_the_equations_on_torchs_own_states(cell, direction):
    """Every h_{t-1} is taken from torch.nn's output, every gate from the book."""
    ours, theirs = twins(cell, D, H, bidirectional=True, dtype=torch.float64)
    x, state = batch(T, B, D), random_state(theirs, B)
    back = direction == "reverse"
    values = {
        name.split(".")[1]: value
        for name, value in ours.trace(x, state).values.items()
        if name.startswith("l0r.") == back
    }
    h = theirs(x, state)[0][..., H:] if back else theirs(x, state)[0][..., :H]
    first = state[0] if cell == "lstm" else state
    before = torch.cat([h[1:], first[1:2]]) if back else torch.cat([first[0:1], h[:-1]])
    suffix = "_l0_reverse" if back else "_l0"
    w_ih, w_hh, b_ih, b_hh = (
        getattr(theirs, name + suffix) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    from_x, from_h = x @ w_ih.T + b_ih, before @ w_hh.T + b_hh

    expected = {"h": h}
    if cell.startswith("rnn"):
        expected["a"] = from_x + from_h
    if cell == "lstm":
        for k, (letter, phi) in enumerate(
            zip("ifgo", (torch.sigmoid,) * 2 + (torch.tanh, torch.sigmoid), strict=True)
        ):
            a = (from_x + from_h)[..., k * H : (k + 1) * H]
            expected |= {f"a_{letter}": a, letter: phi(a)}
        c, cells = state[1][int(back)], []
        for t in reversed(range(T)) if back else range(T):
            c = expected["f"][t] * c + expected["i"][t] * expected["g"][t]
            cells.append(c)
        expected["c"] = torch.stack(cells[::-1] if back else cells)
    if cell == "gru":
        for k, letter in enumerate("rz"):
            a = (from_x + from_h)[..., k * H : (k + 1) * H]
            expected |= {f"a_{letter}": a, letter: torch.sigmoid(a)}
        n_x, n_h = from_x[..., 2 * H :], from_h[..., 2 * H :]
        a_n = n_x + expected["r"] * n_h
        expected |= {"n_x": n_x, "n_h": n_h, "a_n": a_n, "n": torch.tanh(a_n)}
    assert set(values) == set(expected)
    for name, value in expected.items():
        assert error(values[name], value) < 1e-12, name


@pytest.mark.parametrize("cell", CELLS)
def test_its_values_stand_in_the_layout_of_the_input(cell):
    time_major = LAYERS[cell](D, H, **TWO_WAYS_TWO_LAYERS)
    batch_major = LAYERS[cell](D, H, batch_first=True, **TWO_WAYS_TWO_LAYERS)
    batch_major.load_state_dict(time_major.state_dict())
    x = batch(T, B, D)
    values = time_major.trace(x).values
    turned = batch_major.trace(x.transpose(0, 1)).values
    alone = time_major.trace(x[:, 1]).values
    for name, value in values.items():
        assert error(turned[name], value.transpose(0, 1)) < 1e-14, name
        assert error(alone[name], value[:, 1]) < 1e-14, name


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_packed_input_gives_padded_values_in_the_callers_order(cell, batch_first):
    layer = LAYERS[cell](D, H, batch_first=batch_first, **TWO_WAYS_TWO_LAYERS)
    rows = [batch(n, D) for n in (2, 6, 4)]
    trace = layer.trace(pack_sequence(rows, enforce_sorted=False))
    unpacked, lengths = pad_packed_sequence(trace.output, batch_first=batch_first)
    assert lengths.tolist() == [2, 6, 4]
    assert torch.isfinite(unpacked).all()
    for k, row in enumerate(rows):
        alone = layer.trace(row).values
        for name, value in trace.values.items():
            there = value[k] if batch_first else value[:, k]
            assert error(there[: len(row)], alone[name]) < 1e-14, name
            assert there[len(row) :].isnan().all(), name


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_flow_through_a_trace(cell):
    layer = LAYERS[cell](D, H, **TWO_WAYS_TWO_LAYERS)
    x = batch(T, B, D).requires_grad_()
    layer.trace(x).values["l1.h"].sum().backward()
    assert x.grad.abs().sum() > 0


# --- whoever computes


def told(layer, x, state):
    """Everything that a trace gives, by name; zeros where a row has ended."""
    trace = layer.trace(x, state)
    packed = hasattr(trace.output, "batch_sizes")
    finals = trace.state if isinstance(trace.state, tuple) else (trace.state,)
    found = {"output": trace.output.data if packed else trace.output}
    found |= {f"final.{k}": part for k, part in enumerate(finals)}
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


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("with_gradients", [True, False], ids=["gradients", "no-grad"])
@pytest.mark.parametrize("rows", [1, 3, 12])
@pytest.mark.parametrize("kind", ["padded", "packed", "ids"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ["scratch", "torch"])
def test_every_value_is_the_readable_one(engine, cell, kind, rows, with_gradients, dtype):
    """A few rows of an LSTM go another way than many, and where no gradient is wanted yet another one."""
    layer = LAYERS[cell](D, H, 2, bidirectional=True, dtype=dtype)
    x, state = sequences(kind, rows, dtype), random_state(layer, rows)
    with torch.set_grad_enabled(with_gradients):
        found, wanted = (told(on(name, layer), x, state) for name in (engine, "readable"))
    assert_same(found, wanted, TOLERANCE[dtype])


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_frozen_layer_is_traced_with_gradients_on(engine, cell, bias):
    """Nothing wants a gradient, then, although they are on; and what is told can be kept."""
    layer = LAYERS[cell](D, H, 2, bias=bias, dtype=torch.float64)
    x, state = batch(T, B, D), random_state(layer, B)
    wanted = told(on("readable", layer), x, state)
    found = told(on(engine, layer.requires_grad_(False)), x, state)
    assert not any(value.requires_grad for value in found.values())
    assert_same(found, wanted, 1e-12)


@pytest.mark.parametrize("kind", ["padded", "packed"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both-ways"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ["scratch", "torch"])
def test_gradients_flow_back_from_every_value(engine, cell, bidirectional, kind):
    """From one value at a time: what it owes to the weights, to the input and to the start state."""
    layer = LAYERS[cell](D, H, 2, bidirectional=bidirectional, dtype=torch.float64)
    x, state = sequences(kind, B, torch.float64), random_state(layer, B)
    leaves = [x.data if kind == "packed" else x, *(state if isinstance(state, tuple) else (state,))]
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
    x, state = batch(T, B, D), random_state(layer, B)

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
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_long_trace_needs_little_more_memory_than_its_values(cell):
    """2,000 steps of 2 x 512 units, one row, in a process of its own."""
    code = MEASURE.format(cell=cell, unit=1 if sys.platform == "darwin" else 1024)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    extra, values = map(int, run.stdout.split())
    assert values == 2000 * 2 * 512 * len(LETTERS[cell]) * 4
    assert extra < 100e6, f"{extra / 1e6:.0f} MB for values of {values / 1e6:.0f} MB"


# --- edits


def test_an_edit_names_the_layer_the_direction_and_the_place_in_the_input():
    layer = LAYERS["lstm"](D, H, **TWO_WAYS_TWO_LAYERS)
    asked = []

    def note(step, name, value):
        assert value.shape == (B, H)
        asked.append((name, step))
        return value

    layer.trace(batch(T, B, D), edit=note)
    forward = [step for name, step in asked if name == "l0.f"]
    backward = [step for name, step in asked if name == "l1r.f"]
    assert forward == list(range(T))
    assert backward == list(range(T))[::-1]
    assert {name.split(".")[1] for name, _ in asked} == {"i", "f", "g", "o", "c", "h"}


@pytest.mark.parametrize("place", ["l0", "l0r", "l1", "l1r"])
@pytest.mark.parametrize("cell", CELLS)
def test_an_edit_of_h_shows_in_the_trace_and_changes_only_what_comes_after(cell, place):
    layer = LAYERS[cell](D, H, engine="readable", **TWO_WAYS_TWO_LAYERS)  # the engine of an edited run
    x = batch(T, B, D)

    def silence(step, name, value):
        return torch.zeros_like(value) if (step, name) == (2, f"{place}.h") else value

    plain, edited = layer.trace(x).values, layer.trace(x, edit=silence).values
    assert edited[f"{place}.h"][2].eq(0).all()
    before, after = (
        (slice(3, None), slice(None, 2)) if place.endswith("r") else (slice(None, 2), slice(3, None))
    )
    assert torch.equal(edited[f"{place}.h"][before], plain[f"{place}.h"][before])
    assert not torch.equal(edited[f"{place}.h"][after], plain[f"{place}.h"][after])
    if place.startswith("l0"):
        assert not torch.equal(edited["l1.h"], plain["l1.h"])


def test_an_edit_of_a_packed_input_is_refused_in_a_sentence():
    layer = LAYERS["gru"](D, H)
    packed = pack_sequence([torch.randn(3, D), torch.randn(2, D)])
    with pytest.raises(ValueError, match="padded"):
        layer.trace(packed, edit=lambda step, name, value: value)
