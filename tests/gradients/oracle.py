"""Gradients a second time: the cells step by step, a nudge of zeros at every state, and autograd."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnnviz.models.language import LanguageModel
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.vocabulary import Vocabulary
from tests.record.compare import CELLS, lively

__all__ = ["CELLS", "TEXT", "Case", "cases", "language", "lively", "nudged", "read_into"]

TEXT = "the time traveller"
VOCABULARY = Vocabulary.of(TEXT)
CLASSES = ("good", "bad", "neither")
STEPS = 9
SERIES = np.random.default_rng(0).normal(size=(STEPS, 4))
NUMBERS = np.random.default_rng(1).normal(size=(STEPS, 3))
NUMBERS[2, 1] = NUMBERS[5] = np.nan

Losses = Callable[[Any, Tensor], dict[int, tuple[Tensor, float]]]
"""h (T, width) of the last layer -> by row of the table, each loss and its share in the whole."""


class Case(NamedTuple):
    """A model, what it is asked, and its losses written out a second time."""

    model: Any
    input: Any
    target: Any
    losses: Losses


def language(cell: str = "lstm", dtype: torch.dtype = torch.float64, **settings: Any) -> LanguageModel:
    return lively(LanguageModel(VOCABULARY, cell, **({"hidden": 5, "layers": 2} | settings)), dtype)


def cases(cell: str) -> Iterator[Case]:
    yield Case(language(cell, layers=1), TEXT, None, next_characters)
    yield Case(language(cell, input="embedding", embedding=3), TEXT, None, next_characters)
    for directions in (1, 2):
        settings = {"cell": cell, "hidden": 4, "layers": 2, "directions": directions}
        yield Case(lively(Tagger(4, 3, **settings)), SERIES, NUMBERS, squares)
        names = ["bad", None, *["good"] * (STEPS - 3), "neither"]
        yield Case(lively(Tagger(4, CLASSES, **settings)), SERIES, names, named(names))
        embedded = settings | {"input": "embedding", "embedding": 3}
        yield Case(lively(Tagger(VOCABULARY, CLASSES, **embedded)), TEXT, None, own_answers)
        for readout in ("last", "mean", "attention"):
            classifier = lively(Classifier(VOCABULARY, CLASSES, readout=readout, **settings))
            yield Case(classifier, TEXT, "bad", the_class)


def next_characters(model: Any, h: Tensor) -> dict[int, tuple[Tensor, float]]:
    told, ids = model.out(h).log_softmax(-1), model.ids(TEXT)
    return {s: (-told[s - 1, ids[s]], 1 / (len(TEXT) - 1)) for s in range(1, len(TEXT))}


def squares(model: Any, h: Tensor) -> dict[int, tuple[Tensor, float]]:
    answers, count = model.out(h), np.isfinite(NUMBERS).sum()
    losses = {}
    for s, row in enumerate(NUMBERS):
        there = np.isfinite(row)
        if there.any():
            wrong = answers[s, torch.from_numpy(there)] - torch.from_numpy(row[there]).to(h)
            losses[s] = ((wrong**2).mean(), float(there.sum() / count))
    return losses


def named(names: list[str | None]) -> Losses:
    def losses(model: Any, h: Tensor) -> dict[int, tuple[Tensor, float]]:
        told = model.out(h).log_softmax(-1)
        counted = [s for s, name in enumerate(names) if name]
        return {s: (-told[s, CLASSES.index(names[s] or "")], 1 / len(counted)) for s in counted}

    return losses


def own_answers(model: Any, h: Tensor) -> dict[int, tuple[Tensor, float]]:
    told = model.out(h).log_softmax(-1)
    return {s: (-row.max(), 1 / len(h)) for s, row in enumerate(told)}


def the_class(model: Any, h: Tensor) -> dict[int, tuple[Tensor, float]]:
    return {0: (-model.out(model.summary(h[:, None]))[0].log_softmax(-1)[1], 1.0)}


def read_into(model: Any, input: Any) -> Tensor:
    """What the first layer reads, (T, D), with autograd."""
    if isinstance(input, str):
        return model.input_rows(model.ids(input)[:, None])[:, 0]
    return torch.from_numpy(input).to(model.out.weight)


def nudged(model: Any, rows: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """h (T, width) of the last layer, and by name the nudges (T, H) of every state: `l0.h`; of an LSTM also
    `l0.c`, of c_t before h_t is made of it, and `l0.kept`, of the c_t that is handed on, after that.
    """
    nudges: dict[str, Tensor] = {}
    for layer in range(model.layers):
        shown = []
        for way in range(model.directions):
            cell, prefix = model.rnn.cell(layer, way), f"l{layer}{'r' * way}."
            mine = {
                letter: torch.zeros(len(rows), model.hidden).to(rows).requires_grad_()
                for letter in (["h", "c", "kept"] if "c" in cell.carried else ["h"])
            }
            nudges |= {prefix + letter: nudge for letter, nudge in mine.items()}
            state = cell.start(*[rows.new_zeros(1, model.hidden)] * len(cell.carried))
            outputs = {}
            for t in reversed(range(len(rows))) if way else range(len(rows)):

                def nudge(letter: str, value: Tensor, t: int = t, mine: dict[str, Tensor] = mine) -> Tensor:
                    return value + mine[letter][t] if letter in mine else value

                state = cell.update(cell.gates(rows[t][None], state.h), state, nudge)
                outputs[t] = state.h[0]
                if "kept" in mine:
                    state = state._replace(c=state.c + mine["kept"][t])
            shown.append(torch.stack([outputs[t] for t in range(len(rows))]))
        rows = torch.cat(shown, dim=-1)
    return rows, nudges
