"""What can be set about a training run. The command line's options are these fields."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

MODEL = ("cell", "hidden", "layers", "input", "embedding", "dropout")  # what LanguageModel is built from


def _setting(default: Any, help: str, least: float | None = None, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help, "least": least, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """All settings of a run; raises ValueError with a sentence for one out of range."""

    cell: str = _setting("lstm", "the recurrent cell", choices=("rnn", "rnn_relu", "lstm", "gru"))
    hidden: int = _setting(256, "units of a layer", least=1)
    layers: int = _setting(1, "layers, one upon the other", least=1)
    input: str = _setting("onehot", "how a character goes in", choices=("onehot", "embedding"))
    embedding: int = _setting(32, "numbers of an embedding", least=1)
    dropout: float = _setting(0.5, "share of h that is dropped on its way on, while training", least=0)
    steps: int = _setting(4000, "training steps", least=1)
    batch: int = _setting(32, "rows of a batch", least=1)
    length: int = _setting(35, "characters of a row, that is steps of backpropagation", least=1)
    sampling: str = _setting(
        "sequential",
        "rows that go on where they stopped, the state carried, or rows from anywhere, with a new state",
        choices=("sequential", "random"),
    )
    lr: float = _setting(0.004, "learning rate of Adam at the start", least=0)
    schedule: str = _setting("cosine", "how it falls", choices=("cosine", "constant"))
    decay: float = _setting(
        0.15, "weight decay: each step takes lr times this share off every weight", least=0
    )
    clip: float = _setting(1.0, "largest norm of the gradient; a longer one is shortened to it", least=0)
    evaluate_every: int = _setting(200, "steps between two looks at the held-out text", least=1)
    log_every: int = _setting(20, "steps between two entries of the log", least=1)
    seed: int = _setting(0, "seed of the weights, the batches and the dropout", least=0)

    def __post_init__(self) -> None:
        for f in fields(self):
            _check(f.name, getattr(self, f.name), f.type, f.metadata["least"], f.metadata["choices"])
        if self.dropout >= 1:
            raise ValueError(f"dropout is a share below 1, not {self.dropout}.")
        if self.seed >= 2**63:
            raise ValueError(f"seed is below 2^63, not {self.seed}.")

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 1; with "cosine" it falls to almost 0 at the end."""
        if self.schedule == "constant":
            return self.lr
        return self.lr * (1 + math.cos(math.pi * (step - 1) / self.steps)) / 2

    def of_model(self) -> dict[str, Any]:
        """The settings that the model is built from."""
        return {name: getattr(self, name) for name in MODEL}

    def of_training(self) -> dict[str, Any]:
        """The others, but for the seed."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in (*MODEL, "seed")} | {
            "dropout": self.dropout
        }


def _check(name: str, value: Any, kind: Any, least: float | None, choices: tuple[str, ...]) -> None:
    if choices:
        if value not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}.")
        return
    whole = kind is int
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise ValueError(f"{name} is a {'whole ' * whole}number, not {value!r}.")
    positive = least == 0 and name in ("lr", "clip")
    if not math.isfinite(value) or value < (least or 0) or (positive and value == 0):
        raise ValueError(f"{name} is {'above 0' if positive else f'at least {least:g}'}, not {value!r}.")
