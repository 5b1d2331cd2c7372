"""What a training run tells. Two runs with the same settings differ in `time` and `tokens_per_s` only.

At step 0 the start is kept and evaluated; then steps, kept steps and evaluations follow, and how it ended.
`time`: seconds of work since the start. The metric is that of the task, see `tasks.base.Metric`.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Stepped:
    """Where training is.

    loss, metric: means over the steps since the last such event; norm_before, norm_after: of this step's
    gradient, before and after clipping; lr: this step's; tokens_per_s: steps of the recurrence a second, all
    rows together.
    """

    kind: ClassVar[str] = "step"
    step: int
    loss: float
    metric: float
    norm_before: float
    norm_after: float
    lr: float
    tokens_per_s: float
    time: float


@dataclass(frozen=True)
class Kept:
    """The weights of a step are kept, in steps/, and this is what they are like; see `training.inside`.

    weights, gradients: by matrix and gate ("l0.W_ih.f", "out.weight") the QUANTILES of its numbers, the
    gradients being those of this step ({} at step 0); saturated: by gate ("l0.f") the share of its values
    below 0.1 and above 0.9, on the batch of this step.
    """

    kind: ClassVar[str] = "kept"
    step: int
    weights: dict[str, list[float]]
    gradients: dict[str, list[float]]
    saturated: dict[str, list[float]]
    time: float


@dataclass(frozen=True)
class Evaluated:
    """A look at what is held out. best: better than ever before; those weights are in model.safetensors.

    held_out: the metric; sample: what the model does now, see `Problem.sample`.
    """

    kind: ClassVar[str] = "evaluated"
    step: int
    held_out: float
    best: bool
    sample: dict[str, Any]
    time: float


@dataclass(frozen=True)
class Changed:
    """Somebody changed settings while it ran: from the next step on."""

    kind: ClassVar[str] = "changed"
    step: int
    settings: dict[str, Any]
    time: float


@dataclass(frozen=True)
class Halted:
    """The end of a run whose numbers went bad; the step was not taken. norms: of the gradients before it."""

    kind: ClassVar[str] = "halted"
    step: int
    reason: str
    norms: list[float]
    time: float


@dataclass(frozen=True)
class Finished:
    """The end of a run.

    held_out, trained: the metric of the best weights, those of best_step, on what was held out and on what
    was learned from; parameters: how many; ranges: the largest magnitude of each quantity by name ("l0.c");
    findings: sentences of the task.
    """

    kind: ClassVar[str] = "finished"
    step: int
    best_step: int
    held_out: float
    trained: float
    parameters: int
    ranges: dict[str, float] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    time: float = 0.0


Event = Stepped | Kept | Evaluated | Changed | Halted | Finished


def to_line(event: Event) -> str:
    """An event as one line of events.jsonl, with its kind; numbers to six digits."""
    return (
        json.dumps({"kind": event.kind} | {key: short(value) for key, value in asdict(event).items()}) + "\n"
    )


def short(value: Any) -> Any:
    """A float to six digits; one that is no number as null, which JSON can say."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: short(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [short(part) for part in value]
    return value
