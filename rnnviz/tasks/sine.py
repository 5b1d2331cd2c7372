"""sin -> cos: a series read piece by piece, the state carried from each piece to the next.

At one point sin says too little: where it is 0.5, cos may be 0.87 or −0.87, as sin rises or falls. So the
network has to keep in mind where it comes from, over the border of each segment too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rnnviz.tasks.base import ALWAYS
from rnnviz.tasks.supervised import Data, Examples, SupervisedTask

if TYPE_CHECKING:
    from rnnviz.tasks.examples import SupervisedProblem

POINTS = 10  # of a segment, which is half a wave, π long
HELD_OUT = 20  # segments that follow those to learn from
LEAD, DRAWN = 4, 6  # segments before those that are drawn, and drawn

ARTICLE = {
    "cell": "rnn", "hidden": 32, "layers": 1, "steps": 100, "batch": 1, "optimizer": "adam", "lr": 0.02,
    "schedule": "constant", "init": "uniform", "dropout": 0.0, "decay": 0.0, "clip": 1e6,
    "evaluate_every": 5, "log_every": 1, "save_every": 20,
}  # fmt: skip


@dataclass(frozen=True)
class Sine(SupervisedTask):
    """Segments of a sine wave, ten points each, one after the other: the answer is the cosine at each point.

    A step learns from one segment and hands its state on to the next; no gradient flows back over the border.
    After the last segment it begins again with the first and a new state.
    """

    name = "sine"
    title = "sin → cos"
    look = (
        "It first learns the shape, late and too flat, then the phase; the border of two segments shows "
        "whether the state was carried over."
    )
    kind = "series"
    defaults: ClassVar[Mapping[str, Any]] = ARTICLE | {"cell": "gru"}
    offered = tuple(name for name in ALWAYS if name != "batch")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"as in the article": ARTICLE}

    segments: int = field(default=100, metadata={"help": "segments to learn from, before it begins again"})

    def data(self) -> Data:
        if not 2 <= self.segments <= 100_000:
            raise ValueError(f"segments is a whole number from 2 to 100,000, not {self.segments}.")
        # Taken modulo a wave, so that the last segments are as exact as the first.
        wave = np.arange(2 * POINTS) * (np.pi / POINTS)
        points = np.resize(wave, (self.segments + HELD_OUT) * POINTS).reshape(-1, POINTS, 1)
        x, y = np.sin(points).astype(np.float32), np.cos(points).astype(np.float32)
        cut = self.segments
        return Data(
            Examples(x[:cut], y[:cut]), Examples(x[cut:], y[cut:]), 1, 1,
            in_order=True, told={"columns": ["sin"], "answers": ["cos"]},
        )  # fmt: skip

    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        """The first segments held out, with the state that a few segments before them left."""
        shown = slice(LEAD * POINTS, (LEAD + DRAWN) * POINTS)
        read, right = (part.reshape(-1)[: shown.stop] for part in problem.followed(LEAD)[:2])
        answers = problem.answers(model, read.reshape(1, -1, 1)).flatten().cpu().numpy()
        place = (self.segments + np.arange(DRAWN * POINTS) / POINTS) * np.pi
        curves = {"x": place, "input": read[shown], "target": right[shown], "answer": answers[shown]}
        return {"kind": "curve"} | {name: np.round(c.astype(float), 4).tolist() for name, c in curves.items()}

    def findings(self, problem: "SupervisedProblem", model: Any) -> list[str]:
        """What the state is worth that is carried over the border of two segments."""
        x, y, _ = problem.held_out
        answers = np.stack([problem.answers(model, segment[None])[0].cpu().numpy() for segment in x])
        return [
            f"If each of the {len(x)} segments held out is read with a new state, the error is "
            f"{np.square(answers - y).mean():.3g}: what is missing then is what it knew of the one before."
        ]
