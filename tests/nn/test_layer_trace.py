"""layer.trace: every name, in the input's layout, equal to the call and to the equations on torch's own h."""

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from rnnviz.nn import LAYERS
from tests.nn.compare import (
    CELLS,
    error,
    random_state,
    twins,
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
