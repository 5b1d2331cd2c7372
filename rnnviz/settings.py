"""What can be set about a training run: the options of the command line, and the controls of the page."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self


def _setting(
    default: Any,
    help: str,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    return field(default=default, metadata={"help": help, "least": least, "most": most, "choices": choices})


RECURRENT, TRANSFORMER = ("rnn", "rnn_relu", "lstm", "gru"), "transformer"

TRANSFORMED = ("hidden", "layers", "heads", "positions", "norm", "dropout")
"""The settings that shape a transformer."""

OF_TRANSFORMERS = ("heads", "positions", "norm")
OF_RECURRENT = ("directions", "input", "embedding", "attention")
"""The settings that do nothing without a transformer, and with one."""

CHANGEABLE = ("lr", "steps", "clip", "minutes")
"""The settings that may be changed while a run goes on."""


def idle(cell: str) -> tuple[str, ...]:
    """The settings that do nothing with a cell."""
    return OF_RECURRENT if cell == TRANSFORMER else OF_TRANSFORMERS


@dataclass(frozen=True)
class Settings:
    """All settings of a run; raises ValueError with a sentence for one out of range.

    A task offers those that matter to it (`Task.offered`); the others keep their defaults and do nothing. Nor
    do those that are `idle` with its cell.
    """

    cell: str = _setting(
        "lstm", "the recurrent cell, or a transformer in its place", choices=(*RECURRENT, TRANSFORMER)
    )
    hidden: int = _setting(256, "units of a layer: what it can hold in mind", 1, 4096)
    layers: int = _setting(1, "layers, one upon the other", 1, 8)
    directions: int = _setting(1, "1 reads forwards only, 2 backwards as well", choices=(1, 2))
    input: str = _setting("onehot", "how a token goes in", choices=("onehot", "embedding"))
    embedding: int = _setting(32, "numbers of an embedding", 1, 4096)
    readout: str = _setting(
        "last",
        "what the answer is read from: the last step, the mean of all, or a mean whose weights are learned, "
        "one for each step (attention) or for each unit at each step",
        choices=("last", "mean", "attention", "attention_by_unit"),
    )
    attention: str = _setting(
        "dot",
        "how what is written looks at what was read: not at all, or by a form of attention",
        choices=("none", "dot", "scaled_dot", "general", "additive"),
    )
    heads: int = _setting(4, "heads of a transformer's layer, among which its units are divided", 1, 64)
    positions: str = _setting(
        "learned",
        "how a transformer knows places: waves that are given, or numbers that are learned",
        choices=("sinusoidal", "learned"),
    )
    norm: str = _setting(
        "post",
        "where a transformer's layer is normed: before each part, or after it",
        choices=("pre", "post"),
    )
    head: str = _setting(
        "linear", "what makes answers of h: a linear layer, or nothing, h itself", choices=("linear", "none")
    )
    init: str = _setting(
        "uniform",
        "weights at the start: uniform within 1/sqrt(H) as in torch, or 0.01 N(0, 1) with biases 0 as in d2l",
        choices=("uniform", "normal"),
    )
    dropout: float = _setting(0.5, "share of h that is dropped on its way on, while training", 0, 0.95)
    steps: int = _setting(4000, "training steps", 1, 1_000_000)
    minutes: float = _setting(
        60.0, "minutes of work after which the run stops, to be continued at will", 0.05, 1440
    )
    batch: int = _setting(32, "rows of a batch", 1, 4096)
    length: int = _setting(35, "tokens of a row, that is steps of backpropagation", 1, 2000)
    sampling: str = _setting(
        "sequential",
        "rows that go on where they stopped, the state carried, or rows from anywhere, with a new state",
        choices=("sequential", "random"),
    )
    optimizer: str = _setting("adam", "how weights follow their gradients", choices=("adam", "sgd"))
    lr: float = _setting(0.004, "learning rate at the start", 0, 1e6)
    schedule: str = _setting("cosine", "how it falls", choices=("cosine", "constant"))
    decay: float = _setting(
        0.15, "weight decay: each step takes lr times this share off every weight", 0, 1e3
    )
    clip: float = _setting(1.0, "largest gradient; a longer one is shortened to it", 0, 1e9)
    clip_by: str = _setting(
        "norm",
        "what is shortened: the gradient as a whole, or each number by itself",
        choices=("norm", "value"),
    )
    evaluate_every: int = _setting(200, "steps between two looks at what is held out", 1, 1_000_000)
    log_every: int = _setting(20, "steps between two entries of the log", 1, 1_000_000)
    save_every: int = _setting(100, "steps between two saves of all that a resume needs", 1, 1_000_000)
    seed: int = _setting(0, "seed of the weights, the batches and the dropout", 0)

    def __post_init__(self) -> None:
        for f in fields(self):
            _check(f.name, getattr(self, f.name), f.type, f.metadata)
        if self.cell == TRANSFORMER and self.init == "normal":
            raise ValueError(
                "init is uniform for a transformer: norms that begin with 0 let nothing through."
            )
        if self.seed >= 2**63:
            raise ValueError(f"seed is below 2^63, not {self.seed}.")

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 1; with "cosine" it falls to almost 0 at the end."""
        if self.schedule == "constant":
            return self.lr
        return self.lr * (1 + math.cos(math.pi * (step - 1) / self.steps)) / 2

    def changed(self, **settings: Any) -> Self:
        """The same with others while a run goes on. Raises ValueError for one that cannot be changed then."""
        for name in settings:
            if name not in CHANGEABLE:
                raise ValueError(f"{name} cannot be changed on the way; these can: {', '.join(CHANGEABLE)}.")
        return replace(self, **settings)

    def of_training(self) -> dict[str, Any]:
        """The "train" part of config.json: all but the seed, and what does nothing; `of` reads it."""
        left_out = ("seed", *idle(self.cell))
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in left_out}

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The settings again from a config.json. Raises ValueError for one that says less, or otherwise."""
        train = config.get("train")
        if not isinstance(train, dict):
            raise ValueError('config.json does not say how to "train".')
        known = {f.name: train[f.name] for f in fields(cls) if f.name in train}
        return cls(**known, seed=config.get("seed", 0))


def _check(name: str, value: Any, kind: Any, limits: Mapping[str, Any]) -> None:
    choices, least, most = limits["choices"], limits["least"], limits["most"]
    if choices:
        if value not in choices or isinstance(value, bool):
            raise ValueError(f"{name} is one of {', '.join(map(str, choices))}, not {value!r}.")
        return
    whole = kind is int
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise ValueError(f"{name} is a {'whole ' * whole}number, not {value!r}.")
    positive = least == 0 and name in ("lr", "clip")
    if not math.isfinite(value) or value < (least or 0) or (positive and value == 0):
        raise ValueError(f"{name} is {'above 0' if positive else f'at least {least:g}'}, not {value!r}.")
    if most is not None and value > most:
        raise ValueError(f"{name} is at most {most:,.10g}, not {value!r}.")
