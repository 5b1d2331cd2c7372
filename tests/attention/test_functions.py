"""The forms of attention: by hand, against torch, under every kind of mask."""

import math
import random
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from rnnviz import attention
from rnnviz.attention import SCORES, Attention
from tests.cases import every
from tests.nn.compare import TOLERANCE, assert_same, weights_like

T, S, D, E = 4, 6, 5, 3
BATCHES = [(), (3,), (2, 3)]


def given(*batch: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    return [
        torch.randn(*batch, *shape, dtype=dtype, requires_grad=True) for shape in ((T, D), (S, D), (S, E))
    ]


def masks(*batch: int) -> dict[str, Tensor | None]:
    """No row of these is shut, for which torch has no number."""
    random = torch.rand(*batch, T, S) < 0.5
    random[..., 0] = True
    return {
        "none": None,
        "causal": attention.causal_mask(S)[:T],
        "random": random,
        "added": torch.randn(*batch, T, S, dtype=torch.float64),
        "shut by adding": torch.zeros(T, S, dtype=torch.float64).masked_fill(
            ~random[(0,) * len(batch)], -torch.inf
        ),
    }


def with_gradients(output: Tensor, inputs: list[Tensor]) -> dict[str, Tensor]:
    loss = (output * (1 + output) * weights_like(output)).sum()
    grads = torch.autograd.grad(loss, inputs)
    return {"output": output} | {f"grad.{k}": grad for k, grad in enumerate(grads)}


def form(name: str, query: int = D, key: int = D) -> nn.Module:
    return SCORES[name](query, key).double()


# --- against torch


@every("dtype", [torch.float64, torch.float32])
@every("mask", masks())
@every("batch", BATCHES)
def test_scaled_dot_is_torchs(batch: tuple[int, ...], mask: str, dtype: torch.dtype) -> None:
    q, k, v = given(*batch, dtype=dtype)
    shut = masks(*batch)[mask]
    shut = shut.to(dtype) if shut is not None and shut.is_floating_point() else shut
    mine = attention.scaled_dot(q, k, v, shut)
    wanted = scaled_dot_product_attention(q, k, v, shut)
    assert_same(with_gradients(mine.context, [q, k, v]), with_gradients(wanted, [q, k, v]), TOLERANCE[dtype])


@every("seed", range(20))
def test_scaled_dot_of_any_shape_and_any_mask(seed: int) -> None:
    draw = random.Random(seed)
    dtype, batch = draw.choice([torch.float64, torch.float32]), [draw.randint(1, 4) for _ in range(seed % 3)]
    steps, keys, width, numbers = (draw.randint(1, 70) for _ in range(4))
    shapes = [(*batch, steps, width), (*batch, keys, width), (*batch, keys, numbers)]
    inputs = q, k, v = [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]
    mask = torch.rand(*batch, steps, keys) < draw.random()
    mask[..., draw.randrange(keys)] = True
    mine, wanted = attention.scaled_dot(q, k, v, mask), scaled_dot_product_attention(q, k, v, mask)
    tolerance = TOLERANCE[dtype]
    assert_same(with_gradients(mine.context, inputs), with_gradients(wanted, inputs), tolerance)
    torch.testing.assert_close(mine.weights.sum(-1), torch.ones(*batch, steps, dtype=dtype))


def test_dot_is_the_tutorials_bmm() -> None:
    """Scores of B encoders' outputs with one decoder state each, as tutorials of attention write them."""
    states, h = torch.randn(3, S, D).double(), torch.randn(3, D).double()
    scores = torch.bmm(states, h.unsqueeze(2)).squeeze(2)
    weights = torch.softmax(scores, dim=1)
    context = torch.bmm(weights.unsqueeze(1), states).squeeze(1)
    found = attention.dot(h[:, None], states, states)
    torch.testing.assert_close(found.scores[:, 0], scores)
    torch.testing.assert_close(found.weights[:, 0], weights)
    torch.testing.assert_close(found.context[:, 0], context)


# --- by the equations, a number at a time


def score_by_hand(name: str, module: nn.Module, q: Tensor, k: Tensor) -> float:
    """Of one query (D,) and one key (D,)."""
    w = {key: value.tolist() for key, value in module.state_dict().items()}
    qs, ks = q.tolist(), k.tolist()
    if name in ("dot", "scaled_dot"):
        return sum(a * b for a, b in zip(qs, ks, strict=True)) / (math.sqrt(len(qs)) if "s" in name else 1)
    if name == "general":
        return sum(qs[i] * w["weight"][i][j] * ks[j] for i in range(len(qs)) for j in range(len(ks)))
    total = 0.0
    for a in range(len(w["weight"])):
        of_q = sum(x * y for x, y in zip(w["weight_q"][a], qs, strict=True))
        of_k = sum(x * y for x, y in zip(w["weight_k"][a], ks, strict=True))
        total += w["weight"][a] * math.tanh(of_q + of_k)
    return total


@every("masked", [False, True])
@pytest.mark.parametrize("name", SCORES)
def test_every_number_by_hand(name: str, masked: bool) -> None:
    width = D if "dot" in name else D + 2
    module, mask = form(name, D, width), torch.rand(T, S) < 0.6
    mask[:, 1] = True
    q, k, v = (torch.randn(*shape).double() for shape in ((T, D), (S, width), (S, E)))
    found = module(q, k, v, mask if masked else None)
    for t in range(T):
        scores = [score_by_hand(name, module, q[t], k[s]) for s in range(S)]
        seen = [not masked or bool(mask[t, s]) for s in range(S)]
        total = sum(math.exp(score) for score, open_ in zip(scores, seen, strict=True) if open_)
        for s in range(S):
            weight = math.exp(scores[s]) / total if seen[s] else 0.0
            assert found.scores[t, s].item() == pytest.approx(scores[s], abs=1e-12)
            assert found.masked[t, s].item() == (pytest.approx(scores[s]) if seen[s] else -math.inf)
            assert found.weights[t, s].item() == pytest.approx(weight, abs=1e-12)
        for e in range(E):
            context = sum(found.weights[t, s].item() * v[s, e].item() for s in range(S))
            assert found.context[t, e].item() == pytest.approx(context, abs=1e-12)


@pytest.mark.parametrize("name", SCORES)
def test_the_scores_are_those_of_the_q_and_k_that_are_told(name: str) -> None:
    module, (q, k, v) = form(name), given(2)
    found = module(q, k, v)
    assert torch.equal(found.v, v)
    if name == "additive":
        again = (found.q[:, :, None] + found.k[:, None]).tanh()
        assert torch.equal(found.hidden, again)
        scores = again @ module.weight
    else:
        scores = torch.einsum("btd,bsd->bts", found.q, found.k) / (D**0.5 if "scaled" in name else 1)
        assert found.hidden is None
    torch.testing.assert_close(found.scores, scores)


@pytest.mark.parametrize("name", ["general", "additive"])
def test_gradients_of_what_is_learned_agree_with_small_differences(name: str) -> None:
    module, (q, k, v) = form(name), given(2)
    mask = attention.padding_mask(torch.tensor([S, 2]), S)
    weights = [weight.detach().requires_grad_() for weight in module.parameters()]
    forms: dict[str, Any] = {"general": attention.general, "additive": attention.additive}
    assert torch.autograd.gradcheck(
        lambda *inputs: forms[name](*inputs, mask=mask).context, (q, k, v, *weights), fast_mode=False
    )


def test_self_attention_is_three_linear_layers() -> None:
    module, x = attention.SelfAttention(D, E).double(), torch.randn(2, T, D).double()
    found = module(x, attention.causal_mask(T))
    q, k, v = (
        torch.einsum("btd,ed->bte", x, each.weight) + each.bias
        for each in (module.query, module.key, module.value)
    )
    scores = torch.einsum("bte,bse->bts", q, k) / E**0.5
    weights = scores.masked_fill(torch.ones(T, T).triu(1).bool(), -torch.inf).softmax(-1)
    torch.testing.assert_close(found.weights, weights)
    torch.testing.assert_close(found.context, torch.einsum("bts,bse->bte", weights, v))
    torch.testing.assert_close((found.q, found.k, found.v), (q, k, v))


# --- masks


@every("mask", masks(2))
@pytest.mark.parametrize("name", SCORES)
def test_rows_of_weights_sum_to_one(name: str, mask: str) -> None:
    weights = form(name)(*given(2), masks(2)[mask]).weights
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]), rtol=0, atol=1e-12)
    assert (weights >= 0).all()


@pytest.mark.parametrize("name", SCORES)
def test_what_is_padded_does_nothing(name: str) -> None:
    """Each row of a padded batch is what it is alone; and what stands in the padding does not matter."""
    module, lengths = form(name), torch.tensor([S, 1, 4])
    q, k, v = (each.detach() for each in given(3))
    mask = attention.padding_mask(lengths, S)
    found = module(q, k, v, mask)
    for row, length in enumerate(lengths):
        alone = module(q[row], k[row, :length], v[row, :length])
        torch.testing.assert_close(found.context[row], alone.context, rtol=0, atol=1e-12)
        torch.testing.assert_close(found.weights[row, :, :length], alone.weights, rtol=0, atol=1e-12)
        assert not found.weights[row, :, length:].any()
    other_k, other_v = k.clone(), v.clone()
    for row, length in enumerate(lengths):
        other_k[row, length:], other_v[row, length:] = 1e3, -1e3
    assert torch.equal(module(q, other_k, other_v, mask).context, found.context)


@pytest.mark.parametrize("name", SCORES)
def test_looking_at_nothing_is_zero_and_no_gradient(name: str) -> None:
    for mask in (
        torch.tensor([True, False, True, False])[:, None],
        torch.tensor([0.0, -torch.inf, 0, -torch.inf])[:, None],
    ):
        module, inputs = form(name), given(2)
        found = module(*inputs, mask)
        assert not found.weights[:, 1::2].any()
        assert not found.context[:, 1::2].any()
        torch.testing.assert_close(found.weights[:, ::2].sum(-1), torch.ones(2, 2).double())
        of_q, of_k, of_v = torch.autograd.grad(found.context.square().sum(), inputs)
        assert not of_q[:, 1::2].any()
        assert all(grad.isfinite().all() and grad.any() for grad in (of_q, of_k, of_v))


def test_large_scores_stay_numbers() -> None:
    q, k, v = (1e4 * each for each in given(dtype=torch.float32))
    found = attention.dot(q, k, v)
    assert found.weights.isfinite().all()
    assert found.context.isfinite().all()


def test_masks_by_hand() -> None:
    assert attention.causal_mask(3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert attention.padding_mask(torch.tensor([2, 0, 3]), 3).tolist() == [
        [[True, True, False]],
        [[False, False, False]],
        [[True, True, True]],
    ]


# --- what is refused


@every(
    ("shapes", "sentence"),
    [
        (((T, D), (S, D + 1), (S, E)), r"same D and S; got \(4, 5\), \(6, 6\), \(6, 3\)"),
        (((T, D), (S, D), (S + 1, E)), "same D and S"),
        (((D,), (S, D), (S, E)), "same D and S"),
    ],
)
def test_shapes_that_do_not_fit_are_told(shapes: tuple[tuple[int, ...], ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        attention.scaled_dot(*(torch.randn(*shape) for shape in shapes))


@every(
    ("mask", "sentence"),
    [
        (torch.ones(T, S, dtype=torch.long), "truth values, or of numbers that are added, not torch.int64"),
        (torch.ones(T, S + 1, dtype=torch.bool), r"\(4, 7\) does not fit scores of the shape \(4, 6\)"),
        (torch.ones(2, T, S, dtype=torch.bool), r"\(2, 4, 6\) does not fit"),
    ],
)
def test_a_mask_that_does_not_fit_is_told(mask: Tensor, sentence: str) -> None:
    q, k, v = given()
    with pytest.raises(ValueError, match=sentence):
        attention.dot(q, k, v, mask)


def test_dot_needs_the_same_width() -> None:
    with pytest.raises(ValueError, match="same width, not 3 and 4: general and additive attention do not"):
        SCORES["dot"](3, 4)
    with pytest.raises(ValueError, match="same width"):
        SCORES["scaled_dot"](3, 4)


def test_everything_that_is_told_has_a_name() -> None:
    found = attention.dot(*given(2))
    assert isinstance(found, Attention)
    assert found._fields == ("context", "weights", "scores", "masked", "q", "k", "v", "hidden")
