"""Two models that answer what they read: at each step, or once in the end."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnviz.models.pooling import READOUTS, AttentionPooling, last_of, mean_of
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
        outputs: Any = part.get("outputs")
        if outputs is None and isinstance(inputs, Vocabulary):
            outputs = inputs
        outputs = tuple(outputs) if isinstance(outputs, list) else outputs
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


class Classifier(Reader):
    """One answer for the whole sequence.

        logits = s W_out^T + b_out            s = h of the last step, or a mean of h over all steps

    inputs: a vocabulary, or how many numbers a step has. classes: their names. readout: "last", where for
    two directions it is the last step of each, which for the reverse one is the first of the sequence;
    "mean"; "attention", a mean in which each step has a weight that is learned, or "attention_by_unit", each
    step and unit: see `AttentionPooling`. The other settings are those of `Reader`.

    `.outputs`: how many classes. `.attn`: what weighs the steps, if anything.
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
        self.classes = class_names(classes)
        if self.classes is None:
            raise ValueError(f"The classes are the names of classes, not {classes!r:.40}.")
        if readout not in READOUTS:
            raise ValueError(f"The readout is {', '.join(READOUTS)}, not {readout!r}.")
        self.readout, self.outputs = readout, len(self.classes)
        if readout.startswith("attention"):
            self.attn = AttentionPooling(self.width, by_unit=readout == "attention_by_unit")
        self.out = nn.Linear(self.width, self.outputs)

    @classmethod
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "Classifier":
        """The model again from the "model" part of a config.json, of which settings are already read."""
        outputs = part.get("outputs")
        classes = tuple(outputs) if isinstance(outputs, list) else outputs
        return cls(inputs, classes, readout=part.get("readout", "last"), **settings)  # type: ignore[arg-type]

    @property
    def config(self) -> dict[str, Any]:
        return self.config_of("classifier") | {
            "inputs": None if self.vocabulary else self.inputs,
            "outputs": list(self.classes or ()),
            "readout": self.readout,
        }

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """ids (T, B) or numbers (T, B, D), the rows' lengths (B,) if they differ -> logits (B, C)."""
        # Forwards, no step knows of what is there after it: so rows need not be packed, which is faster.
        h, _ = self.states(x, None, None if self.directions == 1 else lengths)
        return self.out(dropout(self.summary(h, lengths), self.dropout, self.training))

    def summary(self, h: Tensor, lengths: Tensor | None = None) -> Tensor:
        """h (T, B, width) -> what the answer is made of, (B, width), whatever stands after a row's end."""
        if self.readout.startswith("attention"):
            context: Tensor = self.attn(h, lengths).context
            return context
        if self.readout == "mean":
            return mean_of(h, lengths)
        last = last_of(h, lengths)
        # The reverse direction has read the whole sequence when it arrives at its first step.
        return (
            torch.cat([last[:, : self.hidden], h[0, :, self.hidden :]], -1) if self.directions == 2 else last
        )


def class_names(names: Any) -> tuple[str, ...] | None:
    """The names of classes; None for a number. Raises ValueError for what is neither."""
    if isinstance(names, int):
        return None
    whole = isinstance(names, tuple) and all(isinstance(name, str) for name in names)
    if not whole or not 0 < len(set(names)) == len(names):
        raise ValueError(f"The outputs are a number, or the different names of classes, not {names!r:.40}.")
    return tuple(names)
