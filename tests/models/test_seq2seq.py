"""Sequence to sequence: the equations once more on torch's own layers, and everything that is told."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnnviz.models.seq2seq import ATTENTIONS, Seq2Seq
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.models.writer import END
from rnnviz.nn import LAYERS, torch_twin
from tests.cases import every

SOURCE = Vocabulary.of("abcdef")
TARGET = ("x", "y", "z")
S, T, B = 6, 4, 3
LENGTHS = torch.tensor([S, 2, 5])
X = torch.tensor([[1, 2, 3], [4, 5, 6], [6, 0, 1], [2, 0, 2], [3, 0, 5], [1, 0, 0]])
Y = torch.tensor([[1, 3, 2], [2, 0, 2], [3, -100, 0], [0, -100, -100]])


def model_of(attention: str = "dot", cell: str = "gru", directions: int = 1, **settings: Any) -> Any:
    made: dict[str, Any] = {"hidden": 5, "embedding": 4} | settings
    return Seq2Seq(SOURCE, TARGET, attention=attention, cell=cell, directions=directions, **made).double()


def one_hot_or_rows(model: Seq2Seq, table: str, ids: Tensor) -> Tensor:
    if model.input == "embedding":
        return getattr(model, table).weight[ids]
    count = model.inputs if table == "source_emb" else model.outputs
    return torch.eye(count, dtype=torch.float64)[ids]


def scores(model: Seq2Seq, states: Tensor, h: Tensor) -> Tensor:
    """How well h (W,) fits each of the states (S, W)."""
    if model.attention in ("dot", "scaled_dot"):
        return states @ h / (len(h) ** 0.5 if "scaled" in model.attention else 1)
    w = dict(model.attn.named_parameters())
    if model.attention == "general":
        return states @ w["weight"].T @ h
    return torch.tanh(w["weight_q"] @ h + states @ w["weight_k"].T) @ w["weight"]


def by_hand(model: Seq2Seq, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor | None]:
    """Logits (T, O) and weights (T, S) of one row, x (S,) and y (T,), a step at a time on torch's layers."""
    states, last = torch_twin(model.encoder)(one_hot_or_rows(model, "source_emb", x)[:, None])
    states, parts = states[:, 0], (last,) if isinstance(last, Tensor) else last
    if model.directions == 2:  # the first and second of each layer, side by side
        parts = tuple(torch.cat([part[0::2], part[1::2]], -1) for part in parts)
    state, twin = parts[0] if len(parts) == 1 else parts, torch_twin(model.decoder)
    logits, weights = [], []
    for before in [0, *y[:-1].tolist()]:
        h, state = twin(one_hot_or_rows(model, "target_emb", torch.tensor([[before]])), state)
        h = joined = h[0, 0]
        if model.attention != "none":
            weights.append(scores(model, states, h).softmax(0))
            joined = torch.tanh(model.join.weight @ torch.cat([weights[-1] @ states, h]))
        logits.append(model.out.weight @ joined + model.out.bias)
    return torch.stack(logits), torch.stack(weights) if weights else None


@every("directions", [1, 2])
@every("cell", LAYERS)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_padded_batch_is_its_rows_by_hand(attention: str, cell: str, directions: int) -> None:
    model = model_of(attention, cell, directions, layers=2)
    logits = model(X, Y, LENGTHS)
    encoded = model.encode(X, LENGTHS)
    h, _ = model.decoder(model.target_rows(model.shifted(Y)), encoded.state)
    said = model.say(h, encoded)
    torch.testing.assert_close(said.logits, logits)
    for row, length in enumerate(LENGTHS):
        written = int((Y[:, row] >= 0).sum())
        wanted, weights = by_hand(model, X[:length, row], Y[:written, row])
        torch.testing.assert_close(logits[:written, row], wanted, rtol=0, atol=1e-12)
        if weights is not None:
            found = said.attention.weights[row, :written]
            torch.testing.assert_close(found[:, :length], weights, rtol=0, atol=1e-12)
            assert not found[:, length:].any()


@every("input", ["onehot", "embedding"])
def test_tokens_go_in_by_either_way(input: str) -> None:
    model = model_of("general", "lstm", 2, input=input)
    logits = model(X[:, :1], Y[:, :1])
    torch.testing.assert_close(logits[:, 0], by_hand(model, X[:, 0], Y[:, 0])[0], rtol=0, atol=1e-12)
    assert ("source_emb.weight" in model.state_dict()) == (input == "embedding")


@every("directions", [1, 2])
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_gradients_are_those_of_the_equations(attention: str, directions: int) -> None:
    """Of every parameter, through padding and packing, against autograd on the rows by hand."""
    model = model_of(attention, "lstm", directions)
    weights = list(model.parameters())
    loss = cross_entropy(model(X, Y, LENGTHS).flatten(0, 1), Y.flatten(), ignore_index=-100, reduction="sum")
    mine = torch.autograd.grad(loss, weights)
    total = torch.zeros((), dtype=torch.float64)
    for row, length in enumerate(LENGTHS):
        y = Y[:, row][Y[:, row] >= 0]
        total = total + cross_entropy(by_hand(model, X[:length, row], y)[0], y, reduction="sum")
    wanted = torch.autograd.grad(total, weights)
    torch.testing.assert_close(loss, total)
    for (name, _), a, b in zip(model.named_parameters(), mine, wanted, strict=True):
        assert a.abs().sum() > 0, name
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12, msg=name)


def test_what_is_written_after_the_end_and_read_after_it_does_nothing() -> None:
    model, x, y = model_of(directions=2), X.clone(), Y.clone()
    x[2:, 1], y[2:, 1], y[3, 2] = 5, 3, 1
    logits, other = model(X, Y, LENGTHS), model(x, y, LENGTHS)
    assert torch.equal(logits[:, 0], other[:, 0])
    assert torch.equal(logits[:2, 1], other[:2, 1])
    assert torch.equal(logits[:3, 2], other[:3, 2])


@every("directions", [1, 2])
@every("cell", LAYERS)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_step_at_a_time_says_the_same(attention: str, cell: str, directions: int) -> None:
    model = model_of(attention, cell, directions, layers=2)
    whole = model(X, Y, LENGTHS)
    encoded = model.encode(X, LENGTHS)
    state, last = encoded.state, torch.zeros(B, dtype=torch.long)
    for t in range(T):
        logits, state = model.step(last, state, encoded)
        torch.testing.assert_close(logits, whole[t], rtol=0, atol=1e-12)
        last = Y[t].clamp(min=0)


def test_rows_of_what_was_read() -> None:
    model = model_of(cell="lstm", directions=2)
    some = model.encode(X, LENGTHS).rows(torch.tensor([2, 0, 2]))
    alone = model.encode(X[:5, 2:], LENGTHS[2:])
    torch.testing.assert_close(some.states[0, :5], alone.states[0])
    for part, wanted in zip(some.state, alone.state, strict=True):
        torch.testing.assert_close(part[:, 2], wanted[:, 0])
    assert some.mask[:, 0].sum(-1).tolist() == [5, 6, 5]


# --- everything that is told


@every("directions", [1, 2])
@every("cell", LAYERS)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_trace_tells_everything_of_what_the_model_does(attention: str, cell: str, directions: int) -> None:
    model = model_of(attention, cell, directions, layers=2)
    x, y = X[:5, 2], Y[:3, 2]
    told = model.trace(x, y)
    torch.testing.assert_close(
        told.said.logits[:, 0], model(x[:, None], y[:, None])[:, 0], rtol=0, atol=1e-12
    )
    ways = ["", "r"][:directions]
    assert {f"l{k}{way}.h" for k in (0, 1) for way in ways} <= set(told.encoder)
    assert {"l0.h", "l1.h"} <= set(told.decoder)
    assert told.encoder["l0.h"].shape == (5, 5)
    assert told.decoder["l0.h"].shape == (3, 5 * directions)
    states = torch.cat([told.encoder[f"l1{way}.h"] for way in ways], -1)
    if attention == "none":
        assert told.said.attention is None
        assert torch.equal(told.said.joined[:, 0], told.decoder["l1.h"])
    else:
        assert torch.equal(told.said.attention.v[0], states)
        weights, h = told.said.attention.weights[0], told.decoder["l1.h"]
        joined = torch.tanh(torch.cat([weights @ states, h], -1) @ model.join.weight.T)
        torch.testing.assert_close(told.said.joined[:, 0], joined)
    torch.testing.assert_close(told.source_rows, model.source_emb.weight[x])
    torch.testing.assert_close(told.target_rows, model.target_emb.weight[torch.tensor([0, *y[:-1]])])


def test_weights_can_be_overwritten() -> None:
    """What is said at the step hears of it, and nothing before or after it."""
    model, x, y = model_of("additive"), X[:, 0], Y[:, 0]
    asked = []

    def look_at_the_second(step: int, name: str, value: Tensor) -> Tensor:
        asked.append((step, name))
        if (step, name) != (1, "attn.weights"):
            return value
        assert value.shape == (1, S)
        return torch.eye(S, dtype=value.dtype)[1:2]

    told, before = model.trace(x, y, look_at_the_second), model.trace(x, y)
    assert torch.equal(told.said.attention.context[0, 1], told.encoder["l0.h"][1])
    moved = (told.said.logits - before.said.logits).abs().amax((1, 2)) > 1e-9
    assert moved.tolist() == [False, True, False, False]
    assert {(S - 1, "enc.l0.h"), (T - 1, "dec.l0.z"), (T - 1, "attn.weights")} <= set(asked)


def test_gates_can_be_overwritten() -> None:
    model, x, y = model_of("dot"), X[:, 0], Y[:, 0]

    def shut(step: int, name: str, value: Tensor) -> Tensor:
        return torch.zeros_like(value) if (step, name) == (2, "dec.l0.h") else value

    told = model.trace(x, y, shut)
    assert not told.decoder["l0.h"][2].any()
    torch.testing.assert_close(told.said.attention.weights[0, 2], torch.full((S,), 1 / S).double())
    torch.testing.assert_close(told.encoder["l0.h"], model.trace(x, y).encoder["l0.h"])


# --- words


def test_what_is_written_has_ids_and_comes_back() -> None:
    model = model_of()
    ids = model.target_ids("zxx")
    assert ids.tolist() == [3, 1, 1, 0]
    assert model.classes == (END, *TARGET)
    assert model.target_text(ids) == "zxx"
    assert model.target_text(torch.tensor([1, 0, 2, 0])) == "x"
    assert model.target_text(torch.tensor([1, 2])) == "xy"
    with pytest.raises(ValueError, match="never writes 'q': it writes 'xyz'"):
        model.target_ids("xq")


def test_the_smallest_source_and_target() -> None:
    model = model_of("dot", directions=2)
    assert model(X[:1], torch.zeros(1, B, dtype=torch.long)).shape == (1, B, 4)


def test_dropout_acts_while_training_only() -> None:
    model = model_of(hidden=50, dropout=0.5)
    assert not torch.equal(model(X, Y), model(X, Y))
    model.eval()
    assert torch.equal(model(X, Y), model(X, Y))
