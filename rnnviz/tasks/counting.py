"""Counting, nesting, looking back: what is learned from short examples, and how far beyond them it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rnnviz.tasks.base import ALWAYS
from rnnviz.tasks.exercises import Exercise, exercises
from rnnviz.tasks.supervised import NOT_COUNTED, Data, Examples, SupervisedTask

if TYPE_CHECKING:
    from torch import Tensor

    from rnnviz.tasks.examples import SupervisedProblem

NAMES = ("anbn", "brackets", "echo", "adding")
LEARNED, HELD_OUT = 10_000, 500  # examples
LEARNED_SEED, HELD_OUT_SEED, CURVE_SEED = range(3)
SIZES, TRIED, FURTHEST = 16, 20, 3  # of the curve: sizes, examples of each, and to how many times the longest
ENOUGH = 0.9  # the share that has to be right to say that it still holds at a size
TOLERANCE = 0.04  # within which a sum counts as right, as it did for Hochreiter and Schmidhuber
MOST, MOST_DELAY = 200, 50


@dataclass(frozen=True)
class Counting(SupervisedTask):
    """Four exercises (`rnnviz.tasks.exercises`): a^n b^n, nested brackets, an echo, and a sum.

    It learns from examples up to a size, and is judged by the answers to fresh ones of these sizes. The curve
    goes on to three times that size: the share of examples that are right from the first answer to the last.
    A sum is right within 0.04.
    """

    name = "counting"
    title = "Counting, nesting, looking back"
    look = (
        "See how far the curve goes on beyond the longest word that was learned: a network that counts goes "
        "on, one that knows its words by heart stops there."
    )
    example = "aaaaabbbbb"
    defaults: ClassVar[Mapping[str, Any]] = {
        "cell": "lstm", "hidden": 32, "steps": 2000, "batch": 32, "lr": 0.01, "dropout": 0.0, "decay": 0.0,
        "evaluate_every": 100,
    }  # fmt: skip
    offered = (
        "cell", "hidden", "steps", "lr", "layers", "input", "embedding",
        *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr", "layers")),
    )  # fmt: skip

    language: str = field(
        default="anbn", metadata={"help": "what is to be learned: " + ", ".join(NAMES), "choices": NAMES}
    )
    longest: int = field(
        default=0,
        metadata={"help": "size to learn up to; 0 for what suits the language", "least": 0, "most": MOST},
    )
    delay: int = field(
        default=5, metadata={"help": "steps that the echo lags behind", "least": 1, "most": MOST_DELAY}
    )
    text_seed: int = field(default=0, metadata={"help": "seed of the examples", "least": 0})

    def __post_init__(self) -> None:
        if self.language not in NAMES:
            raise ValueError(f"The language is {', '.join(NAMES)}, not {self.language!r}.")
        if not 0 <= self.longest <= MOST or self.longest == 1:
            raise ValueError(f"longest is 0, or a whole number from 2 to {MOST}, not {self.longest}.")
        if not 1 <= self.delay <= MOST_DELAY:
            raise ValueError(f"delay is a whole number of steps from 1 to {MOST_DELAY}, not {self.delay}.")
        if self.text_seed < 0:
            raise ValueError(f"text_seed is at least 0, not {self.text_seed}.")
        # Each language has its own.
        for name in ("title", "kind", "example"):
            object.__setattr__(self, name, getattr(self.exercise, name))

    @property
    def exercise(self) -> Exercise:
        """What is to be learned."""
        return exercises(self.delay)[self.language]

    @property
    def trained_to(self) -> int:
        """The largest size that is learned."""
        return self.longest or self.exercise.longest

    def data(self) -> Data:
        exercise = self.exercise
        return Data(
            self.drawn(LEARNED, LEARNED_SEED), self.drawn(HELD_OUT, HELD_OUT_SEED),
            exercise.inputs, exercise.outputs, told=exercise.told,
        )  # fmt: skip

    def drawn(self, count: int, seed: int) -> Examples:
        """So many examples of sizes up to the largest that is learned, each size as likely as another."""
        chooser = np.random.default_rng([self.text_seed, seed])
        sizes = chooser.integers(self.exercise.least, self.trained_to + 1, count).tolist()
        return self.exercise.examples(sizes, [self.text_seed, seed])

    def curve(self, model: Any) -> tuple[list[int], list[float]]:
        """Sizes, to three times the largest that is learned, and what share of examples of each is right."""
        least, furthest = self.exercise.least, FURTHEST * self.trained_to
        if self.language == "anbn":  # of each size there is one word
            sizes, tried = list(range(least, furthest + 1)), 1
        else:
            sizes, tried = np.unique(np.linspace(least, furthest, SIZES).astype(int)).tolist(), TRIED
        examples = self.exercise.examples(np.repeat(sizes, tried).tolist(), [self.text_seed, CURVE_SEED])
        return sizes, right(model, examples).float().view(len(sizes), tried).mean(1).tolist()

    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        """How far it generalises."""
        sizes, shares = self.curve(model)
        return {
            "kind": "lengths", "lengths": sizes, "accuracy": [round(share, 4) for share in shares],
            "trained_to": self.trained_to, "unit": self.exercise.size,
        }  # fmt: skip

    def findings(self, problem: "SupervisedProblem", model: Any) -> list[str]:
        """How far it generalises, and which unit keeps the number in mind that has to be kept."""
        sizes, shares = self.curve(model)
        few = [size for size, share in zip(sizes, shares, strict=True) if share < ENOUGH]
        held = [size for size in sizes if not few or size < few[0]]
        tried = "" if few else ", the furthest that was tried"
        reached = (
            f"at least nine of ten are right to size {held[-1]}{tried}."
            if held
            else f"not nine of ten are right even at {sizes[0]}."
        )
        found = [f"It learned from sizes to {self.trained_to} ({self.exercise.size}); {reached}"]
        if self.exercise.keeps:
            quantity, unit_number, correlation = follower(self.exercise, model, problem.held_out)
            found.append(
                f"Unit {unit_number} keeps in mind {self.exercise.keeps}: that and its {quantity} correlate "
                f"by {correlation:+.3f}."
            )
        return found


def right(model: Any, examples: Examples) -> "Tensor":
    """Whether every answer to an example is right, (N,)."""
    from rnnviz.models.language import reading
    from rnnviz.tasks.examples import Rows, answered

    batch = Rows(examples, model.rnn.all_weights[0][0].device).batch(range(len(examples.x)))
    with reading(model):
        answers, _ = answered(model, batch)
        if model.classes:
            agree = (answers.argmax(-1) == batch.y) | (batch.y == NOT_COUNTED)  # (T, N)
        else:
            agree = (((answers - batch.y).abs() <= TOLERANCE) | batch.y.isnan()).all(-1)
        return agree.all(0).cpu()


def follower(exercise: Exercise, model: Any, examples: Examples) -> tuple[str, int, float]:
    """The unit that best follows what has to be kept in mind: quantity, unit, Pearson's correlation."""
    import torch

    from rnnviz.models.language import reading
    from rnnviz.tasks.examples import Rows

    batch = Rows(examples, model.rnn.all_weights[0][0].device).batch(range(len(examples.x)))
    wanted = torch.from_numpy(exercise.kept(examples)).T.double()[: len(batch.x)]
    with reading(model):
        values = model.trace(batch.x, batch.lengths)
    best = ("", -1, 0.0)
    letter = "c" if "l0.c" in values else "h"
    for layer in range(model.layers):
        states = values[f"l{layer}.{letter}"].double().cpu()  # (T, N, H), NaN after an example's end
        read = ~states[..., 0].isnan()
        table = torch.corrcoef(torch.cat([wanted[read][:, None], states[read]], dim=1).T)[0, 1:].nan_to_num()
        unit = int(table.abs().argmax())
        best = max(best, (f"l{layer}.{letter}", unit, float(table[unit])), key=lambda found: abs(found[2]))
    return best
