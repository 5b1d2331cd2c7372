"""What all commands share: how they end, and how they tell."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

HALTED, WRONG, INTERRUPTED = 1, 2, 130
"""The exit statuses: a run that cannot go on, a wrong command, Ctrl-C."""


def tell(stream: TextIO, text: str) -> None:
    """One line, whatever characters a file name or a foreign config brings along."""
    print("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text), file=stream)


def aligned(rows: Sequence[Sequence[str]], left: Iterable[int]) -> list[str]:
    """The rows of a table as lines: the columns in `left` begin, all others end, under one another."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    left = set(left)
    lines = []
    for row in rows:
        cells = []
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - _width(cell))
            cells.append(cell + space if place in left else space + cell)
        lines.append("  ".join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """In columns of a terminal, where a Chinese character takes two."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
