"""Handwritten digits, read row by row."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rnnviz.tasks import pictures
from rnnviz.tasks.base import ALWAYS
from rnnviz.tasks.supervised import Data, Examples, SupervisedTask

if TYPE_CHECKING:
    from torch import Tensor

    from rnnviz.tasks.examples import SupervisedProblem

CLASSES = tuple("0123456789")
SOURCES = {"mnist": (pictures.mnist_files, pictures.mnist), "digits": (pictures.small_file, pictures.small)}
FINDINGS_ON = 1000  # pictures: some tenths of a second
ARTICLE = {
    "cell": "lstm", "hidden": 128, "layers": 2, "batch": 100, "steps": 3000, "optimizer": "adam", "lr": 1e-3,
    "schedule": "constant", "decay": 0.0, "dropout": 0.0, "clip": 1e9, "evaluate_every": 600,
}  # fmt: skip


@dataclass(frozen=True)
class Mnist(SupervisedTask):
    """A picture of 28 rows of 28 pixels, one row a step; after the last row the digit is told.

    The 60,000 pictures to learn from and 10,000 to be judged by are those of Y. LeCun, C. Cortes and
    C. J. C. Burges, "The MNIST database of handwritten digits"; they are looked for in the folder
    $RNNVIZ_DATA and in the cache, and downloaded when asked for. Without them, the 1,797 pictures of 8 rows
    that come with scikit-learn.

    Two layers of 128 units see each picture five times: 600 steps of 100 pictures are one round.
    """

    name = "mnist"
    title = "Handwritten digits, row by row"
    look = "The first rows look alike for many digits: watch when, on the way down, the guess settles."
    kind = "image"
    # The article's, but that the learning rate starts higher and falls to nothing in the end, where at a
    # constant one the accuracy goes up and down by half a per cent; and rare large gradients are clipped.
    defaults: ClassVar[Mapping[str, Any]] = {**ARTICLE, "lr": 2e-3, "schedule": "cosine", "clip": 1.0}
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "as in the article": {**ARTICLE, "pictures": "mnist"}
    }
    offered = (
        "cell", "hidden", "steps", "lr", "layers", "directions", "readout",
        *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr", "layers")),
    )  # fmt: skip

    pictures: str = field(
        default="mnist",
        metadata={
            "help": "mnist, or digits: small ones, that come with scikit-learn",
            "choices": tuple(SOURCES),
        },
    )

    def __post_init__(self) -> None:
        if self.pictures not in SOURCES:
            raise ValueError(f"The pictures are {' or '.join(SOURCES)}, not {self.pictures!r}.")

    def present(self) -> None:
        located, _ = SOURCES[self.pictures]
        located()

    def data(self) -> Data:
        _, read = SOURCES[self.pictures]
        found = read()
        train = Examples(found.train_x, found.train_y)
        return Data(train, Examples(found.test_x, found.test_y), found.train_x.shape[-1], CLASSES)

    def fetch(self) -> Iterator[tuple[int, int]]:
        """Downloads the files of MNIST that are not here."""
        return pictures.fetch() if self.pictures == "mnist" else iter(())

    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        """The first picture of each digit that is held out, with the chances of all ten."""
        x, y, _ = problem.held_out
        shown = [int(np.argmax(y == digit)) for digit in np.unique(y)]
        chances = problem.answers(model, x[shown]).softmax(-1).cpu()
        rows = [
            {
                "pixels": base64.b64encode(x[i].tobytes()).decode(),
                "target": int(y[i]),
                "chances": [round(chance, 4) for chance in told.tolist()],
            }
            for i, told in zip(shown, chances, strict=True)
        ]
        return {"kind": "digits", "classes": list(CLASSES), "side": x.shape[-1], "rows": rows}

    def findings(self, problem: "SupervisedProblem", model: Any) -> list[str]:
        """How the guess settles from row to row, and what is taken for what."""
        import torch
        from torch.nn.functional import cross_entropy

        examples = Examples(*(part[:FINDINGS_ON] for part in problem.held_out[:2]))
        guesses, y = guessed(model, examples)
        settled = (guesses.argmax(-1) == y).float().mean(1).tolist()
        rows = len(settled)
        early = [rows // 2, rows * 3 // 4, rows * 7 // 8]
        found = [
            f"Of {len(y):,} test pictures {settled[-1]:.1%} are read right; their mean cross-entropy is "
            f"{cross_entropy(guesses[-1], y).item():.3f}."
        ]
        if model.directions == 1:
            shares = ", ".join(f"{settled[row - 1]:.1%} after {row}" for row in early)
            found.append(f"Asked before the last of the {rows} rows, it would be right on {shares}.")
        wrong = guesses[-1].argmax(-1) != y
        pairs = torch.stack([y, guesses[-1].argmax(-1)], 1)[wrong]
        if len(pairs):
            kinds, counts = pairs.unique(dim=0, return_counts=True)
            digit, taken = kinds[counts.argmax()].tolist()
            found.append(
                f"Most often a {digit} is taken for a {taken}: {int(counts.max())} of {len(pairs)} mistakes."
            )
        return found


def guessed(model: Any, examples: Examples) -> tuple["Tensor", "Tensor"]:
    """The scores (T, N, C) as if each picture ended after a row, and the digits (N,).

    Those of the last row are the answer. Before, they mean something where the model reads forwards only.
    """
    import torch

    from rnnviz.models.language import reading
    from rnnviz.tasks.examples import Rows

    batch = Rows(examples, model.out.weight.device).batch(range(len(examples.x)))
    with reading(model):
        h, _ = model.states(batch.x)
        scores = [model.out(model.summary(h[: row + 1])) for row in range(len(h))]
    return torch.stack(scores).cpu(), batch.y.cpu()
