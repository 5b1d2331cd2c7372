"""Two models that answer what they read: at each step, or once in the end."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnviz.models.answering import OneAnswer, class_names, told_classes
from rnnviz.models.reader import MOST_NUMBERS, Reader, check_whole
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State

HEADS = ("linear", "none")


class Tagger(Reader):
    """An answer at each step.

        answer_t = h_t W_out^T + b_out        head "linear"
        answer_t = h_t                        head "none": as many units as answers

    inputs: a vocabulary, or how many numbers a step has. outputs: the names of classes, whose scores are
    answered; or the vocabulary that is read, its tokens being the classes; or how many numbers are answered.
    The other settings are those of `Reader`.

    `.classes`: the names, None where numbers are answered; `.outputs`: how many scores or numbers.
    """

    def __init__(
        self,
        inputs: Vocabulary | int,
        outputs: Vocabulary | tuple[str, ...] | int,
        *,
        head: str = "linear",
        **settings: Any,
    ) -> None:
        super().__init__(inputs, **settings)
        self.classes = outputs.tokens if isinstance(outputs, Vocabulary) else class_names(outputs)
        self.outputs: int = len(self.classes) if self.classes else outputs  # type: ignore[assignment]
        self.own_classes = not isinstance(outputs, Vocabulary)
        check_whole("outputs", self.outputs, MOST_NUMBERS)
        if head not in HEADS:
            raise ValueError(f"The head is {' or '.join(HEADS)}, not {head!r}.")
        if head == "none" and self.width != self.outputs:
            raise ValueError(
                f"Without a head, h itself is the answer: {self.outputs} units are needed, not {self.width}."
            )
        if not self.own_classes and outputs != inputs:
            raise ValueError("A vocabulary that is answered is the one that is read.")
        self.head = head
        self.out = nn.Linear(self.width, self.outputs) if head == "linear" else nn.Identity()

    @classmethod
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "Tagger":
        """The model again from the "model" part of a config.json, of which settings are already read."""
        outputs = told_classes(part)
        if outputs is None and isinstance(inputs, Vocabulary):
            outputs = inputs
        return cls(inputs, outputs, head=part.get("head", "linear"), **settings)

    @property
    def config(self) -> dict[str, Any]:
        named = list(self.classes) if self.classes else self.outputs
        return self.config_of("tagger") | {
            "inputs": None if self.vocabulary else self.inputs,
            "outputs": named if self.own_classes else None,
            "head": self.head,
        }

    def forward(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """ids (T, B) or numbers (T, B, D), the layers' state (zeros if None), the rows' lengths (B,) if they
        differ -> scores of the classes, or numbers, (T, B, O), and the state at the end.
        """
        h, state = self.states(x, state, lengths)
        return self.out(dropout(h, self.dropout, self.training)), state


class Classifier(OneAnswer, Reader):
    """One answer for the whole sequence: see `OneAnswer`.

    inputs: a vocabulary, or how many numbers a step has. classes: their names. readout: as of `OneAnswer`;
    for two directions "last" is the last step of each, which for the reverse one is the first of the
    sequence. The other settings are those of `Reader`.
    """

    def __init__(
        self,
        inputs: Vocabulary | int,
        classes: tuple[str, ...],
        *,
        readout: str = "last",
        **settings: Any,
    ) -> None:
        super().__init__(inputs, **settings)
        self.answer(self.width, classes, readout)

    @classmethod
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "Classifier":
        """The model again from the "model" part of a config.json, of which settings are already read."""
        return cls(inputs, told_classes(part), readout=part.get("readout", "last"), **settings)

    @property
    def config(self) -> dict[str, Any]:
        return self.config_of("classifier") | self.told()

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """ids (T, B) or numbers (T, B, D), the rows' lengths (B,) if they differ -> logits (B, C)."""
        # Forwards, no step knows of what is there after it: so rows need not be packed, which is faster.
        h, _ = self.states(x, None, None if self.directions == 1 else lengths)
        return self.out(dropout(self.summary(h, lengths), self.dropout, self.training))

    def summary(self, h: Tensor, lengths: Tensor | None = None) -> Tensor:
        found = super().summary(h, lengths)
        if self.readout != "last" or self.directions == 1:
            return found
        # The reverse direction has read the whole sequence when it arrives at its first step.
        return torch.cat([found[:, : self.hidden], h[0, :, self.hidden :]], -1)
