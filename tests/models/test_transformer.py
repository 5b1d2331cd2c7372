"""Transformers: against torch's modules, what a step may know, text beyond the context, answers of rows."""

import math
from itertools import islice
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnnviz import attention
from rnnviz.models.language import LanguageModel
from rnnviz.models.pooling import READOUTS
from rnnviz.models.sampling import generate, sample
from rnnviz.models.speaker import perplexity
from rnnviz.models.transformer import NORMS, POSITIONS, Transformer
from rnnviz.models.transformer_classifier import TransformerClassifier
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.vocabulary import Vocabulary
from tests.cases import every
from tests.nn.compare import TOLERANCE, assert_same, weights_like

LETTERS = Vocabulary.of("abcdefgh")
T, B, D = 7, 3, 4
LENGTHS = torch.tensor([T, 1, 4])
SIZES: dict[str, Any] = {"hidden": 6, "layers": 2, "heads": 2, "feedforward": 9, "context": 12}


def speaker(**settings: Any) -> TransformerLanguageModel:
    return TransformerLanguageModel(LETTERS, **(SIZES | settings))


def classifier(inputs: Vocabulary | int = LETTERS, **settings: Any) -> TransformerClassifier:
    return TransformerClassifier(inputs, ("no", "yes", "maybe"), **(SIZES | settings))


def ids(*shape: int) -> Tensor:
    return torch.randint(len(LETTERS), shape or (T, B))


def in_torch(model: Transformer) -> nn.TransformerEncoder:
    """torch's own modules with the model's weights."""
    dtype = model.out.weight.dtype
    layer = nn.TransformerEncoderLayer(
        model.hidden, model.heads, model.feedforward, 0.0, norm_first=model.norm == "pre", dtype=dtype
    )
    norm = nn.LayerNorm(model.hidden, dtype=dtype) if model.norm == "pre" else None
    twin = nn.TransformerEncoder(layer, model.layers, norm, enable_nested_tensor=False)
    twin.load_state_dict(model.encoder.state_dict())
    return twin


def places(model: Transformer, steps: int) -> Tensor:
    if model.positions == "learned":
        return model.pos.weight[:steps]
    return attention.sinusoidal(steps, model.hidden, dtype=model.out.weight.dtype)


def gradients(loss: Tensor, model: nn.Module) -> dict[str, Tensor]:
    named = dict(model.named_parameters())
    grads = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return {name: grad for name, grad in zip(named, grads, strict=True) if grad is not None}


# --- against torch


@every("dtype", [torch.float64, torch.float32])
@every("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_a_language_model_is_torchs_encoder(norm: str, positions: str, dtype: torch.dtype) -> None:
    model = speaker(norm=norm, positions=positions).to(dtype)
    twin, x = in_torch(model), ids()
    logits, _ = model(x)
    mask = nn.Transformer.generate_square_subsequent_mask(T, dtype=dtype)
    rows = model.emb.weight.detach()[x] + places(model, T).detach()[:, None]
    wanted = twin(rows, mask) @ model.out.weight.T + model.out.bias
    tolerance = TOLERANCE[dtype]
    assert_same({"logits": logits}, {"logits": wanted}, tolerance)
    mine, theirs = (
        gradients((logits * weights_like(logits)).sum(), model),
        gradients((wanted * weights_like(wanted)).sum(), twin),
    )
    assert_same({name: mine[f"encoder.{name}"] for name in theirs}, theirs, tolerance)


@every("readout", READOUTS)
@every("directions", [1, 2])
@every("inputs", [LETTERS, D])
@pytest.mark.parametrize("norm", NORMS)
def test_a_classifier_answers_each_row_as_if_alone(
    norm: str, inputs: Vocabulary | int, directions: int, readout: str
) -> None:
    model: Any = classifier(inputs, readout=readout, directions=directions, norm=norm).double()
    x = ids() if inputs is LETTERS else torch.randn(T, B, D).double()
    logits, twin = model(x, LENGTHS), in_torch(model)
    for row, length in enumerate(LENGTHS):
        alone = x[:length, row]
        h = model.emb.weight[alone] if inputs is LETTERS else alone @ model.emb.weight.T + model.emb.bias
        mask = nn.Transformer.generate_square_subsequent_mask(length, dtype=torch.float64)
        h = twin((h + places(model, length))[:, None], mask if directions == 1 else None)[:, 0]
        summary = h[-1] if readout == "last" else h.mean(0)
        if readout.startswith("attention"):
            weights = (h @ model.attn.weight.T).softmax(0)
            summary = (weights * h).sum(0)
        wanted = model.out.weight @ summary + model.out.bias
        torch.testing.assert_close(logits[row], wanted, rtol=0, atol=1e-12)
        torch.testing.assert_close(model(x[:length, row : row + 1])[0], wanted, rtol=0, atol=1e-12)


@every("readout", READOUTS)
@every("directions", [1, 2])
def test_what_comes_after_the_end_of_a_row_does_nothing(directions: int, readout: str) -> None:
    model, x, other = classifier(readout=readout, directions=directions), ids(), ids()
    inside = torch.arange(T)[:, None] < LENGTHS
    other[inside] = x[inside]
    assert not torch.equal(x, other)
    assert torch.equal(model(x, LENGTHS), model(other, LENGTHS))


# --- what a step may know


@pytest.mark.parametrize("norm", NORMS)
def test_what_comes_later_moves_nothing_that_was_said(norm: str) -> None:
    model, x = speaker(norm=norm), ids()
    logits, _ = model(x)
    for t in range(1, T):
        other = x.clone()
        other[t:] = (x[t:] + 1) % len(LETTERS)
        moved, _ = model(other)
        assert torch.equal(moved[:t], logits[:t])
        assert not torch.equal(moved[t:], logits[t:])


def test_places_matter() -> None:
    model, x = speaker(), torch.tensor([[1], [2], [3]])
    assert not torch.allclose(model(x)[0][-1], model(x[[1, 0, 2]])[0][-1])


@every("positions", POSITIONS)
def test_the_tokens_before_are_the_state(positions: str) -> None:
    model, x = speaker(positions=positions).double(), ids()
    whole, read = model(x)
    assert torch.equal(read, x)
    first, state = model(x[:3])
    second, state = model(x[3:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole, rtol=0, atol=1e-12)
    assert torch.equal(state, x)
    state = None
    for t in range(T):
        logits, state = model.step(x[t], state)
        torch.testing.assert_close(logits, whole[t], rtol=0, atol=1e-12)


def test_beyond_the_context_the_oldest_is_forgotten() -> None:
    model, x = speaker(context=5).double(), ids()
    _, state = model(x[:5])
    logits, state = model(x[5:], state)
    assert torch.equal(state, x[2:])
    torch.testing.assert_close(logits, model(x[2:])[0][-2:], rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="looks at 1 to 5 steps together, not 7"):
        model(x)
    with pytest.raises(ValueError, match="1 to 5 steps together, not 0"):
        model(x[:0])


# --- text


@pytest.mark.parametrize("count", [2, 3, 5, 6, 7, 8, 11, 40])
@every("context", [1, 2, 5])
def test_losses_are_of_every_token_once_each_from_half_a_context_or_more(count: int, context: int) -> None:
    model, x = speaker(context=context).double(), ids(count)
    start, done, total = 0, 0, 0.0
    while done < count - 1:
        window = x[start : start + context + 1]
        losses = cross_entropy(model(window[:-1, None])[0][:, 0], window[1:], reduction="none").tolist()
        assert (
            start == 0 or done - start >= context // 2
        )  # the first that is counted hears one more than that
        total += sum(losses[done - start :])
        done = start + len(losses)
        start = max(min(start + max(context // 2, 1), count - 1 - context), 0)
    assert sum(model.losses(x)) == pytest.approx(total, abs=1e-9)


def test_perplexity_within_the_context_is_that_of_one_reading() -> None:
    model = speaker().double()
    text = "abcdefgh"
    x = model.ids(text)
    loss = cross_entropy(model(x[:-1, None])[0][:, 0], x[1:])
    assert perplexity(model, text) == pytest.approx(math.exp(loss.item()))
    with pytest.raises(ValueError, match="at least two characters"):
        perplexity(model, "a")


def test_it_writes_what_it_expects() -> None:
    """Far beyond the context: each character from the last few alone."""
    model = speaker(context=5, positions="sinusoidal")
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight))
    written = "ab" + sample(model, "ab", 30, temperature=0)
    for end in range(2, len(written)):
        with torch.no_grad():
            logits = model.eval()(model.ids(written[max(0, end - 5) : end])[:, None])[0][-1, 0]
        logits[LETTERS.unk] = -torch.inf
        assert LETTERS.tokens[int(logits.argmax())] == written[end]


def test_it_writes_from_nothing_and_after_more_than_it_can_see() -> None:
    model = speaker(context=5)
    assert len(sample(model, length=9, seed=0)) == 9
    assert sample(model, "abcdefgh" * 5, 9, seed=1) == sample(model, "defgh", 9, seed=1)
    assert sample(model, "a", 9, seed=1) == sample(model, "a", 9, seed=1)
    assert "".join(islice(generate(model, "a", seed=1), 9)) == sample(model, "a", 9, seed=1)


def test_a_recurrent_model_speaks_as_before() -> None:
    model = LanguageModel(LETTERS, "gru", hidden=5)
    logits, state = model.after([1, 2, 3])
    whole, wanted = model(torch.tensor([[1], [2], [3]]))
    torch.testing.assert_close(logits, whole[-1, 0])
    torch.testing.assert_close(model.after([4], state)[0], model.step(torch.tensor([4]), wanted)[0][0])
    torch.testing.assert_close(model.after([])[0], model.out.bias)


# --- everything that is told


@pytest.mark.parametrize("norm", NORMS)
def test_a_trace_tells_every_layer_and_head(norm: str) -> None:
    model, x = speaker(norm=norm).double(), ids()
    told = model.trace(x)
    torch.testing.assert_close(told["h"], model.states(x), rtol=0, atol=1e-12)
    torch.testing.assert_close(model.out(told["h"]), model(x)[0], rtol=0, atol=1e-12)
    E, K, F = 6, 2, 9
    shapes = {
        "h": (T, B, E), "norm1": (T, B, E), "mid": (T, B, E), "norm2": (T, B, E), "ff": (T, B, E),
        "a": (T, B, F), "hidden": (T, B, F), "attn.output": (T, B, E), "attn.context": (B, K, T, E // K),
        "attn.weights": (B, K, T, T), "attn.scores": (B, K, T, T), "attn.masked": (B, K, T, T),
        "attn.q": (B, K, T, E // K), "attn.k": (B, K, T, E // K), "attn.v": (B, K, T, E // K),
    }  # fmt: skip
    assert set(told) == {"emb", "h"} | {f"l{k}.{name}" for k in (0, 1) for name in shapes}
    assert {name: tuple(told[f"l1.{name}"].shape) for name in shapes} == shapes
    weights = told["l0.attn.weights"]
    assert not weights.triu(1).any()
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, K, T).double())
    torch.testing.assert_close(weights @ told["l0.attn.v"], told["l0.attn.context"])
    torch.testing.assert_close(told["emb"], model.emb.weight[x] + places(model, T)[:, None])


def test_a_trace_of_rows_of_different_lengths() -> None:
    model, x = classifier().double(), ids()
    told = model.trace(x, LENGTHS)
    assert not told["l1.attn.weights"][1, :, :, 1:].any()
    torch.testing.assert_close(model.out(model.summary(told["h"], LENGTHS)), model(x, LENGTHS))


def test_dropout_acts_while_training_only() -> None:
    for model in (speaker(hidden=48, dropout=0.5), classifier(hidden=48, dropout=0.5)):
        first, second = (model.states(torch.zeros(T, B, dtype=torch.long)) for _ in range(2))
        assert not torch.equal(first, second)
        model.eval()
        first, second = (model.states(torch.zeros(T, B, dtype=torch.long)) for _ in range(2))
        assert torch.equal(first, second)


def test_it_knows_what_it_is() -> None:
    model = speaker()
    assert (model.cell, model.input, model.directions, model.width) == ("transformer", "embedding", 1, 6)
    assert classifier(D).input == "numbers"
    assert classifier().directions == 2
    V, E, F = len(LETTERS), 6, 9
    layer = 3 * E * E + 3 * E + E * E + E + E * F + F + F * E + E + 4 * E
    assert model.parameter_count == V * E + 12 * E + 2 * layer + V * E + V
    assert speaker(norm="pre").parameter_count == model.parameter_count + 2 * E


def test_feedforward_is_four_times_as_wide_if_not_said() -> None:
    assert TransformerLanguageModel(LETTERS, hidden=8, heads=2).config["feedforward"] == 32
