"""Models of every kind, and what is asked of them."""

import numpy as np
import torch

from rnnviz.models.language import LanguageModel
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.quantities import CELL_MEANINGS
from tests.record.compare import lively

TEXT = "the time traveller"
VOCABULARY = Vocabulary.of("the time traveller (for so it will be convenient)")
SERIES = np.random.default_rng(0).normal(size=(9, 4))


def language(cell="lstm", dtype=torch.float64, **settings) -> LanguageModel:
    return lively(LanguageModel(VOCABULARY, cell, **({"hidden": 6} | settings)), dtype)


def start_of(model, seed=0):
    """A random state to begin with."""
    random = torch.Generator().manual_seed(seed)
    shape = (model.layers * model.directions, 1, model.hidden)
    dtype = model.rnn.weight_hh_l0.dtype
    parts = tuple(
        torch.rand(shape, generator=random, dtype=dtype) * 2 - 1 for _ in model.rnn.cell_type.carried
    )
    return parts if len(parts) > 1 else parts[0]


def sums_of(model, trace) -> list[str]:
    """Everything that should be a sum: all of a layer's values, and the answer."""
    letters = set(CELL_MEANINGS[model.cell])
    return [
        name
        for name in trace.names
        if name in ("out.logits", "out.answer") or (name[0] == "l" and name.partition(".")[2] in letters)
    ]


def rows(table) -> list[tuple]:
    return list(table.itertuples(index=False, name=None))
