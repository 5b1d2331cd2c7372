"""Learning from examples with their answers: a class or numbers, at each step or for the whole sequence."""

import hashlib
from abc import abstractmethod
from collections.abc import Generator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnnviz.models.answering import OneAnswer
from rnnviz.models.language import reading
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.models.transformer_classifier import TransformerClassifier
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State
from rnnviz.settings import TRANSFORMED, TRANSFORMER, Settings
from rnnviz.tasks.base import ACCURACY, ERROR, Problem
from rnnviz.tasks.batches import Batch, Batches, shuffled
from rnnviz.tasks.ranges import largest
from rnnviz.tasks.supervised import NOT_COUNTED, Data, Examples, SupervisedTask

MOST_HELD_OUT, MOST_TRAINED = 10_000, 10_000  # examples that metrics are measured on
RANGES_ON = 100  # held-out examples that the ranges of all quantities are measured on
WARM_UP = 20  # examples that lead to those held out, where one goes on from the other
SHOWN = 4  # of those that follow each other, in one picture
PIECE = 500_000_000  # multiplications between two yields: some 20 ms, with a core to itself
MODEL = ("cell", "hidden", "layers", "directions", "input", "embedding", "dropout")


class SupervisedProblem(Problem):
    """The examples of a task, and a model that learns them: a `Classifier` where each sequence has one class,
    a transformer as well; else a `Tagger`. Abstract: what is answered, classes or numbers, says how good an
    answer is.
    """

    task: SupervisedTask

    def __init__(self, task: SupervisedTask, data: Data) -> None:
        self.task, self.data = task, data
        self.train, self.in_order = data.train, data.in_order
        self.held_out = data.train if data.held_out is None else data.held_out
        self.vocabulary = data.inputs if isinstance(data.inputs, Vocabulary) else None
        self.size = {"train": len(data.train.x), "held out": len(data.held_out.x) if data.held_out else 0}

    @abstractmethod
    def scores(self, answers: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """answers (..., O), y (...) or (..., O) -> the mean loss, the mean metric without a gradient, and
        over how many answers these are means.
        """

    def describe(self) -> dict[str, Any]:
        digest = hashlib.sha256()
        for part in (*self.train, *self.held_out):
            digest.update(b"" if part is None else np.ascontiguousarray(part).tobytes())
        told = {"metric": self.metric.name, "kind": self.task.kind, "sha256": digest.hexdigest()}
        shown = {} if self.vocabulary else {"shown": self.shown().tolist()}
        return {"name": self.task.name, **self.task.options(), **told, **shown, **self.data.told}

    def shown(self) -> np.ndarray:
        """Numbers for a model to be looked at with, (T, D): an example that was held out; the first few of
        those that follow each other.
        """
        few = self.held_out.x[: SHOWN if self.in_order else 1]
        numbers = few.astype(np.float32) / 255 if few.dtype == np.uint8 else few
        steps = slice(None) if self.held_out.lengths is None else slice(int(self.held_out.lengths[0]))
        return numbers.reshape(-1, numbers.shape[-1])[steps].astype(np.float32).round(4)

    def model(self, settings: Settings) -> Classifier | Tagger | TransformerClassifier:
        self.task.check_cell(settings.cell)
        if settings.cell == TRANSFORMER:
            shape = {name: getattr(settings, name) for name in TRANSFORMED}
            return TransformerClassifier(
                self.data.inputs,
                self.data.outputs,  # type: ignore[arg-type]
                readout=settings.readout,
                **shape,
            )
        known = {name: getattr(settings, name) for name in MODEL}
        if self.train.y.ndim == 1:
            return Classifier(self.data.inputs, self.data.outputs, readout=settings.readout, **known)  # type: ignore[arg-type]
        return Tagger(self.data.inputs, self.data.outputs, head=settings.head, **known)

    def batches(self, settings: Settings, device: torch.device) -> Batches:
        rows = Rows(self.train, device)
        count = len(self.train.x)
        if not self.in_order:
            pick = shuffled(count, settings.batch, settings.seed)
            return lambda step: rows.batch(pick(step))
        if settings.batch != 1:
            raise ValueError(
                f"Each example goes on from the one before, so batch is 1, not {settings.batch}."
            )
        return lambda step: rows.batch([(step - 1) % count], fresh=(step - 1) % count == 0)

    def loss(self, model: Any, batch: Batch, state: State | None) -> tuple[Tensor, Tensor, State | None]:
        answers, state = answered(model, batch, state)
        loss, metric, _ = self.scores(answers, batch.y)
        return loss, metric, state

    def evaluate(self, model: Any) -> Generator[None, None, float]:
        if not self.in_order or self.data.held_out is None:
            return self._judged(model, Rows(self.held_out, _device(model)), 0, MOST_HELD_OUT)
        skipped = min(WARM_UP, len(self.train.x))
        return self._judged(model, Rows(self.followed(skipped), _device(model)), skipped, MOST_HELD_OUT)

    def trained(self, model: Any) -> Generator[None, None, float]:
        return self._judged(model, Rows(self.train, _device(model)), 0, MOST_TRAINED)

    def sample(self, model: Any) -> dict[str, Any]:
        return self.task.sample(self, model)

    def findings(self, model: Any) -> list[str]:
        return self.task.findings(self, model)

    def ranges(self, model: Any) -> dict[str, float]:
        rows = Rows(self.held_out, _device(model))
        with reading(model):
            each = (rows.batch([place]) for place in range(min(RANGES_ON, len(self.held_out.x))))
            return largest(_values(model, batch) for batch in each)

    def answers(self, model: Any, x: np.ndarray) -> Tensor:
        """What a model answers to some sequences, x as in `Examples`: scores or numbers, (N, O) or (N, T, O);
        with in_order they follow each other.
        """
        rows = Rows(Examples(x, np.zeros(len(x))), _device(model))
        with reading(model):
            if not self.in_order:
                found, _ = answered(model, rows.batch(range(len(x))))
                return found if found.dim() == 2 else found.transpose(0, 1)
            parts, state = [], None
            for place in range(len(x)):
                part, state = answered(model, rows.batch([place]), state)
                parts.append(part[:, 0])
            return torch.stack(parts)

    def followed(self, before: int) -> Examples:
        """The examples held out, after the last few of those that lead there; with in_order."""
        pairs = zip(self.train[:2], self.held_out[:2], strict=True)
        return Examples(*(np.concatenate([lead[-before:], rest]) for lead, rest in pairs))

    def _judged(self, model: Any, rows: "Rows", skipped: int, most: int) -> Generator[None, None, float]:
        """The mean metric over rows, at most so many, without the first few, that only lead to the others."""
        steps = rows.x.shape[1]
        size = 1 if self.in_order else min(max(PIECE // (model.parameter_count * steps), 1), 1000)
        total, counted, state = 0.0, 0, None
        end = min(len(rows.x), skipped + most)
        for start in range(0, end, size):
            with reading(model):
                batch = rows.batch(range(start, min(start + size, end)))
                answers, after = answered(model, batch, state)
                state = after if self.in_order else None
                if start >= skipped:
                    _, metric, count = self.scores(answers, batch.y)
                    total, counted = total + metric.item() * count.item(), counted + int(count)
            yield
        return total / counted


class Classes(SupervisedProblem):
    """Answers that are classes: cross-entropy, judged by how many are right."""

    metric = ACCURACY

    def scores(self, answers: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        answers, y = answers.flatten(0, -2), y.flatten()
        counted = y != NOT_COUNTED
        right = (answers.detach().argmax(-1) == y) & counted
        count = counted.sum()
        return cross_entropy(answers, y, ignore_index=NOT_COUNTED), right.sum() / count, count


class Numbers(SupervisedProblem):
    """Answers that are numbers: their mean square error."""

    metric = ERROR

    def scores(self, answers: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        counted = ~y.isnan()
        count = counted.sum()
        error = torch.where(counted, answers - y, 0.0).square().sum() / count
        return error, error.detach(), count


def problem_of(task: SupervisedTask, data: Data) -> SupervisedProblem:
    """The problem that the answers of some data call for."""
    kind = Classes if np.issubdtype(data.train.y.dtype, np.integer) else Numbers
    return kind(task, data)


class Rows:
    """Examples on a device, to be put together to batches."""

    def __init__(self, examples: Examples, device: torch.device) -> None:
        x, y = (torch.as_tensor(part, device=device) for part in examples[:2])
        self.x = x.float() if x.is_floating_point() else x if x.dtype == torch.uint8 else x.long()
        self.y = y.float() if y.is_floating_point() else y.long()
        self.lengths = None if examples.lengths is None else torch.as_tensor(examples.lengths, device=device)

    def batch(self, which: Any, fresh: bool = True) -> Batch:
        """The batch of some examples, time first, cut at the end of the longest."""
        at = torch.as_tensor(which, device=self.x.device)
        x, y = self.x[at], self.y[at]
        lengths = None if self.lengths is None else self.lengths[at]
        longest = x.shape[1] if lengths is None else int(lengths.max())
        x = x[:, :longest].transpose(0, 1)
        x = x.float() / 255 if x.dtype == torch.uint8 else x
        return Batch(x, y if y.dim() == 1 else y[:, :longest].transpose(0, 1), fresh, lengths)


def answered(model: Any, batch: Batch, state: State | None = None) -> tuple[Tensor, State | None]:
    """What a model answers to a batch: (T, B, O) of a tagger, with the state at the end; (B, C) of a
    classifier, with none.
    """
    if isinstance(model, OneAnswer):
        return model(batch.x, batch.lengths), None
    return model(batch.x, state, batch.lengths)


def _values(model: Any, batch: Batch) -> dict[str, Tensor]:
    """Every quantity of a batch of one by the name that it has in a Trace."""
    told: dict[str, Tensor] = model.trace(batch.x, batch.lengths)
    told["out.logits" if model.classes else "out.answer"] = answered(model, batch)[0]
    if not getattr(model, "readout", "").startswith("attention"):
        return told
    h = model.states(batch.x)
    found = model.attn(h[0] if isinstance(h, tuple) else h)
    return told | {f"attn.{name}": value for name, value in found._asdict().items() if value is not None}


def _device(model: Any) -> torch.device:
    device: torch.device = next(model.parameters()).device
    return device
