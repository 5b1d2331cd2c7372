"""H. G. Wells, The Time Machine: the text that "Dive into Deep Learning" trains its language models on."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from rnnviz.files import read_capped
from rnnviz.settings import RECURRENT, TRANSFORMER
from rnnviz.tasks.download import cache_folder, download
from rnnviz.tasks.texts import TRANSFORMED_TEXT, WITH_TRANSFORMER, TextTask

FILE = "timemachine.txt"
URL = "https://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt"
SHA256 = "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516"
MOST_BYTES = 1 << 20

# d2l's "RNN implementation from scratch" and "concise implementation": 28 characters, the unknown one among
# them; plain gradient descent, the gradient's norm cut to 1.
ARTICLE = {
    "letters": "a-z", "cell": "rnn", "layers": 1, "batch": 32, "length": 35, "sampling": "sequential",
    "optimizer": "sgd", "lr": 1.0, "schedule": "constant", "clip": 1.0, "clip_by": "norm", "dropout": 0.0,
    "decay": 0.0, "steps": 4000,
}  # fmt: skip


@dataclass(frozen=True)
class TimeMachine(TextTask):
    """Its characters, case and punctuation kept, white space collapsed to single spaces.

    The file is looked for in the folder $RNNVIZ_DATA and in the cache, and downloaded when asked for.
    """

    name = "timemachine"
    title = "The Time Machine"
    look = (
        "The ends of words are easy and their first letters are not: the surprise sits where a word begins."
    )
    example = "The Time Traveller smiled round at us."
    defaults: ClassVar[Mapping[str, Any]] = {}
    offered = WITH_TRANSFORMER
    cells = (*RECURRENT, TRANSFORMER)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "as in the article: from scratch": ARTICLE | {"hidden": 512, "init": "normal"},
        "as in the article: concise": ARTICLE | {"hidden": 256, "init": "uniform"},
        "a transformer": TRANSFORMED_TEXT,
    }

    letters: str = field(
        default="all",
        metadata={
            "help": "all characters of the book, or the 26 small letters and the space alone",
            "choices": ("all", "a-z"),
        },
    )

    def __post_init__(self) -> None:
        if self.letters not in ("all", "a-z"):
            raise ValueError(f"letters is all or a-z, not {self.letters!r}.")

    def present(self) -> None:
        """Raises ValueError, with what to do, where the file is not here."""
        if _found() is None:
            raise ValueError(
                f"{FILE} is not on this machine. Download it (--download: 179 kB from {URL}), or put it "
                "into a folder and name that in $RNNVIZ_DATA, or train on what is here: the task `text` has "
                "a built-in text and takes one of your own (--file), the task `brackets` makes its own."
            )

    def text(self) -> str:
        """The book as one line. Raises ValueError where the file is not here, or is not d2l's."""
        self.present()
        path = _found() or Path(FILE)
        data = read_capped(path, MOST_BYTES)
        found = hashlib.sha256(data).hexdigest()
        if found != SHA256:
            raise ValueError(f"{path} is not d2l's file: its sha256 is {found}, not {SHA256}.")
        text = data.decode()
        return " ".join((re.sub("[^a-z]+", " ", text.lower()) if self.letters == "a-z" else text).split())

    def fetch(self) -> Iterator[tuple[int, int]]:
        """Downloads the file into the cache, unless it is here."""
        if _found() is None:
            yield from download(URL, cache_folder() / FILE, SHA256, MOST_BYTES)


def _found() -> Path | None:
    """Where the file is."""
    folders = [Path(os.environ["RNNVIZ_DATA"])] if os.environ.get("RNNVIZ_DATA") else []
    return next((folder / FILE for folder in [*folders, cache_folder()] if (folder / FILE).is_file()), None)
