"""A transformer that answers what it has read."""

from typing import Any

from torch import Tensor, nn

from rnnviz.models.pooling import READOUTS, AttentionPooling, last_of, mean_of
from rnnviz.models.sequence import class_names
from rnnviz.models.transformer import Transformer, settings_of
from rnnviz.models.vocabulary import Vocabulary


class TransformerClassifier(Transformer):
    """One answer for the whole sequence.

        logits = s W_out^T + b_out            s = h of the last step, or a mean of h over all steps

    inputs: a vocabulary, or how many numbers a step has. classes: their names. readout: as of `Classifier`.
    The other settings are those of `Transformer`.

    `.outputs`: how many classes. `.attn`: what weighs the steps, if anything.
    """

    def __init__(
        self, inputs: Vocabulary | int, classes: tuple[str, ...], *, readout: str = "mean", **settings: Any
    ) -> None:
        super().__init__(inputs, **{"directions": 2, **settings})
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
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "TransformerClassifier":
        """The model again from the "model" part of a config.json; see `models.model_of`."""
        outputs = part.get("outputs")
        classes = tuple(outputs) if isinstance(outputs, list) else outputs
        made = settings_of(part, settings)
        return cls(inputs, classes, readout=part.get("readout", "mean"), **made)  # type: ignore[arg-type]

    @property
    def config(self) -> dict[str, Any]:
        return self.config_of("transformer_classifier") | {
            "inputs": None if self.vocabulary else self.inputs,
            "outputs": list(self.classes or ()),
            "readout": self.readout,
        }

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """ids (T, B) or numbers (T, B, D), the rows' lengths (B,) if they differ -> logits (B, C)."""
        return self.out(self.summary(self.states(x, lengths), lengths))

    def summary(self, h: Tensor, lengths: Tensor | None = None) -> Tensor:
        """h (T, B, E) -> what the answer is made of, (B, E); what stands after a row's end is left out."""
        if self.readout.startswith("attention"):
            context: Tensor = self.attn(h, lengths).context
            return context
        return mean_of(h, lengths) if self.readout == "mean" else last_of(h, lengths)
