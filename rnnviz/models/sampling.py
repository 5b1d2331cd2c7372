"""A language model that goes on writing."""

import math
from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from rnnviz.models.base import Model
from rnnviz.models.speaker import Speaker, as_speaker


def generate(
    model: Model,
    prefix: str = "",
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int | None = None,
) -> Iterator[str]:
    """What the model writes after a prefix: endless, one character at a time.

    Each is drawn from softmax(logits / temperature), kept to the top_k likeliest if given; temperature 0
    always takes the likeliest. `<unk>` is never drawn. With no prefix the first comes from the output layer
    at the zero state. The same seed gives the same text; None, another one each time.

    Raises ValueError at once for a setting out of range or a model of another type, and while writing if the
    outputs are not finite.
    """
    speaker = as_speaker(model, "writes")
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"The temperature is a number from 0 upwards, not {temperature!r}.")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is at least 1 (or None for all characters), not {top_k}.")
    if seed is not None and not 0 <= seed < 2**63:
        raise ValueError(f"The seed is a whole number from 0 to 2^63 - 1, not {seed}.")
    if len(speaker.vocabulary) < 2:
        raise ValueError("This model knows no characters, so it cannot write any.")
    return _write(speaker, prefix, temperature, top_k, _generator(seed))


def sample(
    model: Model,
    prefix: str = "",
    length: int = 200,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int | None = None,
) -> str:
    """The next `length` characters after a prefix, without the prefix. Settings as for `generate`."""
    if length < 0:
        raise ValueError(f"The length is at least 0, not {length}.")
    return "".join(islice(generate(model, prefix, temperature, top_k, seed), length))


def probabilities(logits: Tensor, temperature: float, top_k: int | None, never: int) -> Tensor:
    """logits (V,) -> the probabilities (V,), float64, that a character is drawn with; `never` gets none."""
    scores = logits.to(torch.float64, copy=True)
    if not math.isfinite(scores.sum()):
        raise ValueError("This model's outputs are not finite numbers, so nothing can be drawn from them.")
    scores[never] = -torch.inf
    best = scores.max()
    if temperature == 0:
        return one_hot(scores.argmax(), len(scores)).double()
    if top_k is not None and top_k < len(scores):
        kept = torch.full_like(scores, -torch.inf)
        index = scores.topk(top_k).indices
        kept[index] = scores[index]
        scores = kept
    # The best score is moved to 0 first, so that a tiny temperature cannot overflow.
    return ((scores - best) / temperature).softmax(0)


def _write(
    model: Speaker, prefix: str, temperature: float, top_k: int | None, random: torch.Generator
) -> Iterator[str]:
    unk = model.vocabulary.unk
    logits, state = model.after(model.vocabulary.encode(prefix))
    while True:
        chances = probabilities(logits, temperature, top_k, never=unk)
        drawn = int(torch.multinomial(chances, 1, generator=random))
        yield model.vocabulary.tokens[drawn]
        logits, state = model.after([drawn], state)


def _generator(seed: int | None) -> torch.Generator:
    """Draws are made on the CPU, so that a seed means the same on every device."""
    random = torch.Generator()
    if seed is None:
        random.seed()
    else:
        random.manual_seed(seed)
    return random
