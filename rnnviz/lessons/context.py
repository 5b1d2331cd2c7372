"""What came before changes what a word means: without a state nobody can tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rnnviz.lessons.drawn import array, layer, normal, seeded


@dataclass(frozen=True)
class Context:
    """Two sentences, read with and without a state.

    without, with_state: for each sentence what the layer says at each token, (T, H). places: where the word
    stands in each of them. apart: the difference at the word, second less first, (1, H), without and with.
    """

    without: tuple[np.ndarray, np.ndarray]
    with_state: tuple[np.ndarray, np.ndarray]
    places: tuple[int, int]
    apart: tuple[np.ndarray, np.ndarray]


FIRST, SECOND, WORD = ("我", "喜欢", "美女"), ("我", "不", "喜欢", "美女"), "喜欢"


def context(
    first: Sequence[str] = FIRST,
    second: Sequence[str] = SECOND,
    word: str = WORD,
    inputs: int = 4,
    units: int = 4,
    seed: int = 1,
) -> Context:
    """Both sentences through one RNN with weights as `torch.nn` begins, the same vector for the same token.

    Without a state means: each token is read from a state of zeros, as if it were the first. Raises
    ValueError where the word is not in both sentences; its first place in each is meant.
    """
    for which, sentence in (("first", first), ("second", second)):
        if word not in sentence:
            raise ValueError(f"'{word}' is not in the {which} sentence: choose a word that both have.")
    tokens = list(dict.fromkeys([*first, *second]))
    draws = seeded(seed)
    table = normal(draws, len(tokens), inputs)
    rnn = layer(draws, "rnn", inputs, units)
    without, with_state = [], []
    with torch.no_grad():
        for sentence in (first, second):
            x = table[[tokens.index(token) for token in sentence]]
            with_state.append(rnn(x)[0])
            # The tokens as a batch of texts of one step each: all of them begin with zeros.
            without.append(rnn(x[None])[0][0])
    here, there = places = first.index(word), second.index(word)
    apart = [array(said[1][there, None] - said[0][here, None]) for said in (without, with_state)]
    return Context(
        (array(without[0]), array(without[1])),
        (array(with_state[0]), array(with_state[1])),
        places,
        (apart[0], apart[1]),
    )
