"""What every task is: a text, divided, with what one should know about it."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

if TYPE_CHECKING:  # to know the names of the tasks, nobody should have to wait for torch
    from rnnviz.models.language import LanguageModel

HELD_OUT = 10  # the last tenth
LEAST_CHARACTERS = 200
MOST_CHARACTERS = 5_000_000


class Corpus(NamedTuple):
    """A text as it is learned. train: the first nine tenths. held_out: the rest, only ever measured on."""

    train: str
    held_out: str


@dataclass(frozen=True)
class Task(ABC):
    """Something to be learned. Abstract; a task's fields are its options, at the command line as well.

    name: its key in TASKS; title: a few words; look: one sentence on what to look for in a model that learned
    it; example: a sentence for such a model to read; defaults: the training settings that suit it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    look: ClassVar[str]
    example: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {}

    @abstractmethod
    def text(self) -> str:
        """The whole text. Raises ValueError, saying what to do, where it cannot be had."""

    def starts(self, text: str) -> Sequence[int]:
        """The places in a text where a reader may begin: anywhere, if the task does not know better."""
        return range(len(text))

    def fetch(self) -> Iterator[tuple[int, int]]:
        """Brings what `text` needs from elsewhere, if anything; yields (bytes so far, bytes in all)."""
        return iter(())

    def findings(self, model: "LanguageModel") -> list[str]:
        """What was measured on a model that learned this, besides its perplexity, as sentences."""
        return []

    def corpus(self) -> Corpus:
        """The text divided. Raises ValueError where it cannot be had, or is too short or too long."""
        text = self.text()
        if not LEAST_CHARACTERS <= len(text) <= MOST_CHARACTERS:
            raise ValueError(
                f"A text to learn has {LEAST_CHARACTERS:,} to {MOST_CHARACTERS:,} characters; "
                f"this one has {len(text):,}."
            )
        cut = len(text) - len(text) // HELD_OUT
        return Corpus(text[:cut], text[cut:])

    def describe(self, corpus: Corpus) -> dict[str, Any]:
        """The "task" part of config.json: the options, and enough of the text to recognise it again."""
        text = corpus.train + corpus.held_out
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return {"name": self.name, **self.options(), "sha256": digest, "length": len(text)}

    def options(self) -> dict[str, Any]:
        """The fields that may be written down: all but those marked `kept: False`."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.metadata.get("kept", True)}

    @property
    def repeatable(self) -> bool:
        """Whether what may be written down is enough to have the same text again."""
        return all(f.metadata.get("kept", True) or getattr(self, f.name) == f.default for f in fields(self))

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> Self:
        """The task again from what `describe` said."""
        return cls(**{f.name: description[f.name] for f in fields(cls) if f.name in description})
