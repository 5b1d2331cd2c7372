"""A character language model that looks back at what it read instead of carrying a state."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnnviz.models.speaker import Speaker, reading
from rnnviz.models.transformer import Transformer, settings_of
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State

WINDOWS = 16  # of a long text that are read side by side


class TransformerLanguageModel(Transformer, Speaker):
    """What comes next: a decoder-only transformer (Radford et al. 2018), every step looking back.

        logits_t = h_t W_out^T + b_out            P(next = v) = softmax(logits_t)_v

    The settings are those of `Transformer`, with tokens and one direction. Its state are the last tokens that
    it has read, (n, B), at most `context` of them: it reads them again at each step, at new places.
    """

    def __init__(self, vocabulary: Vocabulary, **settings: Any) -> None:
        super().__init__(vocabulary, **settings)
        if self.directions != 1:
            raise ValueError("a language model reads in one direction, so bidirectional should be false.")
        self.out = nn.Linear(self.hidden, len(vocabulary))

    @classmethod
    def of(
        cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any
    ) -> "TransformerLanguageModel":
        """The model again from the "model" part of a config.json; see `models.model_of`."""
        if not isinstance(inputs, Vocabulary):
            raise ValueError("a language model reads tokens, so its input is no numbers.")
        return cls(inputs, **settings_of(part, settings))

    @property
    def config(self) -> dict[str, Any]:
        return self.config_of("transformer_language")

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids (T, B), the tokens before them (n, B) -> logits (T, B, V), the last tokens now."""
        read = (
            ids if not isinstance(state, Tensor) else torch.cat([state, ids])[-max(self.context, len(ids)) :]
        )
        h = self.states(read)[-len(ids) :]
        return self.out(h), read

    def step(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The same of one step, as one writes on: ids (B,) -> logits (B, V), the last tokens now."""
        logits, state = self(ids[None], state)
        return logits[0], state

    def after(self, ids: list[int], state: State | None = None) -> tuple[Tensor, State | None]:
        with reading(self):
            if not ids:
                return self.out(self.out.weight.new_zeros(self.hidden)).cpu(), state
            given = torch.tensor(ids[-self.context :], device=self.device)[:, None]
            logits, state = self(given, state)
            return logits[-1, 0].cpu(), state

    def losses(self, ids: Tensor) -> Iterator[float]:
        """See `Speaker`. Windows of `context` tokens, each half over the one before: so a token is expected
        from half a context at least, or from all that there is before it.
        """
        count = len(ids) - 1
        width = min(self.context, count)
        starts = [0]
        while starts[-1] + width < count:
            starts.append(min(starts[-1] + max(width // 2, 1), count - width))
        done = [0, *(start + width for start in starts[:-1])]  # what the windows before have counted
        for place in range(0, len(starts), WINDOWS):
            some = slice(place, place + WINDOWS)
            first = torch.tensor(starts[some], device=ids.device)
            at = first + torch.arange(width, device=ids.device)[:, None]
            counted = at >= torch.tensor(done[some], device=ids.device)
            with reading(self):
                logits, _ = self(ids[at])
                lost = cross_entropy(logits.flatten(0, 1), ids[at + 1].flatten(), reduction="none")
                loss = lost.view_as(at)[counted].sum().item()
            yield loss
