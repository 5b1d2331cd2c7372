"""What all tasks share in which one sequence is read and another one is written."""

import random
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rnnviz.models.vocabulary import Vocabulary
from rnnviz.settings import OF_TRANSFORMERS, RECURRENT, TRANSFORMER
from rnnviz.tasks.base import ALWAYS, Task

if TYPE_CHECKING:
    from rnnviz.tasks.translation import PairsProblem

OFFERED = (
    "cell", "hidden", "steps", "lr", "attention", "layers", "directions", "input", "embedding",
    *OF_TRANSFORMERS,
    *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr", "layers")),
)  # fmt: skip
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "without attention": {"attention": "none"},
    "a transformer": {"cell": "transformer", "hidden": 64, "layers": 2, "heads": 4, "lr": 3e-3},
}
"""Two others that learn the same, to be compared with."""

NOTHING = "There is nothing to read: type something."


class Pair(NamedTuple):
    """source: what is read; target: what should be written; others: what is right as well."""

    source: str
    target: str
    others: tuple[str, ...] = ()

    def right(self, answer: str) -> bool:
        """Whether an answer is right, from its first token to its last."""
        return answer == self.target or answer in self.others


class PairsTask(Task):
    """Sequences with what should be written when they are read. Abstract.

    What is learned from is drawn anew for each step. outputs: the tokens that are written; longest: the most
    characters that a source may have, also of one that is typed; counted: what `Problem.size` counts.
    """

    kind = "text"
    offered = OFFERED
    cells = (*RECURRENT, TRANSFORMER)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS

    outputs: ClassVar[tuple[str, ...]]
    longest: ClassVar[int]
    counted: ClassVar[str] = "examples"

    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """Of what is read."""

    @abstractmethod
    def drawn(self, chooser: random.Random) -> Pair:
        """One to learn from. Raises ValueError, saying what to do, where that cannot be had."""

    @abstractmethod
    def held_out(self) -> Sequence[Pair]:
        """Those that a model is judged by: none of them is ever drawn."""

    @abstractmethod
    def size(self) -> dict[str, int]:
        """See `Problem.size`."""

    @abstractmethod
    def shown(self) -> Sequence[Pair]:
        """A few to look at; the first one is that whose attention is shown."""

    @abstractmethod
    def judged(self) -> str:
        """See `Problem.judged`."""

    def right(self, source: str) -> tuple[str, ...]:
        """Everything that would be right for a source that somebody types; () where nobody knows."""
        return ()

    def remark(self, source: str) -> str:
        """A sentence on a source that somebody types and that cannot be answered, such as a date of a day
        that does not exist; "" where there is nothing to say.
        """
        return ""

    def told(self) -> Sequence[str]:
        """What the data depend on besides those held out, to recognise them by."""
        return ()

    def sample(self, problem: "PairsProblem", model: Any) -> dict[str, Any]:
        """What a model does now, to be shown; see `Problem.sample`."""
        pairs = self.shown()
        answers = problem.answers(model, [pair.source for pair in pairs])
        rows = [
            {"input": pair.source, "target": pair.target, "answer": answer, "right": pair.right(answer)}
            for pair, answer in zip(pairs, answers, strict=True)
        ]
        return {"kind": "pairs", "rows": rows, **problem.attention(model, pairs[0].source)}

    def findings(self, problem: "PairsProblem", model: Any) -> list[str]:
        """What was measured on a model that learned this, besides its metric, as sentences."""
        return []

    def check(self, source: str) -> None:
        """Raises ValueError, with a sentence, for what is typed and cannot be read."""
        if not source.strip():
            raise ValueError(NOTHING)
        if len(source) > self.longest:
            raise ValueError(f"This has {len(source)} characters; at most {self.longest} are read.")

    def problem(self) -> "PairsProblem":
        from rnnviz.tasks.translation import PairsProblem

        return PairsProblem(self)
