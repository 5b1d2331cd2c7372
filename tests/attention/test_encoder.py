"""The transformer encoder against torch's, with the same weights."""

import inspect
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnviz import attention
from rnnviz.attention import TransformerEncoder, TransformerEncoderLayer, causal_mask, padding_mask
from tests.cases import every
from tests.nn.compare import TOLERANCE, assert_same, weights_like

T, B, E, K, F = 5, 3, 8, 2, 10
LENGTHS = torch.tensor([T, 1, 3])
DTYPES = [torch.float64, torch.float32]
MASKS: dict[str, tuple[Any, ...]] = {
    "none": (None, None),
    "causal": (~causal_mask(T), None),
    "padding": (None, ~padding_mask(LENGTHS, T)[:, 0]),
    "both": (~causal_mask(T), ~padding_mask(LENGTHS, T)[:, 0]),
}


@pytest.fixture(autouse=True)
def _one_path() -> Iterator[None]:
    """torch's modules by their ordinary path, whatever mode they are in."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(before)


def twins(**settings: Any) -> tuple[Any, Any]:
    made: dict[str, Any] = {"dim_feedforward": F, "dropout": 0.0, "dtype": torch.float64} | settings
    ours, theirs = TransformerEncoderLayer(E, K, **made), nn.TransformerEncoderLayer(E, K, **made)
    for weight in theirs.parameters():
        nn.init.normal_(weight, std=0.3)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def stacks(layers: int = 3, **settings: Any) -> tuple[Any, Any]:
    dtype = settings.get("dtype", torch.float64)
    mine, wanted = twins(**settings)
    norms = [nn.LayerNorm(E, dtype=dtype) if settings.get("norm_first") else None for _ in range(2)]
    ours = TransformerEncoder(mine, layers, norms[0])
    theirs = nn.TransformerEncoder(wanted, layers, norms[1], enable_nested_tensor=False)
    for weight in theirs.parameters():
        nn.init.normal_(weight, std=0.3)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def run(module: nn.Module, x: Tensor, mask: Any, padding: Any) -> dict[str, Tensor]:
    x = x.detach().requires_grad_()
    output = module(x, mask, src_key_padding_mask=padding)
    wanted = dict(module.named_parameters()) | {"input": x}
    grads = torch.autograd.grad((output * (1 + output) * weights_like(output)).sum(), list(wanted.values()))
    return {"output": output} | {f"grad.{name}": grad for name, grad in zip(wanted, grads, strict=True)}


def given(layout: str = "time", dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn({"time": (T, B, E), "batch": (B, T, E), "one": (T, E)}[layout], dtype=dtype)


@every("dtype", DTYPES)
@every("norm_first", [False, True])
@every("mask", MASKS)
@pytest.mark.parametrize("layout", ["time", "batch"])
def test_a_layers_output_and_every_gradient(
    layout: str, mask: str, norm_first: bool, dtype: torch.dtype
) -> None:
    ours, theirs = twins(batch_first=layout == "batch", norm_first=norm_first, dtype=dtype)
    x = given(layout, dtype)
    assert_same(run(ours, x, *MASKS[mask]), run(theirs, x, *MASKS[mask]), TOLERANCE[dtype])


@every("settings", [{"activation": "gelu"}, {"bias": False}, {"layer_norm_eps": 0.1}])
def test_a_layers_other_settings(settings: dict[str, Any]) -> None:
    ours, theirs = twins(**settings)
    for layout in ("time", "one"):
        x = given(layout)
        assert_same(run(ours, x, MASKS["causal"][0], None), run(theirs, x, MASKS["causal"][0], None), 1e-12)


@every("dtype", DTYPES)
@every("norm_first", [False, True])
@every("mask", MASKS)
def test_a_stacks_output_and_every_gradient(mask: str, norm_first: bool, dtype: torch.dtype) -> None:
    ours, theirs = stacks(norm_first=norm_first, dtype=dtype)
    x = given(dtype=dtype)
    assert_same(run(ours, x, *MASKS[mask]), run(theirs, x, *MASKS[mask]), TOLERANCE[dtype])


@every("norm_first", [False, True])
def test_the_trace_is_the_call_and_adds_up(norm_first: bool) -> None:
    ours, _ = stacks(norm_first=norm_first)
    x, masks = given(), MASKS["both"]
    told = ours.trace(x, *masks)
    torch.testing.assert_close(told.output, ours(x, *masks), rtol=0, atol=1e-12)
    before = x
    for layer, each in zip(told.layers, ours.layers, strict=True):
        if norm_first:
            torch.testing.assert_close(layer.norm1, each.norm1(before))
            torch.testing.assert_close(layer.mid, before + layer.attention.output)
            torch.testing.assert_close(layer.norm2, each.norm2(layer.mid))
            torch.testing.assert_close(layer.output, layer.mid + layer.ff)
            torch.testing.assert_close(layer.a, each.linear1(layer.norm2))
        else:
            torch.testing.assert_close(layer.mid, each.norm1(before + layer.attention.output))
            torch.testing.assert_close(layer.output, each.norm2(layer.mid + layer.ff))
            torch.testing.assert_close(layer.a, each.linear1(layer.mid))
        torch.testing.assert_close(layer.hidden, layer.a.relu())
        torch.testing.assert_close(layer.ff, each.linear2(layer.hidden))
        looked_at = layer.norm1 if norm_first else before
        torch.testing.assert_close(
            layer.attention, each.self_attn.trace(looked_at, looked_at, looked_at, masks[1], masks[0])
        )
        torch.testing.assert_close(layer.attention.weights.sum(-1), torch.ones(B, K, T).double())
        before = layer.output
    last = told.layers[-1].output
    torch.testing.assert_close(told.output, ours.norm(last) if norm_first else last)


@every("dtype", DTYPES)
@pytest.mark.parametrize("told", [False, True])
@every("norm_first", [False, True])
def test_what_comes_later_moves_nothing_that_came_before(
    norm_first: bool, told: bool, dtype: torch.dtype
) -> None:
    """To the bit: what a causal model has said does not depend on what is still to come."""
    steps = 70  # more than the kernels take at a time
    ours, _ = stacks(norm_first=norm_first, dtype=dtype)
    x = torch.randn(steps, B, E, dtype=dtype)

    def read(x: Tensor) -> Tensor:
        return ours.trace(x, is_causal=True).output if told else ours(x, is_causal=True)

    whole = read(x)
    for t in (1, 32, 69):
        other = x.clone()
        other[t:] = 10 * torch.randn(steps - t, B, E, dtype=dtype)
        assert torch.equal(read(other)[:t], whole[:t])
        assert not torch.equal(read(other)[t:], whole[t:])


@every("norm_first", [False, True])
def test_a_padded_batch_is_its_rows_alone(norm_first: bool) -> None:
    ours, _ = stacks(norm_first=norm_first)
    x = given()
    whole = ours(x, *MASKS["padding"])
    for row, length in enumerate(LENGTHS):
        alone = ours(x[:length, row])
        torch.testing.assert_close(whole[:length, row], alone, rtol=0, atol=1e-12)


def test_state_dict_and_start_weights_are_torchs() -> None:
    torch.manual_seed(1)
    ours = TransformerEncoderLayer(E, K, F)
    torch.manual_seed(1)
    theirs = nn.TransformerEncoderLayer(E, K, F)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))


def test_each_layer_of_a_stack_begins_with_weights_of_its_own() -> None:
    layer = TransformerEncoderLayer(E, K, F)
    stack: Any = TransformerEncoder(layer, 2)
    assert torch.equal(stack.layers[0].linear1.weight, layer.linear1.weight)
    assert stack.layers[0].linear1.weight is not layer.linear1.weight
    for name in ("self_attn.in_proj_weight", "self_attn.out_proj.weight", "linear1.weight", "linear2.weight"):
        first, second = (each.get_parameter(name) for each in stack.layers)
        assert not torch.equal(first, second)


def test_they_are_called_as_torchs() -> None:
    for mine, wanted in (
        (TransformerEncoderLayer, nn.TransformerEncoderLayer),
        (TransformerEncoder, nn.TransformerEncoder),
    ):
        names, theirs = (list(inspect.signature(c.forward).parameters) for c in (mine, wanted))
        assert names == theirs
        names, theirs = (list(inspect.signature(c).parameters) for c in (mine, wanted))
        assert theirs[: len(names)] == names


def test_dropout_acts_while_training_only() -> None:
    ours = TransformerEncoderLayer(E, K, F, dropout=0.5)
    x = given(dtype=torch.float32)
    assert not torch.equal(ours(x), ours(x))
    ours.eval()
    assert torch.equal(ours(x), ours(x))


def test_what_is_no_setting_is_told() -> None:
    with pytest.raises(ValueError, match="activation is relu or gelu, not 'tanh'"):
        TransformerEncoderLayer(E, K, activation="tanh")
    with pytest.raises(ValueError, match="num_layers is at least 1, not 0"):
        TransformerEncoder(TransformerEncoderLayer(E, K), 0)


# --- positions


@every("width", [1, 6, 7])
def test_positions_by_hand(width: int) -> None:
    p = attention.sinusoidal(50, width, dtype=torch.float64)
    assert p.shape == (50, width)
    for t in (0, 1, 49):
        for k in range(width):
            angle = t / 10_000 ** (k // 2 * 2 / width)
            assert p[t, k].item() == pytest.approx(math.cos(angle) if k % 2 else math.sin(angle), abs=1e-12)


def test_positions_k_further_on_are_turned_by_the_same_angles() -> None:
    p = torch.view_as_complex(attention.sinusoidal(40, 8, dtype=torch.float64).unflatten(1, (4, 2)))
    turns = p[5] / p[0]
    torch.testing.assert_close(p[:35] * turns, p[5:])
