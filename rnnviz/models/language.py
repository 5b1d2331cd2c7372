"""A character language model: what comes next, given all that was read."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout, one_hot

from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import LAYERS, State

INPUTS = ("onehot", "embedding")
MOST_UNITS, MOST_LAYERS = 4096, 8
CHUNK = 1000  # steps that `perplexity` keeps in memory at a time


class LanguageModel(nn.Module):
    """Characters -> recurrent layers -> the probability of each character to come next.

        x_t = one-hot row or embedding of the character read
        h_t = RNN, LSTM or GRU (x_t, h_{t-1})
        logits_t = h_t W_out^T + b_out            P(next = v) = softmax(logits_t)_v

    cell: a name in `rnnviz.nn.LAYERS`; hidden: units of a layer; layers: how many, one upon the other.
    input: "onehot", or "embedding" of `embedding` numbers a character (`.emb`).
    dropout: of h on its way to the next layer and to the output, while training.

    `.name`: the checkpoint's, "" for none. `.ranges`: the largest magnitude that each quantity reached on the
    held-out text, by name ("l0.c"); {} where that is not known. Raises ValueError for a setting out of range.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        cell: str = "lstm",
        hidden: int = 256,
        layers: int = 1,
        input: str = "onehot",
        embedding: int = 32,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(cell, hidden, layers, input, embedding, dropout)
        self.vocabulary, self.cell, self.hidden, self.layers = vocabulary, cell, hidden, layers
        self.input, self.embedding, self.dropout = input, embedding, dropout
        self.name = ""
        self.ranges: dict[str, float] = {}
        if input == "embedding":
            self.emb = nn.Embedding(len(vocabulary), embedding)
        width = embedding if input == "embedding" else len(vocabulary)
        between = dropout if layers > 1 else 0.0
        self.rnn = LAYERS[cell](width, hidden, num_layers=layers, dropout=between)
        self.out = nn.Linear(hidden, len(vocabulary))

    @property
    def config(self) -> dict[str, Any]:
        """The "model" part of config.json: what rebuilds this model, with the vocabulary."""
        return {
            "type": "language",
            "cell": self.cell,
            "input": self.input,
            "hidden": self.hidden,
            "layers": self.layers,
            "embedding": self.embedding if self.input == "embedding" else None,
            "bidirectional": False,
        }

    @property
    def parameter_count(self) -> int:
        return sum(weight.numel() for weight in self.parameters())

    def ids(self, text: str) -> Tensor:
        """The ids of a text, (T,), where the weights are."""
        return torch.tensor(self.vocabulary.encode(text), dtype=torch.long, device=self.out.weight.device)

    def read(self, ids: Tensor) -> Tensor:
        """ids (...) -> what the layer reads: the ids, for their one-hot rows, or embedding rows (..., D)."""
        return self.emb(ids) if self.input == "embedding" else ids

    def input_rows(self, ids: Tensor) -> Tensor:
        """ids (T, B) -> (T, B, D): one-hot or embedding rows."""
        rows = self.read(ids)
        return rows if rows is not ids else one_hot(ids, len(self.vocabulary)).to(self.out.weight.dtype)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids (T, B), the layer's state (zeros if None) -> logits (T, B, V), the state at the end."""
        h, state = self.rnn(self.read(ids), state)
        return self.out(dropout(h, self.dropout, self.training)), state

    def step(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The same of one step, as one writes on: ids (B,) -> logits (B, V), the new state."""
        h, state = self.rnn.step(self.read(ids), state)
        return self.out(dropout(h, self.dropout, self.training)), state


@contextmanager
def reading(model: nn.Module) -> Iterator[None]:
    """The model as it reads: no dropout, no gradients; afterwards as it was."""
    awake = [module for module in model.modules() if module.training]
    for module in awake:
        module.training = False
    try:
        with torch.inference_mode():
            yield
    finally:
        for module in awake:
            module.training = True


def perplexity(model: LanguageModel, text: str) -> float:
    """exp of the mean of -ln P(character) over a text that is read from start to end, the state carried.

    The first character is not counted: nothing was read before it. 1 is certainty; a blind guess scores V.
    Raises ValueError for a text of fewer than two characters.
    """
    if len(text) < 2:
        raise ValueError(f"Perplexity needs a text of at least two characters, got {len(text)}.")
    total, state = 0.0, None
    with reading(model):
        ids = model.ids(text)[:, None]
        for start in range(0, len(ids) - 1, CHUNK):
            read, came = ids[:-1][start : start + CHUNK], ids[1:][start : start + CHUNK]
            logits, state = model(read, state)
            total += cross_entropy(logits[:, 0], came[:, 0], reduction="sum").item()
    return math.exp(min(total / (len(ids) - 1), 700.0))  # e^710 is beyond a float


def _check(cell: str, hidden: int, layers: int, input: str, embedding: int, dropout: float) -> None:
    """Raises ValueError with a sentence that says what is allowed."""
    if not isinstance(cell, str) or cell not in LAYERS:
        raise ValueError(f"The cell is one of {', '.join(LAYERS)}, not {cell!r}.")
    if input not in INPUTS:
        raise ValueError(f"The input is {' or '.join(INPUTS)}, not {input!r}.")
    sizes = [("hidden", hidden, MOST_UNITS), ("layers", layers, MOST_LAYERS)]
    sizes += [("embedding", embedding, MOST_UNITS)] if input == "embedding" else []
    for name, value, most in sizes:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"{name} is a whole number from 1 to {most}, not {value!r}.")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is a probability below 1, not {dropout!r}.")
