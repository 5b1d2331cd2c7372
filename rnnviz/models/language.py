"""A character language model: what comes next, given all that was read."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout

from rnnviz.models.base import Model
from rnnviz.models.reader import Reader
from rnnviz.models.speaker import Speaker, exhausted, perplexity, perplexity_in_pieces, reading
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State

__all__ = ["LanguageModel", "as_language_model", "exhausted", "perplexity", "perplexity_in_pieces", "reading"]

CHUNK = 1000  # steps of a long text that are kept in memory at a time


class LanguageModel(Reader, Speaker):
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

    def after(self, ids: list[int], state: State | None = None) -> tuple[Tensor, State | None]:
        with reading(self):
            if not ids:
                return self.out(self.out.weight.new_zeros(self.hidden)).cpu(), state
            given = torch.tensor(ids, device=self.out.weight.device)
            if len(ids) == 1:
                logits, state = self.step(given, state)
                return logits[0].cpu(), state
            logits, state = self(given[:, None], state)
            return logits[-1, 0].cpu(), state

    def losses(self, ids: Tensor) -> Iterator[float]:
        state = None
        for start in range(0, len(ids) - 1, CHUNK):
            with reading(self):
                read, came = ids[:-1][start : start + CHUNK], ids[1:][start : start + CHUNK]
                logits, state = self(read[:, None], state)
                loss = cross_entropy(logits[:, 0], came, reduction="sum").item()
            yield loss


def as_language_model(model: Model, does: str) -> LanguageModel:
    """The model, of which is asked what only a recurrent language model `does`. Raises ValueError for another
    type.
    """
    if not isinstance(model, LanguageModel):
        named = model.name or "This model"
        raise ValueError(f"{named} is a {model.config['type']}, and only a language model {does}.")
    return model
