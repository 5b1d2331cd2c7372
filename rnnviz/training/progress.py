"""Where a training is."""

from dataclasses import dataclass, field


@dataclass
class Progress:
    """Where a training is, in numbers that JSON can carry exactly.

    start: the step that it began with, 0 but for a fork; step: the last one that was taken; logged, kept,
    evaluated, finished: that whose event was told last; changes: of settings on the way; loss, metric, count:
    sums since the last Stepped; norms: of the latest gradients; seconds: of work.
    """

    start: int = 0
    step: int = 0
    logged: int = 0
    kept: int = -1
    evaluated: int = -1
    finished: int = -1
    changes: int = 0
    best: float | None = None
    best_step: int = 0
    loss: float = 0.0
    metric: float = 0.0
    count: int = 0
    norms: list[float] = field(default_factory=list)
    seconds: float = 0.0
