"""A transformer that answers what it has read."""

from typing import Any

from torch import Tensor

from rnnviz.models.answering import OneAnswer, told_classes
from rnnviz.models.transformer import Transformer, settings_of
from rnnviz.models.vocabulary import Vocabulary


class TransformerClassifier(OneAnswer, Transformer):
    """One answer for the whole sequence: see `OneAnswer`.

    inputs: a vocabulary, or how many numbers a step has. classes: their names. readout: as of `OneAnswer`.
    The other settings are those of `Transformer`; it looks in both directions if not said otherwise.
    """

    def __init__(
        self, inputs: Vocabulary | int, classes: tuple[str, ...], *, readout: str = "mean", **settings: Any
    ) -> None:
        super().__init__(inputs, **{"directions": 2, **settings})
        self.answer(self.width, classes, readout)

    @classmethod
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "TransformerClassifier":
        """The model again from the "model" part of a config.json; see `models.model_of`."""
        made = settings_of(part, settings)
        return cls(inputs, told_classes(part), readout=part.get("readout", "mean"), **made)

    @property
    def config(self) -> dict[str, Any]:
        return self.config_of("transformer_classifier") | self.told()

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """ids (T, B) or numbers (T, B, D), the rows' lengths (B,) if they differ -> logits (B, C)."""
        return self.out(self.summary(self.states(x, lengths), lengths))
