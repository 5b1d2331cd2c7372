"""The transformer decoder against torch's, with the same weights."""

import inspect
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnviz.attention import TransformerDecoder, TransformerDecoderLayer, causal_mask, padding_mask
from tests.cases import every
from tests.nn.compare import TOLERANCE, assert_same, weights_like

T, S, B, E, K, F = 5, 4, 3, 8, 2, 10
WROTE, READ = torch.tensor([T, 1, 3]), torch.tensor([2, S, 1])
DTYPES = [torch.float64, torch.float32]
BEYOND_WRITTEN, BEYOND_READ = ~padding_mask(WROTE, T)[:, 0], ~padding_mask(READ, S)[:, 0]
MASKS: dict[str, dict[str, Any]] = {
    "none": {},
    "causal": {"tgt_mask": ~causal_mask(T)},
    "padding": {"tgt_key_padding_mask": BEYOND_WRITTEN, "memory_key_padding_mask": BEYOND_READ},
    "all": {
        "tgt_mask": ~causal_mask(T),
        "memory_mask": torch.eye(T, S).bool(),
        "tgt_key_padding_mask": BEYOND_WRITTEN,
        "memory_key_padding_mask": ~padding_mask(torch.tensor([2, S, 3]), S)[:, 0],
    },
}


def twins(**settings: Any) -> tuple[Any, Any]:
    made: dict[str, Any] = {"dim_feedforward": F, "dropout": 0.0, "dtype": torch.float64} | settings
    ours, theirs = TransformerDecoderLayer(E, K, **made), nn.TransformerDecoderLayer(E, K, **made)
    return same_weights(ours, theirs)


def stacks(layers: int = 3, **settings: Any) -> tuple[Any, Any]:
    dtype = settings.get("dtype", torch.float64)
    mine, wanted = twins(**settings)
    norms = [nn.LayerNorm(E, dtype=dtype) if settings.get("norm_first") else None for _ in range(2)]
    return same_weights(
        TransformerDecoder(mine, layers, norms[0]), nn.TransformerDecoder(wanted, layers, norms[1])
    )


def same_weights(ours: nn.Module, theirs: nn.Module) -> tuple[nn.Module, nn.Module]:
    for weight in theirs.parameters():
        nn.init.normal_(weight, std=0.3)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def run(module: nn.Module, x: Tensor, memory: Tensor, **masks: Any) -> dict[str, Tensor]:
    x, memory = x.detach().requires_grad_(), memory.detach().requires_grad_()
    output = module(x, memory, **masks)
    wanted = dict(module.named_parameters()) | {"input": x, "memory": memory}
    grads = torch.autograd.grad((output * (1 + output) * weights_like(output)).sum(), list(wanted.values()))
    return {"output": output} | {f"grad.{name}": grad for name, grad in zip(wanted, grads, strict=True)}


def given(layout: str = "time", dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    shapes = {"time": ((T, B, E), (S, B, E)), "batch": ((B, T, E), (B, S, E)), "one": ((T, E), (S, E))}
    return tuple(torch.randn(shape, dtype=dtype) for shape in shapes[layout])  # type: ignore[return-value]


@every("dtype", DTYPES)
@every("norm_first", [False, True])
@every("mask", MASKS)
@pytest.mark.parametrize("layout", ["time", "batch"])
def test_a_layers_output_and_every_gradient(
    layout: str, mask: str, norm_first: bool, dtype: torch.dtype
) -> None:
    ours, theirs = twins(batch_first=layout == "batch", norm_first=norm_first, dtype=dtype)
    x = given(layout, dtype)
    assert_same(run(ours, *x, **MASKS[mask]), run(theirs, *x, **MASKS[mask]), TOLERANCE[dtype])


@every("settings", [{"activation": "gelu"}, {"bias": False}, {"layer_norm_eps": 0.1}])
def test_a_layers_other_settings(settings: dict[str, Any]) -> None:
    ours, theirs = twins(**settings)
    for layout in ("time", "one"):
        x = given(layout)
        assert_same(run(ours, *x, **MASKS["causal"]), run(theirs, *x, **MASKS["causal"]), 1e-12)


@every("dtype", DTYPES)
@every("norm_first", [False, True])
@every("mask", MASKS)
def test_a_stacks_output_and_every_gradient(mask: str, norm_first: bool, dtype: torch.dtype) -> None:
    ours, theirs = stacks(norm_first=norm_first, dtype=dtype)
    x = given(dtype=dtype)
    assert_same(run(ours, *x, **MASKS[mask]), run(theirs, *x, **MASKS[mask]), TOLERANCE[dtype])


def test_is_causal_is_the_causal_mask() -> None:
    ours, theirs = stacks()
    x, memory = given()
    wanted = theirs(x, memory, ~causal_mask(T), ~causal_mask(T)[:, :S])
    told = ours(x, memory, tgt_is_causal=True, memory_is_causal=True)
    torch.testing.assert_close(told, wanted, rtol=0, atol=1e-12)


@every("norm_first", [False, True])
def test_the_trace_is_the_call_and_adds_up(norm_first: bool) -> None:
    ours, _ = stacks(norm_first=norm_first)
    x, memory = given()
    masks = MASKS["all"]
    told = ours.trace(x, memory, **masks)
    torch.testing.assert_close(told.output, ours(x, memory, **masks), rtol=0, atol=1e-12)
    before = x
    for layer, each in zip(told.layers, ours.layers, strict=True):
        found = (layer.attention.output, layer.cross.output, layer.ff)
        after, normed = (layer.looked, layer.mid, layer.output), (layer.norm1, layer.norm2, layer.norm3)
        begun = (before, layer.looked, layer.mid)
        for norm, start, what, end, said in zip(
            (each.norm1, each.norm2, each.norm3), begun, found, after, normed, strict=True
        ):
            if norm_first:
                torch.testing.assert_close(said, norm(start))
                torch.testing.assert_close(end, start + what)
            else:
                torch.testing.assert_close(end, norm(start + what))
        attends, looks, thinks = normed if norm_first else begun
        torch.testing.assert_close(
            layer.attention,
            each.self_attn.trace(attends, attends, attends, masks["tgt_key_padding_mask"], masks["tgt_mask"]),
        )
        torch.testing.assert_close(
            layer.cross,
            each.multihead_attn.trace(
                looks, memory, memory, masks["memory_key_padding_mask"], masks["memory_mask"]
            ),
        )
        torch.testing.assert_close(layer.a, each.linear1(thinks))
        torch.testing.assert_close(layer.hidden, layer.a.relu())
        torch.testing.assert_close(layer.ff, each.linear2(layer.hidden))
        before = layer.output
    torch.testing.assert_close(told.output, ours.norm(before) if norm_first else before)


@every("dtype", DTYPES)
@every("norm_first", [False, True])
def test_step_by_step_it_says_the_same(norm_first: bool, dtype: torch.dtype) -> None:
    ours, _ = stacks(norm_first=norm_first, dtype=dtype)
    x, memory = given(dtype=dtype)
    mask = padding_mask(READ, S)
    whole = ours(x, memory, tgt_is_causal=True, memory_key_padding_mask=BEYOND_READ)
    past = ours.begin(memory)
    assert past.k.shape == (3, B, K, 0, E // K)
    assert past.memory_v.shape == (3, B, K, S, E // K)
    for t in range(T):
        h, past = ours.step(x[t : t + 1], past, mask)
        torch.testing.assert_close(h[0], whole[t], rtol=0, atol=10 * TOLERANCE[dtype])
    assert past.v.shape == (3, B, K, T, E // K)


def test_a_weight_set_by_hand_makes_another_context() -> None:
    ours, _ = stacks(layers=2)
    x, memory = given()
    plain = ours.trace(x, memory, tgt_is_causal=True)

    def first_only(layer: int, name: str, weights: Tensor) -> Tensor:
        if (layer, name) != (1, "cross"):
            return weights
        return torch.zeros_like(weights).index_fill(-1, torch.tensor([0]), 1.0)

    told = ours.trace(x, memory, tgt_is_causal=True, edit=first_only)
    assert torch.equal(told.layers[0].output, plain.layers[0].output)
    assert torch.equal(told.layers[1].looked, plain.layers[1].looked)
    cross = told.layers[1].cross
    torch.testing.assert_close(cross.context, cross.v[:, :, :1].expand_as(cross.context))
    assert not torch.allclose(told.output, plain.output)


def test_state_dict_and_start_weights_are_torchs() -> None:
    torch.manual_seed(1)
    ours = TransformerDecoderLayer(E, K, F)
    torch.manual_seed(1)
    theirs = nn.TransformerDecoderLayer(E, K, F)
    assert sorted(ours.state_dict()) == sorted(theirs.state_dict())
    assert all(torch.equal(ours.state_dict()[name], value) for name, value in theirs.state_dict().items())


def test_each_layer_of_a_stack_begins_with_weights_of_its_own() -> None:
    layer = TransformerDecoderLayer(E, K, F)
    stack: Any = TransformerDecoder(layer, 2)
    for name in ("self_attn.in_proj_weight", "multihead_attn.out_proj.weight", "linear2.weight"):
        first, second = (each.get_parameter(name) for each in stack.layers)
        assert torch.equal(first, layer.get_parameter(name))
        assert not torch.equal(first, second)
    with pytest.raises(ValueError, match="num_layers is at least 1, not 0"):
        TransformerDecoder(layer, 0)


def test_they_are_called_as_torchs() -> None:
    for mine, wanted in (
        (TransformerDecoderLayer, nn.TransformerDecoderLayer),
        (TransformerDecoder, nn.TransformerDecoder),
    ):
        for ours, theirs in ((mine.forward, wanted.forward), (mine, wanted)):
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
