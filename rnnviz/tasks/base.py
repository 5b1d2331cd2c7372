"""What every task is, and what a training needs to know of it."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from rnnviz.settings import RECURRENT

if TYPE_CHECKING:  # to know the names of the tasks, nobody should have to wait for torch
    import torch
    from torch import Tensor, nn

    from rnnviz.models.vocabulary import Vocabulary
    from rnnviz.nn import State
    from rnnviz.settings import Settings
    from rnnviz.tasks.batches import Batch, Batches
    from rnnviz.tasks.pairs import Pair

KINDS = ("text", "series", "image")

ALWAYS = ("cell", "hidden", "steps", "lr", "layers", "optimizer", "schedule", "decay", "clip", "clip_by",
          "init", "batch", "dropout", "minutes", "evaluate_every", "log_every", "save_every",
          "seed")  # fmt: skip
"""The settings that matter to every task."""


class Metric(NamedTuple):
    """What a model is judged by on what it never learns from.

    name: "perplexity", "accuracy" (0..1) or "error" (mean square); higher: whether more of it is better.
    """

    name: str
    higher: bool


PERPLEXITY, ACCURACY, ERROR = Metric("perplexity", False), Metric("accuracy", True), Metric("error", False)


@dataclass(frozen=True)
class Task(ABC):
    """Something to be learned. Abstract; a task's fields are its options, at the command line as well.

    name: its key in TASKS; title: a few words; look: one sentence on what to look for while it is learned and
    in a model that has learned it; kind: what it reads, one of KINDS; example: a text for a model that reads
    text; defaults: the settings that suit it; offered: the settings that matter to it, the first five those
    that a newcomer sees; cells: those that can learn it; presets: settings by a name such as "as in the
    article", with the task's own options among them; things, unit: what is asked in an exam, in the plural,
    and what its length is counted in.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    look: ClassVar[str]
    kind: ClassVar[str] = "text"
    example: ClassVar[str] = ""
    defaults: ClassVar[Mapping[str, Any]] = {}
    offered: ClassVar[tuple[str, ...]] = ALWAYS
    cells: ClassVar[tuple[str, ...]] = RECURRENT
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    things: ClassVar[str] = "examples"
    unit: ClassVar[str] = "characters"

    @classmethod
    def choices(cls, setting: Field[Any]) -> tuple[Any, ...]:
        """What a setting, or an option of the task's own, can be chosen from; () for a number or a text."""
        return cls.cells if setting.name == "cell" else setting.metadata.get("choices") or ()

    @abstractmethod
    def problem(self) -> "Problem":
        """The task with its data at hand. Raises ValueError, saying what to do, where it cannot be had."""

    def asked(self, count: int, seed: int) -> "Sequence[Pair]":
        """Examples that nobody has learned from, of many lengths: at most so many; () where nobody asks any.

        They are there at once: nothing of what is learned from has to be made for them.
        """
        return ()

    @property
    def trained_to(self) -> int | None:
        """The longest that is learned from, where longer ones are asked as well; else None."""
        return None

    def check_cell(self, cell: str) -> None:
        """Raises ValueError for a cell that cannot learn it."""
        if cell not in self.cells:
            there = ", ".join(self.cells)
            raise ValueError(f"cell is one of {there} for the task {self.name}, not {cell!r}.")

    def present(self) -> None:  # noqa: B027 (most tasks have all that they need)
        """Raises ValueError, saying what to do, where data that `fetch` would bring are not here yet."""

    def fetch(self) -> Iterator[tuple[int, int]]:
        """Brings what `problem` needs from elsewhere, if anything; yields (bytes so far, bytes in all)."""
        return iter(())

    def options(self) -> dict[str, Any]:
        """The fields that may be written down: all but those marked `kept: False`."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.metadata.get("kept", True)}

    @property
    def repeatable(self) -> bool:
        """Whether what may be written down is enough to have the same data again."""
        return all(f.metadata.get("kept", True) or getattr(self, f.name) == f.default for f in fields(self))

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> Self:
        """The task again from the "task" part of a config.json."""
        return cls(**{f.name: description[f.name] for f in fields(cls) if f.name in description})


class Problem(ABC):
    """A task with its data at hand. Abstract.

    task; metric; vocabulary: of what reads or answers tokens, else None; size: how many examples or
    characters there are, {"train": ..., "held out": ...}; unit: what is counted there, such as "characters".
    """

    metric: ClassVar[Metric]
    task: Any
    vocabulary: "Vocabulary | None" = None
    size: Mapping[str, int]
    unit: ClassVar[str] = "examples"

    @property
    def judged(self) -> str:
        """How a model is judged, and which weights are kept, in a sentence or two."""
        if not self.size["held out"]:
            return f"Nothing was held out: the {self.metric.name} is that on what it learned from."
        return (
            f"The weights are those of the step with the best {self.metric.name} on the "
            f"{self.size['held out']:,} {self.unit} that were held out."
        )

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """The "task" part of config.json: name, options, metric, and enough of the data to recognise it."""

    @abstractmethod
    def model(self, settings: "Settings") -> "nn.Module":
        """A new model; its weights are drawn from torch's random numbers."""

    @abstractmethod
    def batches(self, settings: "Settings", device: "torch.device") -> "Batches":
        """The batch of each step, on a device. Raises ValueError at once where there is too little data."""

    @abstractmethod
    def loss(
        self, model: "nn.Module", batch: "Batch", state: "State | None"
    ) -> "tuple[Tensor, Tensor, State | None]":
        """The loss to go down, the batch's metric (no gradient), and the state that the next batch may go on
        from; None where rows never go on.
        """

    @abstractmethod
    def evaluate(self, model: "nn.Module") -> Generator[None, None, float]:
        """The metric on what is held out, as the generator's value; it yields at least once a tenth of a
        second, so that whoever waits can be answered. Between two yields the model is as it was.
        """

    @abstractmethod
    def sample(self, model: "nn.Module") -> dict[str, Any]:
        """What the model does now, to be shown, as JSON: {"kind": one of `views.samples`}."""

    @abstractmethod
    def trained(self, model: "nn.Module") -> Generator[None, None, float]:
        """The metric on what it learned from, or on enough of that; as `evaluate`."""

    def ranges(self, model: "nn.Module") -> dict[str, float]:
        """The largest magnitude of each quantity on what is held out, by name ("l0.c")."""
        return {}

    def findings(self, model: "nn.Module") -> list[str]:
        """What was measured on a model that learned this, besides its metric, as sentences."""
        return []
