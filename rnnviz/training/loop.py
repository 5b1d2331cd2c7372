"""Truncated backpropagation through time, as a plain generator of events.

Whoever drains it may stop at any event; between two events the model can be read, sampled and saved.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from rnnviz.models.language import LanguageModel, perplexity, reading
from rnnviz.models.sampling import sample
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State
from rnnviz.tasks.base import Corpus, Task
from rnnviz.threads import one_thread
from rnnviz.training.batches import SAMPLING, check_length
from rnnviz.training.events import Evaluated, Event, Finished, Halted, Stepped
from rnnviz.training.settings import Settings

MOST_HELD_OUT, MOST_TRAINED = 20_000, 200_000  # characters that perplexities are measured on
RANGES_ON = 5_000  # characters of the held-out text that the ranges of all quantities are measured on
SAMPLE_LENGTH, SAMPLE_TEMPERATURE, SAMPLE_SEED = 120, 0.7, 0


class Randomness:
    """torch's random numbers for one run only: nobody else's draws change them, nor they anybody else's."""

    def __init__(self, seed: int) -> None:
        self._state = torch.Generator().manual_seed(seed).get_state()

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Within, torch draws from this run's numbers."""
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._state)
            yield
            self._state = torch.get_rng_state()


def new_model(corpus: Corpus, settings: Settings) -> LanguageModel:
    """A model with the start weights of the settings' seed, for the characters of the training text."""
    with Randomness(settings.seed).drawn():
        return LanguageModel(Vocabulary.of(corpus.train), **settings.of_model())


def train(model: LanguageModel, task: Task, corpus: Corpus, settings: Settings) -> Iterator[Event]:
    """Trains a model in place.

    At an Evaluated event with `best` the model's weights are those to keep; after Finished it holds them
    again.
    Raises ValueError at once where the text is too short.
    """
    check_length(len(corpus.train), settings.batch, settings.length)
    return _Run(model, task, corpus, settings).events()


class _Run:
    """One run: what changes while it goes on."""

    def __init__(self, model: LanguageModel, task: Task, corpus: Corpus, settings: Settings) -> None:
        one_thread()
        self.model, self.task, self.corpus, self.settings = model, task, corpus, settings
        self.random = Randomness(settings.seed + 1)
        self.weights = list(model.parameters())
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=settings.lr, weight_decay=settings.decay, fused=True
        )
        ids, starts = model.ids(corpus.train), task.starts(corpus.train)
        self.batches = SAMPLING[settings.sampling](ids, starts, settings.batch, settings.length)
        self.state: State | None = None
        self.best, self.best_step, self.best_weights = math.inf, 0, dict[str, Tensor]()
        self.start = time.monotonic()

    def events(self) -> Iterator[Event]:
        yield self.evaluate(0)
        spent, losses = 0.0, list[float]()
        for step in range(1, self.settings.steps + 1):
            begun = time.monotonic()
            loss, before, after = self.step(step)
            spent += time.monotonic() - begun
            if after is None:
                yield self.halt(step, f"The loss is {loss:g} and the norm of its gradient {before:g}")
                return
            losses.append(loss)
            if step % self.settings.log_every == 0 or step == self.settings.steps:
                speed = len(losses) * self.settings.batch * self.settings.length / spent
                mean = sum(losses) / len(losses)
                rate = self.settings.rate(step)
                yield Stepped(step, mean, before, after, rate, speed, self.seconds())
                spent, losses = 0.0, []
            if step % self.settings.evaluate_every == 0 or step == self.settings.steps:
                event = self.evaluate(step)
                yield event
                if isinstance(event, Halted):
                    return
        yield self.finish()

    def step(self, step: int) -> tuple[float, float, float | None]:
        """One step -> loss, norm of the gradient before and after clipping; None if it was not taken."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(step)
        self.model.train()
        with self.random.drawn():
            batch = next(self.batches)
            logits, state = self.model(batch.read, None if batch.fresh else self.state)
        self.state = detached(state)
        loss = cross_entropy(logits.flatten(0, 1), batch.came.flatten())
        self.optimizer.zero_grad()
        loss.backward()
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        before = get_total_norm(gradients)
        # A single NaN would reach every weight, through clipping first and then through Adam's averages.
        if not (loss.isfinite() and before.isfinite()):
            return loss.item(), before.item(), None
        clip_grads_with_norm_(self.weights, self.settings.clip, before)
        after = get_total_norm(gradients).item()
        self.optimizer.step()
        return loss.item(), before.item(), after

    def evaluate(self, step: int) -> Evaluated | Halted:
        held_out = perplexity(self.model, self.corpus.held_out[:MOST_HELD_OUT])
        if not math.isfinite(held_out):
            return self.halt(step, f"The perplexity of the held-out text is {held_out:g}")
        best = held_out < self.best
        if best:
            self.best, self.best_step = held_out, step
            self.best_weights = {name: value.clone() for name, value in self.model.state_dict().items()}
        written = sample(self.model, self.task.example, SAMPLE_LENGTH, SAMPLE_TEMPERATURE, seed=SAMPLE_SEED)
        return Evaluated(step, held_out, best, written, self.seconds())

    def halt(self, step: int, what: str) -> Halted:
        reason = (
            f"{what}: the run stops before step {step} and keeps the weights of step {self.best_step}. "
            "A lower learning rate or a smaller clipping norm may help."
        )
        return Halted(step, reason, self.seconds())

    def finish(self) -> Finished:
        self.model.load_state_dict(self.best_weights)
        return Finished(
            step=self.settings.steps,
            best_step=self.best_step,
            perplexity=perplexity(self.model, self.corpus.train[:MOST_TRAINED]),
            held_out=self.best,
            parameters=self.model.parameter_count,
            ranges=ranges(self.model, self.corpus.held_out[:RANGES_ON]),
            findings=tuple(self.task.findings(self.model)),
            time=self.seconds(),
        )

    def seconds(self) -> float:
        return time.monotonic() - self.start


def ranges(model: LanguageModel, text: str) -> dict[str, float]:
    """The largest magnitude that each quantity of each layer, and the logits, reach while a text is read."""
    with reading(model):
        trace = model.rnn.trace(model.read(model.ids(text)[:, None]))
        values = trace.values | {"out.logits": model.out(trace.output)}
    return {name: value.abs().max().item() for name, value in values.items()}


def detached(state: State) -> State:
    """A state from which no gradient flows back: the truncation."""
    return state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)
