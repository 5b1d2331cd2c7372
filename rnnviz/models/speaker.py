"""What all models share that say what comes next, and how well they do."""

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

from rnnviz.models.base import Model
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State

Value = TypeVar("Value")


class Speaker(Model, ABC):
    """Tokens -> the scores of each token to come next. Abstract."""

    vocabulary: Vocabulary

    @abstractmethod
    def after(self, ids: list[int], state: State | None = None) -> tuple[Tensor, State | None]:
        """Reads some tokens, after a state -> logits (V,) on the CPU for the next one, and the new state.

        With no tokens, and no state: what the output layer expects when it hears zeros.
        """

    @abstractmethod
    def losses(self, ids: Tensor) -> Iterator[float]:
        """ids (T,) -> the losses, in nats, of all tokens but the first, summed up piece by piece.

        Between two pieces the model is as it was, so that somebody else may have it.
        """


def as_speaker(model: Model, does: str) -> Speaker:
    """The model, of which is asked what only a language model `does`. Raises ValueError for another type."""
    if not isinstance(model, Speaker):
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


def perplexity(model: Model, text: str) -> float:
    """exp of the mean of -ln P(character) over a text that is read from start to end.

    The state is carried on; a transformer looks back as far as it can. The first character is not counted:
    nothing was read before it. 1 is certainty; a blind guess scores V. Raises ValueError for a text of fewer
    than two characters, and for a model of another type.
    """
    return exhausted(perplexity_in_pieces(as_speaker(model, "has a perplexity"), text))


def perplexity_in_pieces(model: Speaker, text: str) -> Generator[None, None, float]:
    """The same for who has something else to do between two pieces of the text."""
    if len(text) < 2:
        raise ValueError(f"Perplexity needs a text of at least two characters, got {len(text)}.")
    total = 0.0
    for loss in model.losses(model.ids(text)):
        total += loss
        yield
    return math.exp(min(total / (len(text) - 1), 700.0))  # e^710 is beyond a float


def exhausted(work: Generator[None, None, Value]) -> Value:
    """What a generator returns in the end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            value: Value = end.value
            return value
