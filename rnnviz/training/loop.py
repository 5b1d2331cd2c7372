"""Training as a plain generator of events: truncated backpropagation through time.

Whoever drains it may stop at any time and go on later, in another process, to the very same bits: all that a
training is besides its settings is in `Training.progress`, its weights, the optimizer's state, the carried
state and the best weights so far.
"""

import math
import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_value_, clip_grads_with_norm_, get_total_norm

from rnnviz.nn import State
from rnnviz.randomness import DROPOUT, WEIGHTS, drawn
from rnnviz.settings import Settings
from rnnviz.tasks.base import Problem
from rnnviz.threads import one_thread
from rnnviz.training.events import Changed, Evaluated, Event, Finished, Halted, Kept, Stepped
from rnnviz.training.film import is_kept
from rnnviz.training.inside import quantiles, saturated
from rnnviz.training.memory import check_memory
from rnnviz.training.optimizers import OPTIMIZERS
from rnnviz.training.progress import Progress

NORMS = 50  # of the gradients before a halt that are told
START_SCALE = 0.01  # of "normal" weights: d2l's


class Training:
    """A model that is being trained: `events` does it.

    Raises ValueError at once where a problem has too little data for the settings.
    """

    def __init__(self, problem: Problem, settings: Settings, device: torch.device | str = "cpu") -> None:
        one_thread()
        self.problem, self.settings = problem, settings
        self.device = torch.device(device)
        self.batches = problem.batches(settings, self.device)
        check_memory(problem, settings, self.batches(1))
        self.model = new_model(problem, settings).to(self.device)
        self.weights = list(self.model.parameters())
        self.optimizer = OPTIMIZERS[settings.optimizer](self.weights, settings.decay)
        self.progress = Progress()
        self.state: State | None = None
        self.best_weights: dict[str, Tensor] = {}
        self._gradients: dict[str, list[float]] = {}
        self._spent = 0.0
        self._tokens = 0
        self._begun = time.monotonic()

    def events(self) -> Iterator[Event | None]:
        """From where it is to the end. None between two steps, and often in longer work: then, and only then,
        a training may be left, and saved to go on later.
        """
        progress = self.progress
        self._begun = time.monotonic() - progress.seconds
        while True:
            for told in self._due():
                yield told
                if isinstance(told, Halted):
                    return
            yield None
            if progress.step < self.settings.steps:
                halted = self._advance()
                if halted:
                    yield halted
                    return
            elif progress.logged == progress.evaluated == progress.step:
                break  # else somebody has just asked for fewer steps, and this turns out to be the last
        yield from self._finish()

    def fork(self, step: int, weights: dict[str, Tensor]) -> None:
        """Begins not at step 0, but at another with the weights of that one."""
        self.model.load_state_dict(weights)
        self.progress = Progress(start=step, step=step, logged=step)

    def change(self, **settings: Any) -> Changed:
        """Other settings from the next step on. Raises ValueError for one that cannot be changed now."""
        changed = self.settings.changed(**settings)
        if changed.steps < self.progress.step:
            raise ValueError(f"{self.progress.step:,} steps were already taken.")
        self.settings = changed
        self.progress.changes += 1
        return Changed(self.progress.step, settings, self.seconds())

    def best_model(self) -> Any:
        """A model of its own with the best weights so far."""
        model = deepcopy(self.model)
        model.load_state_dict(self.best_weights or model.state_dict())
        return model

    def seconds(self) -> float:
        """Seconds of work since the start, those before a pause included."""
        self.progress.seconds = time.monotonic() - self._begun
        return self.progress.seconds

    def _advance(self) -> Halted | None:
        """One step. It is not taken, and the training is as before, if its numbers are no numbers."""
        begun, progress, settings = time.monotonic(), self.progress, self.settings
        step = progress.step + 1
        batch = self.batches(step)
        self.model.train()
        with drawn(settings.seed, DROPOUT, step, device=self.device):
            loss, metric, state = self.problem.loss(self.model, batch, None if batch.fresh else self.state)
        for weight in self.weights:
            weight.grad = None
        loss.backward()
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        norm = get_total_norm(gradients)
        # A single NaN would reach every weight, through clipping first and then through Adam's averages.
        if not (loss.isfinite() and norm.isfinite()):
            return self._halted(f"The loss is {loss.item():g} and the norm of its gradient {norm.item():g}")
        kept = is_kept(step, settings.steps)
        self._gradients = quantiles(self.model, gradients=True) if kept else {}
        if settings.clip_by == "norm":
            clip_grads_with_norm_(self.weights, settings.clip, norm)
        else:
            clip_grad_value_(self.weights, settings.clip)
        self.optimizer.step(settings.rate(step))
        self.state = _detached(state)
        progress.step, progress.count = step, progress.count + 1
        progress.loss += loss.item()
        progress.metric += metric.item()
        progress.norms = [*progress.norms[1 - NORMS :], norm.item()]
        self._spent += time.monotonic() - begun
        self._tokens += batch.x.shape[0] * batch.x.shape[1]
        return None

    def _due(self) -> Iterator[Event | None]:
        """What is to be told of the last step, and was not."""
        progress, settings = self.progress, self.settings
        step, ends = progress.step, progress.step in (progress.start, settings.steps)
        if progress.logged < step and (ends or step % settings.log_every == 0):
            progress.logged = step
            yield self._stepped()
        if progress.kept < step and (ends or is_kept(step, settings.steps)):
            progress.kept = step
            weights = quantiles(self.model)
            shares = saturated(self.model, self.batches(max(step, 1)))
            yield Kept(step, weights, self._gradients, shares, self.seconds())
        if progress.evaluated < step and (ends or step % settings.evaluate_every == 0):
            yield from self._evaluated()

    def _stepped(self) -> Stepped:
        progress, settings = self.progress, self.settings
        before = progress.norms[-1]
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        # Where a run goes on from here and is asked to end here, the step was another process's.
        after = get_total_norm(gradients).item() if gradients else math.nan
        speed = self._tokens / self._spent if self._spent else math.nan
        event = Stepped(
            progress.step, progress.loss / progress.count, progress.metric / progress.count,
            before, after, settings.rate(progress.step), speed, self.seconds(),
        )  # fmt: skip
        progress.loss, progress.metric, progress.count = 0.0, 0.0, 0
        self._spent, self._tokens = 0.0, 0
        return event

    def _evaluated(self) -> Iterator[Event | None]:
        progress = self.progress
        held_out = yield from self.problem.evaluate(self.model)
        progress.evaluated = progress.step
        if not math.isfinite(held_out):
            yield self._halted(f"The {self.problem.metric.name} on what is held out is {held_out:g}")
            return
        higher = self.problem.metric.higher
        # Of equally good weights the latest: where all is right, they are still becoming surer of it.
        best = progress.best is None or (held_out >= progress.best if higher else held_out <= progress.best)
        if best:
            progress.best, progress.best_step = held_out, progress.step
            self.best_weights = {name: value.clone() for name, value in self.model.state_dict().items()}
        sample = self.problem.sample(self.model)
        yield Evaluated(progress.step, held_out, best, sample, self.seconds())

    def _halted(self, what: str) -> Halted:
        progress = self.progress
        reason = (
            f"{what}: the run stops before step {progress.step + 1} and keeps the weights of step "
            f"{progress.best_step}. A lower learning rate or stronger clipping may help."
        )
        return Halted(progress.step + 1, reason, progress.norms[:], self.seconds())

    def _finish(self) -> Iterator[Event | None]:
        """Measures the best weights, in a model of their own: the training may go on for more steps."""
        if self.progress.finished == self.progress.step:
            return
        model = self.best_model()
        trained = yield from self.problem.trained(model)
        progress = self.progress
        progress.finished = progress.step
        yield Finished(
            step=progress.step,
            best_step=progress.best_step,
            held_out=math.nan if progress.best is None else progress.best,
            trained=trained,
            parameters=sum(weight.numel() for weight in self.weights),
            ranges=self.problem.ranges(model),
            findings=tuple(self.problem.findings(model)),
            time=self.seconds(),
        )


def train(training: Training) -> Iterator[Event]:
    """The events of a training, for who drains it to the end; then its model has the best weights."""
    for event in training.events():
        if event is not None:
            yield event
    if training.best_weights:
        training.model.load_state_dict(training.best_weights)


def new_model(problem: Problem, settings: Settings) -> Any:
    """A model with the start weights of the settings' seed."""
    with drawn(settings.seed, WEIGHTS):
        model = problem.model(settings)
        if settings.init == "normal":
            with torch.no_grad():
                for weight in model.parameters():
                    weight.normal_().mul_(START_SCALE if weight.dim() > 1 else 0.0)
    return model


def _detached(state: State | None) -> State | None:
    """A state from which no gradient flows back: the truncation."""
    if state is None:
        return None
    return state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)
