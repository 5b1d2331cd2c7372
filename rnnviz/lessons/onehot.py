"""A token as a row of zeros with a single one, and why a batch of them is turned round."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import one_hot

from rnnviz.lessons.drawn import array


@dataclass(frozen=True)
class OneHots:
    """rows (N, V): the one-hot row of each of some ids; batch (B, T): ids of several texts; turned (T, B);
    encoded (T, B, V): what a network reads, the steps first.
    """

    rows: np.ndarray
    batch: np.ndarray
    turned: np.ndarray
    encoded: np.ndarray


def one_hots(ids: Sequence[int] = (0, 2), vocabulary: int = 28, batch: int = 2, steps: int = 5) -> OneHots:
    """`one_hot(ids, vocabulary)`, and X = arange(batch * steps).reshape(batch, steps) as one_hot(X.T).

    Raises ValueError for an id, or an entry of X, that the vocabulary does not have.
    """
    if not len(ids):
        raise ValueError("There is no id to encode: give at least one.")
    for number in ids:
        if not 0 <= number < vocabulary:
            raise ValueError(
                f"There is no id {number}: in a vocabulary of {vocabulary} they are 0 to {vocabulary - 1}."
            )
    if batch * steps > vocabulary:
        raise ValueError(
            f"X holds the ids 0 to {batch * steps - 1}, a vocabulary of {vocabulary} only has 0 to "
            f"{vocabulary - 1}: take fewer steps or a larger vocabulary."
        )
    texts = torch.arange(batch * steps).reshape(batch, steps)
    encoded = one_hot(texts.T, vocabulary)
    rows = one_hot(torch.tensor(list(ids)), vocabulary)
    return OneHots(array(rows), array(texts), array(texts.T), array(encoded))
