"""Why an embedding: a one-hot row times a matrix is a row of the matrix, so why multiply?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import one_hot

from rnnviz.lessons.drawn import array, difference, layer, linear, normal, seeded


@dataclass(frozen=True)
class Embedded:
    """one_hot (T, V); table (V, E): the embedding; rows (T, E) = one_hot × table; difference: to the rows
    that are looked up; state (1, H): h after the last step; weight (H, C), bias (1, C), scores (1, C): the
    answer. parameters: of the embedding, the RNN and the answer; without: of an RNN that reads one-hot rows.
    """

    one_hot: np.ndarray
    table: np.ndarray
    rows: np.ndarray
    difference: float
    state: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    scores: np.ndarray
    parameters: tuple[int, int, int]
    without: int


def embedded(
    ids: Sequence[int] = (3, 1, 4, 1),
    vocabulary: int = 10,
    embedding: int = 8,
    hidden: int = 16,
    classes: int = 5,
    seed: int = 1,
) -> Embedded:
    """Ids through an embedding and an RNN to the scores of some classes, weights as `torch.nn` begins.

    Raises ValueError for no ids, or one that the vocabulary does not have.
    """
    wrong = [number for number in ids if not 0 <= number < vocabulary]
    if wrong or not len(ids):
        said = f"There is no id {wrong[0]}" if wrong else "There is nothing to read"
        raise ValueError(f"{said}: give ids from 0 to {vocabulary - 1}, the vocabulary has {vocabulary}.")
    draws = seeded(seed)
    table = normal(draws, vocabulary, embedding)
    rnn = layer(draws, "rnn", embedding, hidden)
    weight, bias = linear(draws, hidden, classes)
    read = torch.tensor(list(ids))
    ones = one_hot(read, vocabulary).float()
    rows = ones @ table
    with torch.no_grad():
        state = rnn(table[read])[0][-1:]
    scores = state @ weight.T + bias
    counts = (table.numel(), sum(p.numel() for p in rnn.parameters()), weight.numel() + bias.numel())
    return Embedded(
        one_hot=array(ones),
        table=array(table),
        rows=array(rows),
        difference=difference(rows, table[read]),
        state=array(state),
        weight=array(weight.T),
        bias=array(bias[None]),
        scores=array(scores),
        parameters=counts,
        without=counts[1] + (vocabulary - embedding) * hidden,
    )
