"""A text of one's own, in any language; without one, the prose of Python's own documentation."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from rnnviz.files import read_capped
from rnnviz.settings import RECURRENT, TRANSFORMER
from rnnviz.tasks.texts import TRANSFORMED_TEXT, WITH_TRANSFORMER, TextTask

MOST_BYTES = 20 << 20
PREFIX = 20  # characters
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class OwnText(TextTask):
    """A file or a pasted text, as it is; with neither, the paragraphs of Python's help topics.

    Those are different in each version of Python: the sha256 in config.json tells texts apart.
    """

    name = "text"
    title = "A text of your own"
    look = "What repeats is learned first: white space, the commonest words, then the habits of the text."
    example = "The following example is a class."
    defaults: ClassVar[Mapping[str, Any]] = {}
    offered = WITH_TRANSFORMER
    cells = (*RECURRENT, TRANSFORMER)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"a transformer": TRANSFORMED_TEXT}

    file: str | None = field(default=None, metadata={"help": "a text file, UTF-8 or marked UTF-16"})
    pasted: str | None = field(default=None, repr=False, metadata={"help": "the text itself", "kept": False})

    def text(self) -> str:
        """The text, its line ends as \\n. Raises ValueError for a file that cannot be read as text."""
        if self.file is not None and self.pasted is not None:
            raise ValueError("A file or a pasted text, not both.")
        if self.pasted is not None:
            return _line_ends(self.pasted)
        if self.file is None:
            return built_in()
        return decoded(read_capped(Path(self.file), MOST_BYTES), self.file)

    def prefix(self, held_out: str) -> str:
        """Of a text that was given, its own words: it may be in any language."""
        given = self.file is not None or self.pasted is not None
        return held_out[:PREFIX] if given else self.example


def built_in() -> str:
    """The prose of Python's help topics: their paragraphs without the indented, that is code and grammar."""
    from pydoc_data.topics import topics

    paragraphs = [part for name in sorted(topics) for part in topics[name].split("\n\n")]
    prose = [" ".join(part.split()) for part in paragraphs if part[:1].isalpha() and "\n*" not in part]
    return "\n".join(prose)


def decoded(data: bytes, name: str) -> str:
    """The text of a file. Raises ValueError where it is neither UTF-8 nor marked as UTF-16."""
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return _line_ends(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not {encoding} text (byte {error.start}): save it as UTF-8.") from None


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
