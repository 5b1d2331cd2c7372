"""What all models share that answer once for the whole sequence."""

from abc import ABC
from typing import Any

from torch import Tensor, nn

from rnnviz.models.base import Model
from rnnviz.models.pooling import READOUTS, AttentionPooling, last_of, mean_of


class OneAnswer(Model, ABC):
    """One of several classes for the whole sequence. Abstract.

        logits = s W_out^T + b_out            s = h of the last step, or a mean of h over all steps

    readout: "last"; "mean"; "attention", a mean in which each step has a weight that is learned, or
    "attention_by_unit", each step and unit: see `AttentionPooling`.

    `.classes`: their names; `.outputs`: how many; `.attn`: what weighs the steps, if anything.
    """

    classes: tuple[str, ...]

    def answer(self, width: int, classes: Any, readout: Any) -> None:
        """Makes what turns h, so wide, into the answer. Raises ValueError for a setting out of range."""
        names = class_names(classes)
        if names is None:
            raise ValueError(f"The classes are the names of classes, not {classes!r:.40}.")
        if readout not in READOUTS:
            raise ValueError(f"The readout is {', '.join(READOUTS)}, not {readout!r}.")
        self.classes, self.outputs, self.readout = names, len(names), readout
        if readout.startswith("attention"):
            self.attn = AttentionPooling(width, by_unit=readout == "attention_by_unit")
        self.out = nn.Linear(width, self.outputs)

    def told(self) -> dict[str, Any]:
        """What config.json says of the answer."""
        inputs = None if self.vocabulary else self.inputs
        return {"inputs": inputs, "outputs": list(self.classes), "readout": self.readout}

    def summary(self, h: Tensor, lengths: Tensor | None = None) -> Tensor:
        """h (T, B, width) -> what the answer is made of, (B, width), whatever stands after a row's end."""
        if self.readout.startswith("attention"):
            context: Tensor = self.attn(h, lengths).context
            return context
        return mean_of(h, lengths) if self.readout == "mean" else last_of(h, lengths)


def class_names(names: Any) -> tuple[str, ...] | None:
    """The names of classes; None for a number. Raises ValueError for what is neither."""
    if isinstance(names, int):
        return None
    whole = isinstance(names, tuple) and all(isinstance(name, str) for name in names)
    if not whole or not 0 < len(set(names)) == len(names):
        raise ValueError(f"The outputs are a number, or the different names of classes, not {names!r:.40}.")
    return tuple(names)


def told_classes(part: dict[str, Any]) -> Any:
    """The names of classes that the "model" part of a config.json tells, or whatever it tells instead."""
    outputs = part.get("outputs")
    return tuple(outputs) if isinstance(outputs, list) else outputs
