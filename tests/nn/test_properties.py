"""What holds whatever the sizes: a row alone, a sequence in two halves, a packed row, an order of rows."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence

from rnnviz.nn import LAYERS
from tests.cases import mostly_slow
from tests.nn.compare import CELLS, ENGINES, assert_same, error, like, on, parts, random_state, run

CLOSE = 1e-12
WAYS = st.booleans()
ON_ENGINES = pytest.mark.parametrize("engine", mostly_slow(ENGINES, "scratch"))


@st.composite
def layers(draw, bidirectional=WAYS):
    """A random layer in float64."""
    torch.manual_seed(draw(st.integers(0, 2**31 - 1)))
    return LAYERS[draw(st.sampled_from(CELLS))](
        draw(st.integers(1, 6)),
        draw(st.integers(1, 6)),
        num_layers=draw(st.integers(1, 3)),
        bias=draw(st.booleans()),
        bidirectional=draw(bidirectional),
        dtype=torch.float64,
    )


def batch(layer, steps, rows) -> Tensor:
    return torch.randn(steps, rows, layer.input_size, dtype=torch.float64)


@ON_ENGINES
@given(layers(), st.integers(1, 9), st.integers(1, 5), st.data())
def test_a_row_of_a_batch_is_the_row_alone(engine, layer, steps, rows, data):
    layer.engine = engine
    x, state = batch(layer, steps, rows), random_state(layer, rows)
    k = data.draw(st.integers(0, rows - 1))
    output, final = layer(x, state)
    alone, alone_final = layer(x[:, k], like(state, (part[:, k] for part in parts(state))))
    assert error(output[:, k], alone) < CLOSE
    for whole, single in zip(parts(final), parts(alone_final), strict=True):
        assert error(whole[:, k], single) < CLOSE


@ON_ENGINES
@given(layers(bidirectional=st.just(False)), st.integers(2, 9), st.integers(1, 3), st.data())
def test_two_halves_are_the_whole(engine, layer, steps, rows, data):
    layer.engine = engine
    x, state = batch(layer, steps, rows), random_state(layer, rows)
    cut = data.draw(st.integers(1, steps - 1))
    whole, final = layer(x, state)
    first, middle = layer(x[:cut], state)
    second, last = layer(x[cut:], middle)
    assert error(torch.cat([first, second]), whole) < CLOSE
    for a, b in zip(parts(last), parts(final), strict=True):
        assert error(a, b) < CLOSE


@ON_ENGINES
@given(layers(), st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_a_packed_row_is_the_row_alone(engine, layer, lengths):
    layer.engine = engine
    rows = [batch(layer, n, 1)[:, 0] for n in lengths]
    state = random_state(layer, len(rows))
    _, final = layer(pack_sequence(rows, enforce_sorted=False), state)
    for k, row in enumerate(rows):
        _, alone = layer(row, like(state, (part[:, k] for part in parts(state))))
        for whole, single in zip(parts(final), parts(alone), strict=True):
            assert error(whole[:, k], single) < CLOSE


@ON_ENGINES
@given(layers(), st.integers(1, 6), st.integers(2, 5))
def test_rows_do_not_know_their_place(engine, layer, steps, rows):
    layer.engine = engine
    x, order = batch(layer, steps, rows), torch.randperm(rows)
    assert error(layer(x[:, order])[0], layer(x)[0][:, order]) < CLOSE


@ON_ENGINES
@given(layers(bidirectional=st.just(False)), st.integers(2, 9), st.data())
def test_the_past_does_not_hear_the_future(engine, layer, steps, data):
    layer.engine = engine
    x = batch(layer, steps, 1)
    cut = data.draw(st.integers(1, steps - 1))
    changed = x.clone()
    changed[cut:] += 1
    assert torch.equal(layer(changed)[0][:cut], layer(x)[0][:cut])


@ON_ENGINES
@given(layers(bidirectional=st.just(True)), st.integers(1, 9), st.integers(1, 3))
def test_the_reverse_direction_reads_the_mirrored_input(engine, layer, steps, rows):
    """With the two directions' weights swapped and time turned round, the first layer's values swap."""
    layer.engine = engine
    x = batch(layer, steps, rows)
    values = layer.trace(x).values
    swapped = {}
    for name, weight in layer.state_dict().items():
        other = name.removesuffix("_reverse") if name.endswith("_reverse") else name + "_reverse"
        swapped[other] = weight
    twin = copy.deepcopy(layer)
    twin.load_state_dict(swapped)
    mirrored = twin.trace(x.flip(0)).values
    for name in [name for name in values if name.startswith("l0.")]:
        assert error(mirrored[name.replace("l0.", "l0r.")].flip(0), values[name]) < CLOSE


@pytest.mark.parametrize("engine", mostly_slow(["scratch", "torch"], "scratch"))
@given(layers(), st.lists(st.integers(1, 7), min_size=1, max_size=5), st.booleans())
def test_values_and_gradients_are_the_readable_ones(engine, layer, lengths, ids):
    size = layer.input_size
    rows = [torch.randint(size, (n,)) if ids else batch(layer, n, 1)[:, 0] for n in lengths]
    x, state = pack_sequence(rows, enforce_sorted=False), random_state(layer, len(rows))
    assert_same(run(on(engine, layer), x, state), run(on("readable", layer), x, state), CLOSE)


@ON_ENGINES
@given(layers(), st.integers(1, 9))
def test_bounded_activations_stay_in_their_range(engine, layer, steps):
    layer.engine = engine
    x = 100 * batch(layer, steps, 2)
    for name, value in layer.trace(x).values.items():
        letter = name.split(".")[1]
        if letter in {"i", "f", "o", "r", "z"}:
            assert value.min() >= 0, name
            assert value.max() <= 1, name
        if letter in {"g", "n"} or (letter == "h" and getattr(layer, "nonlinearity", "tanh") == "tanh"):
            assert value.abs().max() <= 1, name
        assert torch.isfinite(value).all() or getattr(layer, "nonlinearity", "") == "relu", name
