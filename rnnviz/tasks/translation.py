"""Learning to write one sequence when another one is read."""

import hashlib
import random
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from rnnviz.models.decoding import greedy, write
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.speaker import exhausted, reading
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State
from rnnviz.randomness import BATCHES, number
from rnnviz.settings import Settings
from rnnviz.tasks.base import ACCURACY, Problem
from rnnviz.tasks.batches import Batch, Batches
from rnnviz.tasks.pairs import Pair, PairsTask, share
from rnnviz.tasks.supervised import NOT_COUNTED

MODEL = ("attention", "cell", "hidden", "layers", "input", "embedding", "dropout", "directions")
PIECE = 500_000_000  # multiplications between two yields: some 30 ms, with a core to itself
MOST_ROWS = 100  # that are written side by side
READ = 40  # tokens, about, that are read and written of a row
TRAINED, TRAINED_SEED = 1000, 2  # pairs as they are learned from, that a finished model is measured on
RANGES_ON = 50  # held-out pairs that the ranges of all quantities are measured on
BEYOND = 2  # tokens that may be written beyond the longest right answer


class PairsProblem(Problem):
    """The pairs of a task (a `PairsTask`), and a `Seq2Seq` that learns them."""

    metric = ACCURACY
    task: PairsTask
    vocabulary: Vocabulary

    def __init__(self, task: PairsTask) -> None:
        self.task = task
        self.vocabulary = task.vocabulary()
        self.held_out = list(task.held_out())
        self.size = task.size()
        self.unit = task.counted  # type: ignore[misc]
        self.ids = {token: place for place, token in enumerate(task.outputs, start=1)}  # 0 is the end

    @property
    def judged(self) -> str:
        return self.task.judged()

    def describe(self) -> dict[str, Any]:
        digest = hashlib.sha256("\n".join([*self.task.told(), *map(repr, self.held_out)]).encode())
        told = {"metric": self.metric.name, "kind": self.task.kind, "sha256": digest.hexdigest()}
        return {"name": self.task.name, **self.task.options(), **told, "longest": self.task.longest}

    def model(self, settings: Settings) -> Seq2Seq:
        known = {name: getattr(settings, name) for name in MODEL}
        return Seq2Seq(self.vocabulary, self.task.outputs, **known)

    def batches(self, settings: Settings, device: torch.device) -> Batches:
        def of_step(step: int) -> Batch:
            chooser = random.Random(number(settings.seed, BATCHES, step))  # noqa: S311 (dates, not secrets)
            return self.batch([self.task.drawn(chooser) for _ in range(settings.batch)], device)

        return of_step

    def batch(self, pairs: Sequence[Pair], device: torch.device) -> Batch:
        """x (S, B); y (T, B), each row with the end in it, and NOT_COUNTED after that."""
        read = [torch.tensor(self.vocabulary.encode(pair.source)) for pair in pairs]
        written = [torch.tensor([*(self.ids[token] for token in pair.target), 0]) for pair in pairs]
        lengths = torch.tensor([len(row) for row in read])
        x, y = pad_sequence(read), pad_sequence(written, padding_value=NOT_COUNTED)
        return Batch(x.to(device), y.to(device), lengths=lengths.to(device))

    def loss(self, model: Any, batch: Batch, state: State | None) -> tuple[Tensor, Tensor, State | None]:
        logits = model(batch.x, batch.y, batch.lengths)
        loss = cross_entropy(logits.flatten(0, 1), batch.y.flatten(), ignore_index=NOT_COUNTED)
        # What is right token by token, after right ones, is what would have been written.
        right = (logits.detach().argmax(-1) == batch.y) | (batch.y == NOT_COUNTED)
        return loss, right.all(0).float().mean(), None

    def evaluate(self, model: Any) -> Generator[None, None, float]:
        return self._share(model, self.held_out)

    def trained(self, model: Any) -> Generator[None, None, float]:
        chooser = random.Random(TRAINED_SEED)  # noqa: S311
        return self._share(model, [self.task.drawn(chooser) for _ in range(TRAINED)])

    def _share(self, model: Any, pairs: Sequence[Pair]) -> Generator[None, None, float]:
        right = yield from self.right_in_pieces(model, pairs)
        return share(right)

    def right(self, model: Any, pairs: Sequence[Pair]) -> list[bool]:
        """Of each pair, whether what a model writes is right from the first token to the last."""
        return exhausted(self.right_in_pieces(model, pairs))

    def right_in_pieces(self, model: Any, pairs: Sequence[Pair]) -> Generator[None, None, list[bool]]:
        """The same for who has something else to do between two pieces."""
        right = [False] * len(pairs)
        # Alike in length side by side, so that little is read and written in vain.
        order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].source))
        size = max(min(PIECE // (model.parameter_count * READ), MOST_ROWS), 1)
        for start in range(0, len(order), size):
            some = order[start : start + size]
            longest = max(_length(pairs[place]) for place in some)
            answers = self.answers(model, [pairs[place].source for place in some], longest)
            for place, answer in zip(some, answers, strict=True):
                right[place] = pairs[place].right(answer)
            yield
        return right

    def answers(self, model: Any, sources: Sequence[str], longest: int | None = None) -> list[str]:
        """What a model writes when it reads some texts, always the likeliest token; at most so many."""
        batch = self.batch([Pair(source, "") for source in sources], model.device)
        written = greedy(model, batch.x, batch.lengths, (longest or self._longest()) + BEYOND)
        return [model.target_text(row) for row in written.t()]

    def attention(self, model: Any, source: str) -> dict[str, Any]:
        """Where a model looks while it writes: {"attention": {"source": tokens, "written": tokens, "weights":
        rows that sum to 1}}, JSON to four digits; {} for one that does not look.
        """
        if model.attention == "none":
            return {}
        with reading(model):
            ids = write(model, source, self._longest() + BEYOND).ids
            told = model.trace(model.ids(source), torch.tensor(ids, device=model.device))
            weights = told.said.attention.weights[0].tolist()
        return {
            "attention": {
                "source": list(source),
                "written": [model.classes[token] for token in ids],
                "weights": [[round(weight, 4) for weight in row] for row in weights],
            }
        }

    def sample(self, model: Any) -> dict[str, Any]:
        return self.task.sample(self, model)

    def findings(self, model: Any) -> list[str]:
        return self.task.findings(self, model)

    def ranges(self, model: Any) -> dict[str, float]:
        largest: dict[str, float] = {}
        for name, value in self._values(model, self.held_out[:RANGES_ON]):
            largest[name] = max(largest.get(name, 0.0), value.abs().max().item())
        return largest

    def _values(self, model: Any, pairs: Sequence[Pair]) -> Iterator[tuple[str, Tensor]]:
        """Every quantity of some pairs by name, "enc.l0.f", as the right answers are written."""
        for pair in pairs:
            with reading(model):
                told = model.trace(model.ids(pair.source), model.target_ids(pair.target))
            yield from ((f"enc.{name}", value) for name, value in told.encoder.items())
            yield from ((f"dec.{name}", value) for name, value in told.decoder.items())
            yield "out.logits", told.said.logits

    def _longest(self) -> int:
        return max(map(_length, self.held_out))


def _length(pair: Pair) -> int:
    return max(map(len, (pair.target, *pair.others)))
