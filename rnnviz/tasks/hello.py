"""'hello' -> 'ohlol': the smallest thing that a recurrent network can be seen to learn.

Five letters, five answers, and the same letter has to be answered in two ways: the first l by l, the second
by o. So what was read before has to be kept in mind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rnnviz.models.vocabulary import UNKNOWN, Vocabulary
from rnnviz.tasks.base import ALWAYS
from rnnviz.tasks.supervised import Data, Examples, SupervisedTask

if TYPE_CHECKING:
    from rnnviz.tasks.examples import SupervisedProblem

LETTERS = ("e", "h", "l", "o")
READ, ANSWERED = "hello", "ohlol"

# An epoch is a step, since there is one example. The articles add the five losses up, here their mean is
# taken: Adam's steps are the same for both. Nothing is clipped.
ARTICLE = {
    "cell": "rnn", "layers": 1, "batch": 1, "steps": 15, "optimizer": "adam", "schedule": "constant",
    "init": "uniform", "dropout": 0.0, "decay": 0.0, "clip": 1e6, "evaluate_every": 1, "log_every": 1,
}  # fmt: skip
BARE = ARTICLE | {"input": "onehot", "hidden": 4, "head": "none"}
EMBEDDED = ARTICLE | {"input": "embedding", "embedding": 10, "layers": 2, "hidden": 8, "head": "linear"}


@dataclass(frozen=True)
class Hello(SupervisedTask):
    """The four letters e, h, l, o as one-hot rows or embeddings; a class for each step.

    The articles have three networks for it, which are presets here: a cell with four units whose h is the
    answer; the same as a layer, with another learning rate; and an embedding of 10 numbers, two layers of 8
    units and a linear layer. The letters' ids are the articles': "hello" is 1 0 2 2 3; one id more, the last,
    stands for all other characters.
    """

    name = "hello"
    title = "hello → ohlol"
    look = (
        "The two l's want different answers, so watch which units differ between them; the answer usually "
        "comes right letter by letter."
    )
    kind = "text"
    example = READ
    defaults: ClassVar[Mapping[str, Any]] = EMBEDDED | {"lr": 0.05}
    offered = (
        "cell", "hidden", "steps", "lr", "head", "input", "embedding", "layers", "directions",
        *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr", "layers", "batch")),
    )  # fmt: skip
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "as in the article: a cell": BARE | {"lr": 0.1},
        "as in the article: a layer": BARE | {"lr": 0.05},
        "as in the article: an embedding": EMBEDDED | {"lr": 0.05},
    }

    def data(self) -> Data:
        ids, answers = ([[LETTERS.index(letter) for letter in word]] for word in (READ, ANSWERED))
        vocabulary = Vocabulary((*LETTERS, UNKNOWN), unk=len(LETTERS))
        return Data(Examples(np.array(ids), np.array(answers)), None, vocabulary, LETTERS)

    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        answer, chances = self.answered(problem, model)
        return {"kind": "string", "input": READ, "target": ANSWERED, "answer": answer, "chances": chances}

    def findings(self, problem: "SupervisedProblem", model: Any) -> list[str]:
        answer, chances = self.answered(problem, model)
        least = chances.index(min(chances))
        return [
            f"It answers {answer!r} to {READ!r}, which is {_judged(answer)}; it is least sure of the "
            f"{answer[least]!r} in place {least + 1}, with a chance of {chances[least]:.2f}.",
            "Nothing is held out: it is judged on the five letters that it learns.",
        ]

    def answered(self, problem: "SupervisedProblem", model: Any) -> tuple[str, list[float]]:
        """The likeliest letter at each step, and how likely it is."""
        chances, ids = problem.answers(model, problem.train.x)[0].softmax(-1).max(-1)
        answer = "".join(LETTERS[i] for i in ids.tolist())
        return answer, [round(chance, 4) for chance in chances.tolist()]


def _judged(answer: str) -> str:
    wrong = sum(given != right for given, right in zip(answer, ANSWERED, strict=True))
    return "right" if not wrong else f"wrong in {wrong} of {len(ANSWERED)} letters"
