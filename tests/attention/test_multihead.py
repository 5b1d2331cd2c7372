"""Multi-head attention against torch's, with the same weights: values, weights and every gradient."""

import inspect
import random
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnviz.attention import MultiHeadAttention, causal_mask, padding_mask
from tests.cases import every
from tests.nn.compare import TOLERANCE, assert_same, weights_like

T, S, B, E, K = 4, 6, 3, 12, 4
LENGTHS = torch.tensor([S, 2, 5])
DTYPES = [torch.float64, torch.float32]


def twins(*sizes: Any, **settings: Any) -> tuple[Any, Any]:
    ours, theirs = MultiHeadAttention(*sizes, **settings), nn.MultiheadAttention(*sizes, **settings)
    ours.load_state_dict(theirs.state_dict())
    for weight in theirs.parameters():
        nn.init.normal_(weight, std=0.3)  # the biases too, that begin at 0
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def given(layout: str, dtype: torch.dtype, kdim: int = E, vdim: int = E) -> list[Tensor]:
    """A query, keys and values."""
    found = []
    for steps, width in ((T, E), (S, kdim), (S, vdim)):
        shape = {"time": (steps, B, width), "batch": (B, steps, width), "one": (steps, width)}[layout]
        found.append(torch.randn(*shape, dtype=dtype, requires_grad=True))
    return found


def masks(dtype: torch.dtype, batch: int = B) -> dict[str, dict[str, Any]]:
    """True shuts a key off here, as torch has it; no row is shut."""
    each = torch.rand(batch * K, T, S) < 0.4
    each[..., 0] = False
    padded = ~padding_mask(LENGTHS, S)[:, 0]
    padded = padded if batch == B else padded[1]
    return {
        "none": {},
        "padding": {"key_padding_mask": padded},
        "causal": {"attn_mask": ~causal_mask(S)[:T]},
        "both": {"attn_mask": ~causal_mask(S)[:T], "key_padding_mask": padded},
        "each head": {"attn_mask": each},
        "added": {"attn_mask": torch.randn(T, S, dtype=dtype)},
        "both added": {
            "attn_mask": torch.randn(batch * K, T, S, dtype=dtype),
            "key_padding_mask": torch.zeros(padded.shape, dtype=dtype).masked_fill(padded, -torch.inf),
        },
    }


def run(module: nn.Module, inputs: list[Tensor], **settings: Any) -> dict[str, Tensor]:
    """Output, weights, and the gradient of everything, of a loss that hears both."""
    output, weights = module(*inputs, **settings)
    found = {"output": output} | ({} if weights is None else {"weights": weights})
    loss = sum((value * (1 + value) * weights_like(value)).sum() for value in found.values())
    wanted = dict(module.named_parameters()) | {
        f"input.{k}": each for k, each in enumerate(dict.fromkeys(inputs))
    }
    grads = torch.autograd.grad(loss, list(wanted.values()))
    return found | {f"grad.{name}": grad for name, grad in zip(wanted, grads, strict=True)}


@every("dtype", DTYPES)
@every("told", [{}, {"average_attn_weights": False}, {"need_weights": False}])
@every("mask", masks(torch.float32))
@pytest.mark.parametrize("layout", ["time", "batch", "one"])
def test_output_weights_and_every_gradient(
    layout: str, mask: str, told: dict[str, bool], dtype: torch.dtype
) -> None:
    ours, theirs = twins(E, K, batch_first=layout == "batch", dtype=dtype)
    inputs, shut = given(layout, dtype), masks(dtype, 1 if layout == "one" else B)[mask]
    assert_same(run(ours, inputs, **shut, **told), run(theirs, inputs, **shut, **told), TOLERANCE[dtype])


@every("dtype", DTYPES)
@every("need_weights", [False, True])
@every("bias", [False, True])
@every("heads", [1, 3, 12])
def test_a_sequence_that_looks_at_itself(
    heads: int, bias: bool, need_weights: bool, dtype: torch.dtype
) -> None:
    ours, theirs = twins(E, heads, bias=bias, dtype=dtype)
    x = torch.randn(T, B, E, dtype=dtype, requires_grad=True)
    settings = {"attn_mask": ~causal_mask(T), "is_causal": True, "need_weights": need_weights}
    mine, wanted = run(ours, [x, x, x], **settings), run(theirs, [x, x, x], **settings)
    assert_same(mine, wanted, TOLERANCE[dtype])
    del settings["attn_mask"]  # torch wants it all the same
    assert_same(run(ours, [x, x, x], **settings), wanted, TOLERANCE[dtype])


@every("seed", range(20))
def test_any_shape_and_any_mask(seed: int) -> None:
    """Sizes, layout, lengths and mask are drawn; every fourth time a sequence looks at itself."""
    draw = random.Random(seed)
    dtype, heads, batch, steps, keys = draw.choice(DTYPES), *(draw.randint(1, 9) for _ in range(4))
    width, first = heads * draw.randint(1, 6), draw.random() < 0.5
    ours, theirs = twins(width, heads, bias=draw.random() < 0.5, batch_first=first, dtype=dtype)
    sizes = [steps, keys, keys]
    shapes = [(batch, n, width) if first else (n, batch, width) for n in sizes]
    inputs = [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]
    if seed % 4 == 0:
        inputs, keys = [inputs[0]] * 3, steps
    shut = torch.rand(steps, keys) < draw.random()
    lengths = torch.tensor([draw.randint(1, keys) for _ in range(batch)])
    shut[:, 0] = False
    masks = {"attn_mask": shut, "key_padding_mask": ~padding_mask(lengths, keys)[:, 0]}
    told = {"need_weights": draw.random() < 0.7, "average_attn_weights": draw.random() < 0.5}
    assert_same(run(ours, inputs, **masks, **told), run(theirs, inputs, **masks, **told), TOLERANCE[dtype])


@every("bias", [False, True])
def test_keys_and_values_of_other_widths(bias: bool) -> None:
    ours, theirs = twins(E, K, kdim=5, vdim=7, bias=bias, dtype=torch.float64)
    inputs = given("time", torch.float64, 5, 7)
    assert_same(run(ours, inputs), run(theirs, inputs), 1e-12)


@every("settings", [{}, {"bias": False}, {"kdim": 5, "vdim": 7}])
def test_state_dict_and_start_weights_are_torchs(settings: dict[str, Any]) -> None:
    torch.manual_seed(1)
    ours = MultiHeadAttention(E, K, **settings)
    torch.manual_seed(1)
    theirs = nn.MultiheadAttention(E, K, **settings)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))
    torch.manual_seed(1)
    ours.reset_parameters()
    assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))


def test_it_is_called_as_torchs() -> None:
    ours, theirs = (
        inspect.signature(c.forward).parameters for c in (MultiHeadAttention, nn.MultiheadAttention)
    )
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]
    made = inspect.signature(nn.MultiheadAttention).parameters
    for name, parameter in inspect.signature(MultiHeadAttention).parameters.items():
        assert made[name].default == parameter.default


@pytest.mark.parametrize("layout", ["time", "batch", "one"])
def test_the_trace_is_the_call_head_by_head(layout: str) -> None:
    """Each head by itself, from the rows of the matrices that are its own."""
    ours, _ = twins(E, K, batch_first=layout == "batch", dtype=torch.float64)
    inputs, D = given(layout, torch.float64), E // K
    told = ours.trace(*inputs)
    assert torch.equal(told.output, ours(*inputs)[0])
    assert torch.equal(told.weights, ours(*inputs, average_attn_weights=False)[1])
    q, k, v = (each if layout != "time" else each.transpose(0, 1) for each in inputs)
    joined = []
    for head in range(K):
        rows = slice(head * D, (head + 1) * D)
        mine = [
            x @ weight[rows].T + bias[rows]
            for x, weight, bias in zip(
                (q, k, v), ours.in_proj_weight.chunk(3), ours.in_proj_bias.chunk(3), strict=True
            )
        ]
        scores = mine[0] @ mine[1].mT / D**0.5
        joined.append(scores.softmax(-1) @ mine[2])
        for name, value in zip("qkv", mine, strict=True):
            torch.testing.assert_close(getattr(told, name)[..., head, :, :], value)
        torch.testing.assert_close(told.scores[..., head, :, :], scores)
        torch.testing.assert_close(told.weights[..., head, :, :], scores.softmax(-1))
        torch.testing.assert_close(told.context[..., head, :, :], joined[-1])
    output = ours.out_proj(torch.cat(joined, -1))
    torch.testing.assert_close(told.output, output if layout != "time" else output.transpose(0, 1))


@every("need_weights", [False, True])
def test_looking_at_nothing_is_zero_and_no_gradient(need_weights: bool) -> None:
    ours, _ = twins(E, K, dtype=torch.float64)
    inputs = given("time", torch.float64)
    shut = torch.zeros(B, S, dtype=torch.bool)
    shut[1] = True
    found = run(ours, inputs, key_padding_mask=shut, need_weights=need_weights)
    assert all(value.isfinite().all() for value in found.values())
    assert torch.equal(found["output"][:, 1], ours.out_proj.bias.expand(T, E))
    if not need_weights:  # else the loss of this test hears the weights, which are 0 whatever q and k are
        assert not found["grad.input.0"][:, 1].any()
    assert found["grad.input.0"][:, 0].any()


def test_masked_scores_are_told_before_and_after() -> None:
    ours, _ = twins(E, K)
    told = ours.trace(*given("time", torch.float32), attn_mask=~causal_mask(S)[:T])
    shut = told.masked == -torch.inf
    assert torch.equal(shut, (~causal_mask(S)[:T]).expand(B, K, T, S))
    assert torch.equal(told.masked[~shut], told.scores[~shut])
    assert told.scores.isfinite().all()
    assert not told.weights[shut].any()


def test_dropout_acts_on_the_weights_while_training() -> None:
    ours = MultiHeadAttention(E, K, dropout=0.5)
    x = torch.randn(S, B, E)
    for told in (True, False):
        ours.train()
        first, second = (ours(x, x, x, need_weights=told)[0] for _ in range(2))
        assert not torch.allclose(first, second)
        ours.eval()
        first, second = (ours(x, x, x, need_weights=told)[0] for _ in range(2))
        assert torch.equal(first, second)
    weights = ours.train()(x, x, x)[1]
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, S))


@every(
    ("sizes", "sentence"),
    [
        ((12, 5), "multiple of num_heads, both above 0, not 12 and 5"),
        ((0, 1), "above 0"),
        ((4, 0), "above 0"),
    ],
)
def test_heads_have_to_divide(sizes: tuple[int, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        MultiHeadAttention(*sizes)


def test_shapes_that_do_not_fit_are_told() -> None:
    ours = MultiHeadAttention(E, K)
    x, y = torch.randn(T, B, E), torch.randn(T, B, E + 1)
    for inputs in [(y, x, x), (x, y, x), (x, x, x[1:]), (x, x[0], x[0]), (x[None], x[None], x[None])]:
        with pytest.raises(ValueError, match="12, 12 and 12 numbers a step here"):
            ours(*inputs)
