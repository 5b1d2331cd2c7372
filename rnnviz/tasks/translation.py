"""Learning to write one sequence when another one is read."""

import hashlib
import random
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from rnnviz.models.decoding import LONGEST, write
from rnnviz.models.seq2seq import Seq2Seq, Written
from rnnviz.models.speaker import reading
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.models.writer import Writer
from rnnviz.nn import State
from rnnviz.randomness import BATCHES, number
from rnnviz.settings import TRANSFORMED, TRANSFORMER, Settings
from rnnviz.tasks.base import ACCURACY, Problem
from rnnviz.tasks.batches import Batch, Batches
from rnnviz.tasks.exam import answers, examined_in_pieces, longest_answer
from rnnviz.tasks.pairs import Pair, PairsTask
from rnnviz.tasks.ranges import largest
from rnnviz.tasks.supervised import NOT_COUNTED

MODEL = ("attention", "cell", "hidden", "layers", "input", "embedding", "dropout", "directions")
TRAINED, TRAINED_SEED = 1000, 2  # pairs as they are learned from, that a finished model is measured on
RANGES_ON = 50  # held-out pairs that the ranges of all quantities are measured on


class PairsProblem(Problem):
    """The pairs of a task (a `PairsTask`), and a `Writer` that learns them, recurrent or a transformer."""

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

    def model(self, settings: Settings) -> Seq2Seq | TransformerSeq2Seq:
        self.task.check_cell(settings.cell)
        if settings.cell == TRANSFORMER:
            shape = {name: getattr(settings, name) for name in TRANSFORMED}
            context = max(self.task.longest, LONGEST) + 1
            return TransformerSeq2Seq(self.vocabulary, self.task.outputs, context=context, **shape)
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
        exam = yield from examined_in_pieces(model, pairs)
        return exam.share

    def answers(self, model: Writer, sources: Sequence[str]) -> list[str]:
        """What a model writes when it reads some texts, always the likeliest token."""
        return answers(model, sources, longest_answer(self.held_out))

    def attention(self, model: Writer, source: str) -> dict[str, Any]:
        """Where a model looks while it writes: {"attention": {"source": tokens, "written": tokens, "weights":
        rows that sum to 1}}, JSON to four digits; {} for one that does not look.
        """
        with reading(model):
            ids = write(model, source, longest_answer(self.held_out)).ids
            weights = model.looks(model.ids(source), torch.tensor(ids, device=model.device))
        if weights is None:
            return {}
        return {
            "attention": {
                "source": list(source),
                "written": [model.classes[token] for token in ids],
                "weights": [[round(weight, 4) for weight in row] for row in weights.tolist()],
            }
        }

    def sample(self, model: Any) -> dict[str, Any]:
        return self.task.sample(self, model)

    def findings(self, model: Any) -> list[str]:
        return self.task.findings(self, model)

    def ranges(self, model: Any) -> dict[str, float]:
        """Of all that happens as the right answers are written."""
        return largest(_values(model, pair) for pair in self.held_out[:RANGES_ON])


def _values(model: Writer, pair: Pair) -> Mapping[str, Tensor]:
    """Every quantity of a pair by the name that it has in a Trace."""
    with reading(model):
        told = model.trace(model.ids(pair.source), model.target_ids(pair.target))
    if not isinstance(told, Written):
        return {"out.logits" if name == "logits" else name: value for name, value in told.items()}
    found = told.said.attention
    looked = {} if found is None else {**found._asdict(), "joined": told.said.joined}
    return {
        **{f"enc.{name}": value for name, value in told.encoder.items()},
        **{f"dec.{name}": value for name, value in told.decoder.items()},
        **{f"attn.{name}": value for name, value in looked.items() if value is not None},
        "out.logits": told.said.logits,
    }
