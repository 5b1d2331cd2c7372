"""What a training run tells, in order: an evaluation at step 0, steps and evaluations, and how it ended."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Stepped:
    """Where training is. Two runs with the same settings differ in `time` and `tokens_per_s` only.

    loss: nats a character, the mean over the steps since the last such event; norm_before, norm_after: of
    this step's gradient, before and after clipping; lr: this step's; time: seconds since the start.
    """

    kind: ClassVar[str] = "step"
    step: int
    loss: float
    norm_before: float
    norm_after: float
    lr: float
    tokens_per_s: float
    time: float


@dataclass(frozen=True)
class Evaluated:
    """A look at the held-out text. best: lower than ever before; the model's weights are now those to keep.

    held_out: perplexity; sample: how it continues the task's example.
    """

    kind: ClassVar[str] = "evaluated"
    step: int
    held_out: float
    best: bool
    sample: str
    time: float


@dataclass(frozen=True)
class Halted:
    """The end of a run whose numbers went bad; the step was not taken."""

    kind: ClassVar[str] = "halted"
    step: int
    reason: str
    time: float


@dataclass(frozen=True)
class Finished:
    """The end of a run; the model's weights are now the best ones, those of best_step.

    perplexity, held_out: of the training and the held-out text; parameters: how many; ranges: the largest
    magnitude of each quantity on the held-out text, by name ("l0.c"); findings: sentences of the task.
    """

    kind: ClassVar[str] = "finished"
    step: int
    best_step: int
    perplexity: float
    held_out: float
    parameters: int
    ranges: dict[str, float]
    findings: tuple[str, ...]
    time: float


Event = Stepped | Evaluated | Halted | Finished


def to_line(event: Event) -> str:
    """An event as one line of events.jsonl, with its kind; numbers to six digits."""
    return (
        json.dumps({"kind": event.kind} | {key: _short(value) for key, value in asdict(event).items()}) + "\n"
    )


def _short(value: Any) -> Any:
    """A float to six digits; one that is no number as null, which JSON can say."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    return value
