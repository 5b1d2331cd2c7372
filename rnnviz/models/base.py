"""What every model is, whatever it is made of."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rnnviz.models.vocabulary import Vocabulary


class Model(nn.Module, ABC):
    """Tokens or numbers go in, an answer comes out. Abstract.

    inputs: the vocabulary of the tokens, or how many numbers a step has.

    `.cell`: what it is made of, a name in `rnnviz.nn.LAYERS` or "transformer"; `.hidden`: units of a layer;
    `.layers`: how many; `.directions`: 2 where a step knows of those after it as well; `.input`: "onehot",
    "embedding" or "numbers". `.name`: the checkpoint's, "" for none; `.folder`: where that is, None for none.
    `.columns`: the names of the numbers of a step, () where they have none. `.ranges`: the largest magnitude
    that each quantity reached on what was held out, by name ("l0.c"); {} where that is not known.
    """

    cell: str
    hidden: int
    layers: int
    directions: int
    input: str
    out: Any  # what makes the answer: a linear layer, mostly

    def __init__(self, inputs: Vocabulary | int) -> None:
        super().__init__()
        self.vocabulary = inputs if isinstance(inputs, Vocabulary) else None
        self.inputs = len(inputs) if isinstance(inputs, Vocabulary) else inputs
        self.name = ""
        self.folder: Path | None = None
        self.columns: tuple[str, ...] = ()
        self.ranges: dict[str, float] = {}

    @property
    @abstractmethod
    def config(self) -> dict[str, Any]:
        """The "model" part of config.json: what rebuilds this model, with the vocabulary if it reads one."""

    @property
    def parameter_count(self) -> int:
        return sum(weight.numel() for weight in self.parameters())

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def ids(self, text: str) -> Tensor:
        """The ids of a text, (T,), where the weights are. Raises ValueError where numbers are read."""
        if self.vocabulary is None:
            raise ValueError(f"This model reads {self.inputs} numbers a step, not text.")
        return torch.tensor(self.vocabulary.encode(text), dtype=torch.long, device=self.device)
