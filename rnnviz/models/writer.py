"""What models share that read one sequence and write another."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from rnnviz.cells.unroll import StepEdit
from rnnviz.models.answering import class_names
from rnnviz.models.base import Model
from rnnviz.models.handover import Encoded
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State

END = "<end>"


class Writer(Model, ABC):
    """An encoder reads, and a decoder writes, token by token. Abstract.

    vocabulary: of what is read. outputs: the tokens that are written. Raises ValueError for anything else.

    `.classes`: END, which the decoder also reads first (as in Sutskever, Vinyals, Le 2014), and the outputs;
    `.outputs`: how many these are. `.longest`: the most tokens that can be written, None for any number.
    """

    vocabulary: Vocabulary
    longest: int | None = None

    def __init__(self, vocabulary: Vocabulary, outputs: tuple[str, ...]) -> None:
        super().__init__(vocabulary)
        if not isinstance(vocabulary, Vocabulary):
            raise ValueError("A sequence-to-sequence model reads tokens, so it needs a vocabulary.")
        names = class_names(outputs)
        if names is None or END in names:
            raise ValueError(f"The outputs are the tokens that are written, without {END!r}.")
        self.classes = (END, *names)
        self.outputs = len(self.classes)

    @abstractmethod
    def forward(self, x: Tensor, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Teacher forcing: the logits (T, B, O) of each step, the right tokens having been written before it.

        x: ids of what is read, (S, B); lengths: of its rows, (B,), if they differ. y: ids of what is to be
        written, (T, B), with END at the end of each row; what comes after it, such as -100, does nothing.
        """

    @abstractmethod
    def encode(self, x: Tensor, lengths: Tensor | None = None) -> Encoded:
        """ids (S, B), the rows' lengths (B,) if they differ -> what is handed over to the decoder."""

    @abstractmethod
    def step(self, written: Tensor, state: State, encoded: Encoded) -> tuple[Tensor, State]:
        """One step, as one writes on: ids (B,) of what was written last -> logits (B, O), the state now."""

    @abstractmethod
    def trace(self, x: Tensor, y: Tensor, edit: StepEdit | None = None) -> Any:
        """Everything that happens as x (S,) is read and y (T,) is written.

        edit(step, name, value) -> value may replace values on their way.
        """

    @abstractmethod
    def says(self, x: Tensor, y: Tensor, edit: StepEdit | None = None) -> Tensor:
        """The logits (T, O) of the same, and nothing else."""

    @abstractmethod
    def looks(self, x: Tensor, y: Tensor) -> Tensor | None:
        """How much it looks at each token that was read as it writes, (T, S), rows that sum to 1; the mean of
        the last layer's heads, if there are several. None for one that does not look.
        """

    def target_ids(self, text: str) -> Tensor:
        """The ids of a text as it is to be written, with END, (T,). Raises ValueError for a token unknown."""
        ids = {token: place for place, token in enumerate(self.classes)}
        for token in text:
            if token not in ids:
                raise ValueError(
                    f"This model never writes {token!r}: it writes {''.join(self.classes[1:])!r:.80}."
                )
        return torch.tensor([*(ids[token] for token in text), 0], device=self.device)

    def target_text(self, ids: Tensor) -> str:
        """What some ids say, (T,), up to the first END."""
        tokens = [self.classes[place] for place in ids.tolist()]
        return "".join(tokens[: tokens.index(END)] if END in tokens else tokens)

    def shifted(self, y: Tensor) -> Tensor:
        """What has been written before each step: END, and then y (T, B) but for its last."""
        return torch.cat([torch.zeros_like(y[:1]), y[:-1].clamp(min=0)])
