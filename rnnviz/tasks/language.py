"""Learning to predict the next character of a text."""

import hashlib
from collections.abc import Generator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnnviz.models.language import LanguageModel, perplexity_in_pieces, reading
from rnnviz.models.sampling import sample
from rnnviz.models.transformer_language import TransformerLanguageModel
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import State
from rnnviz.settings import TRANSFORMED, TRANSFORMER, Settings
from rnnviz.tasks.base import PERPLEXITY, Problem
from rnnviz.tasks.batches import SAMPLING, Batch, Batches, check_length
from rnnviz.tasks.ranges import largest

HELD_OUT = 10  # the last tenth
LEAST_CHARACTERS = 200
MOST_CHARACTERS = 5_000_000
MOST_HELD_OUT, MOST_TRAINED = 20_000, 200_000  # characters that perplexities are measured on
RANGES_ON = 5_000  # characters of the held-out text that the ranges of all quantities are measured on
SAMPLE_LENGTH, SAMPLE_TEMPERATURE, SAMPLE_SEED = 120, 0.7, 0


class Corpus(NamedTuple):
    """A text as it is learned. train: the first nine tenths. held_out: the rest, only ever measured on."""

    train: str
    held_out: str

    @classmethod
    def of(cls, text: str) -> "Corpus":
        """A text divided. Raises ValueError for one that is too short or too long."""
        if not LEAST_CHARACTERS <= len(text) <= MOST_CHARACTERS:
            raise ValueError(
                f"A text to learn has {LEAST_CHARACTERS:,} to {MOST_CHARACTERS:,} characters; "
                f"this one has {len(text):,}."
            )
        cut = len(text) - len(text) // HELD_OUT
        return cls(text[:cut], text[cut:])


class LanguageProblem(Problem):
    """The text of a task (a `TextTask`), and a language model that learns it."""

    metric = PERPLEXITY
    vocabulary: Vocabulary
    unit = "characters"

    def __init__(self, task: Any) -> None:
        self.task, self.corpus = task, Corpus.of(task.text())
        self.vocabulary = Vocabulary.of(self.corpus.train)
        self.size = {"train": len(self.corpus.train), "held out": len(self.corpus.held_out)}

    @property
    def judged(self) -> str:
        longer = len(self.corpus.train) > MOST_TRAINED or len(self.corpus.held_out) > MOST_HELD_OUT
        cut = f", at most {MOST_TRAINED:,} and {MOST_HELD_OUT:,} characters of them" if longer else ""
        return (
            f"The last tenth of the text, {len(self.corpus.held_out):,} characters, was held out; the "
            "weights are those of the step with the lowest perplexity on it. A perplexity is exp of the mean "
            f"loss over a text that is read from start to end{cut}."
        )

    def describe(self) -> dict[str, Any]:
        text = self.corpus.train + self.corpus.held_out
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        told = {"metric": self.metric.name, "kind": self.task.kind, "sha256": digest, "length": len(text)}
        return {"name": self.task.name, **self.task.options(), **told}

    def model(self, settings: Settings) -> LanguageModel | TransformerLanguageModel:
        self.task.check_cell(settings.cell)
        if settings.cell == TRANSFORMER:
            shape = {name: getattr(settings, name) for name in TRANSFORMED}
            return TransformerLanguageModel(self.vocabulary, context=settings.length, **shape)
        known = ("cell", "hidden", "layers", "input", "embedding", "dropout")
        return LanguageModel(self.vocabulary, **{name: getattr(settings, name) for name in known})

    def batches(self, settings: Settings, device: torch.device) -> Batches:
        check_length(len(self.corpus.train), settings.batch, settings.length)
        ids = torch.tensor(self.vocabulary.encode(self.corpus.train), device=device)
        starts = self.task.starts(self.corpus.train)
        return SAMPLING[settings.sampling](ids, starts, settings.batch, settings.length, settings.seed)

    def loss(self, model: Any, batch: Batch, state: State | None) -> tuple[Tensor, Tensor, State | None]:
        carries = isinstance(model, LanguageModel)  # a transformer begins anew with each row
        logits, state = model(batch.x, state if carries else None)
        loss = cross_entropy(logits.flatten(0, 1), batch.y.flatten())
        return loss, loss.detach().exp(), state if carries else None

    def evaluate(self, model: Any) -> Generator[None, None, float]:
        return perplexity_in_pieces(model, self.corpus.held_out[:MOST_HELD_OUT])

    def trained(self, model: Any) -> Generator[None, None, float]:
        return perplexity_in_pieces(model, self.corpus.train[:MOST_TRAINED])

    def sample(self, model: Any) -> dict[str, Any]:
        prefix = self.task.prefix(self.corpus.held_out)
        written = sample(model, prefix, SAMPLE_LENGTH, SAMPLE_TEMPERATURE, seed=SAMPLE_SEED)
        return {"kind": "text", "prefix": prefix, "text": written}

    def ranges(self, model: Any) -> dict[str, float]:
        with reading(model):
            ids = model.ids(self.corpus.held_out[:RANGES_ON])
            if isinstance(model, LanguageModel):
                trace = model.rnn.trace(model.read(ids[:, None]))
                values = trace.values | {"out.logits": model.out(trace.output)}
            else:
                width = min(model.context, len(ids))
                values = model.trace(ids[: len(ids) // width * width].view(-1, width).t())
                values["out.logits"] = model.out(values["h"])
            return largest([values])

    def findings(self, model: Any) -> list[str]:
        found: list[str] = self.task.findings(model)
        return found
