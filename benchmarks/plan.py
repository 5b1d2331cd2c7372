"""What is measured: the parts, and in each the cells and the settings."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

CELLS = ("lstm", "gru", "rnn")


class Setting(NamedTuple):
    """A size of a problem: sequences, steps, kinds of characters, units and layers."""

    name: str
    batch: int
    steps: int
    vocabulary: int
    hidden: int
    layers: int = 1

    @property
    def shape(self) -> str:
        """The size in the letters of the equations."""
        stack = f", {self.layers} layers" if self.layers > 1 else ""
        return f"B={self.batch} T={self.steps} V={self.vocabulary} H={self.hidden}{stack}"


class Part(NamedTuple):
    """One question. It is answered by `measure` in the file of its name in `parts`.

    references: whose time the others' times are divided by; "MB" where no times are told but megabytes.
    """

    title: str
    references: tuple[str, ...]
    settings: tuple[Setting, ...]
    cells: tuple[str, ...] = CELLS


class Case(NamedTuple):
    """One comparison."""

    part: str
    cell: str
    setting: Setting

    def __str__(self) -> str:
        return f"{self.part} {self.cell} {self.setting.name}"


TRAINING = (
    Setting("live64", 16, 32, 28, 64),
    Setting("d2l256", 32, 35, 28, 256),
    Setting("d2l512", 32, 35, 28, 512),
    Setting("karpathy", 50, 50, 65, 128, layers=2),
)
T100, T500 = Setting("T100", 1, 100, 28, 128), Setting("T500", 1, 500, 28, 128)
GENERATION = (Setting("H128", 1, 100, 65, 128), Setting("H256", 1, 100, 65, 256))
LONG = Setting("T2000", 1, 2000, 28, 512, layers=2)

PARTS = {
    "training": Part(
        "A training step: forward, loss, backward, clipping and Adam; all read one-hot rows but `(ids)`",
        ("torch.nn",),
        TRAINING,
    ),
    "peers": Part(
        "The same training step beside other libraries",
        ("torch.nn", "Keras", "Keras unrolled", "Keras XLA", "JAX"),
        TRAINING,
    ),
    "trace": Part("One sequence, every gate of every step told", ("naive loop", "torch.nn"), (T100, T500)),
    "connectivity": Part(
        "|d score_s / d x_t| for all s and t", ("T backward passes, readable",), (T100,), cells=("lstm",)
    ),
    "generation": Part("Writing 100 characters, one by one", ("torch.nn, T=1",), GENERATION),
    "memory": Part("Peak memory of a trace beyond what was there before", ("MB",), (LONG,)),
}


def cases(
    parts: Collection[str] = (), cells: Collection[str] = (), settings: Collection[str] = ()
) -> Iterator[Case]:
    """Every comparison, or those of some parts, cells and settings, by name."""
    for name, part in PARTS.items():
        for cell in part.cells:
            for setting in part.settings:
                if all(
                    not asked or here in asked
                    for here, asked in ((name, parts), (cell, cells), (setting.name, settings))
                ):
                    yield Case(name, cell, setting)


def case_named(part: str, cell: str, setting: str) -> Case:
    """The comparison of three names; StopIteration where there is none."""
    return next(cases([part], [cell], [setting]))
