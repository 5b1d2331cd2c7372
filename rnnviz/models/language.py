"""A character language model: what comes next, given all that was read."""

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout

from rnnviz.models.reader import Reader
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State

CHUNK = 1000  # steps that `perplexity` keeps in memory at a time

Value = TypeVar("Value")


class LanguageModel(Reader):
    """Characters -> recurrent layers -> the probability of each character to come next.

        x_t = one-hot row or embedding of the character read
        h_t = RNN, LSTM or GRU (x_t, h_{t-1})
        logits_t = h_t W_out^T + b_out            P(next = v) = softmax(logits_t)_v

    The settings are those of `Reader`; it reads in one direction, since it must not see what it predicts.
    """

    vocabulary: Vocabulary
    out: nn.Linear

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
        super().__init__(vocabulary, cell, hidden, layers, input, embedding, dropout)
        self.out = nn.Linear(hidden, len(vocabulary))

    @classmethod
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "LanguageModel":
        """The model again from the "model" part of a config.json; see `models.model_of`."""
        if settings.pop("directions", 1) != 1:
            raise ValueError("a language model reads in one direction, so bidirectional should be false.")
        if not isinstance(inputs, Vocabulary):
            raise ValueError("a language model reads tokens, so its input is no numbers.")
        return cls(inputs, **settings)

    @property
    def config(self) -> dict[str, Any]:
        return self.config_of("language")

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids (T, B), the layer's state (zeros if None) -> logits (T, B, V), the state at the end."""
        h, state = self.states(ids, state)
        return self.out(dropout(h, self.dropout, self.training)), state

    def step(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The same of one step, as one writes on: ids (B,) -> logits (B, V), the new state."""
        h, state = self.rnn.step(self.read(ids), state)
        return self.out(dropout(h, self.dropout, self.training)), state


def as_language_model(model: Reader, does: str) -> LanguageModel:
    """The model, of which is asked what only a language model `does`. Raises ValueError for another type."""
    if not isinstance(model, LanguageModel):
        named = model.name or "This model"
        raise ValueError(f"{named} is a {model.config['type']}, and only a language model {does}.")
    return model


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


def perplexity(model: Reader, text: str) -> float:
    """exp of the mean of -ln P(character) over a text that is read from start to end, the state carried.

    The first character is not counted: nothing was read before it. 1 is certainty; a blind guess scores V.
    Raises ValueError for a text of fewer than two characters, and for a model of another type.
    """
    return exhausted(perplexity_in_pieces(as_language_model(model, "has a perplexity"), text))


def perplexity_in_pieces(model: LanguageModel, text: str) -> Generator[None, None, float]:
    """The same for who has something else to do between two pieces of the text."""
    if len(text) < 2:
        raise ValueError(f"Perplexity needs a text of at least two characters, got {len(text)}.")
    total, state = 0.0, None
    ids = model.ids(text)[:, None]
    for start in range(0, len(ids) - 1, CHUNK):
        with reading(model):
            read, came = ids[:-1][start : start + CHUNK], ids[1:][start : start + CHUNK]
            logits, state = model(read, state)
            total += cross_entropy(logits[:, 0], came[:, 0], reduction="sum").item()
        yield
    return math.exp(min(total / (len(ids) - 1), 700.0))  # e^710 is beyond a float


def exhausted(work: Generator[None, None, Value]) -> Value:
    """What a generator returns in the end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            value: Value = end.value
            return value
