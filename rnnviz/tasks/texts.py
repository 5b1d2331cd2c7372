"""What all tasks share in which the next character of a text is to be predicted."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnnviz.tasks.base import ALWAYS, Task

if TYPE_CHECKING:
    from rnnviz.tasks.language import LanguageProblem

OFFERED = ("cell", "hidden", "steps", "lr", "length", "sampling", "input", "embedding",
           *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr")))  # fmt: skip
WITH_TRANSFORMER = (*OFFERED, "heads", "positions", "norm")
"""What matters where a transformer can be chosen as well."""

TRANSFORMED_TEXT = {
    "cell": "transformer", "hidden": 128, "layers": 2, "heads": 4, "length": 64, "sampling": "random",
    "batch": 32, "lr": 5e-3, "dropout": 0.1, "decay": 0.1, "steps": 3000,
}  # fmt: skip
"""Settings that suit a transformer that reads text."""


class TextTask(Task):
    """A text whose next character is to be predicted. Abstract."""

    kind = "text"
    offered = OFFERED

    @abstractmethod
    def text(self) -> str:
        """The whole text. Raises ValueError, saying what to do, where it cannot be had."""

    def starts(self, text: str) -> Sequence[int]:
        """The places in a text where a reader may begin: anywhere, if the task does not know better."""
        return range(len(text))

    def prefix(self, held_out: str) -> str:
        """What the model goes on from where it shows how it writes; held_out: what it does not learn from."""
        return self.example

    def findings(self, model: Any) -> list[str]:
        """What was measured on a model that learned this, besides its perplexity, as sentences."""
        return []

    def problem(self) -> "LanguageProblem":
        from rnnviz.tasks.language import LanguageProblem

        return LanguageProblem(self)
