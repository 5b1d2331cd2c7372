"""What can be changed in a lesson. A control knows its limits, its field, and how it is written in a link."""

from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass
from typing import Any

import streamlit as st

from rnnviz.views.tokens import quoted

WIDTH = 128  # pixels of a field with one number
MOST_LETTERS = 200  # of a field with several


@dataclass(frozen=True)
class Number:
    """A number within limits, a whole one if `usual` is one; to be slid, if `slide`."""

    name: str
    label: str
    usual: float
    low: float
    high: float
    _: KW_ONLY
    stride: float = 1
    slide: bool = False
    help: str | None = None

    def draw(self, key: str) -> None:
        """The field."""
        kind = type(self.usual)
        if self.slide:
            st.slider(
                self.label,
                kind(self.low),
                kind(self.high),
                key=key,
                width=3 * WIDTH,
                help=self.help,
                persist_state="session",
            )
            return
        st.number_input(
            self.label,
            kind(self.low),
            kind(self.high),
            step=kind(self.stride),
            format="%d" if kind is int else "%g",
            key=key,
            persist_state="session",
            width=WIDTH,
            help=self.help,
        )

    def read(self, raw: Any) -> float:
        """The value of what the field or a link holds. Raises ValueError with what is possible."""
        try:
            value = type(self.usual)(raw)
        except ValueError:
            value = None
        if value is None or not self.low <= value <= self.high:
            possible = f"{self.low:g} to {self.high:g}"
            raise ValueError(f"{quoted_short(str(raw))} is no {self.label} (possible: {possible}).")
        return value

    def said(self, raw: Any) -> str:
        """As it stands in a link."""
        return f"{raw:.12g}"


@dataclass(frozen=True)
class Choice:
    """One of several."""

    name: str
    label: str
    usual: Any
    offered: tuple[Any, ...]
    words: tuple[str, ...] = ()

    def draw(self, key: str) -> None:
        """The field."""
        shown = dict(zip(self.offered, self.words or map(str, self.offered), strict=True))
        st.selectbox(
            self.label,
            self.offered,
            key=key,
            persist_state="session",
            format_func=shown.__getitem__,
            width=WIDTH + 70,
        )

    def read(self, raw: Any) -> Any:
        """The value. Raises ValueError with what is possible."""
        return one_of(raw, self.offered, self.label)

    def said(self, raw: Any) -> str:
        """As it stands in a link."""
        return str(raw)


@dataclass(frozen=True)
class Words:
    """Tokens with spaces between them; a text without a space is read character by character."""

    name: str
    label: str
    usual: str
    most: int = 12
    _: KW_ONLY
    whole: bool = False
    width: int = 240
    help: str | None = None

    def draw(self, key: str) -> None:
        """The field."""
        st.text_input(
            self.label,
            key=key,
            width=self.width,
            live="100ms",
            persist_state="session",
            max_chars=MOST_LETTERS,
            help=self.help,
        )

    def read(self, raw: Any) -> tuple[str, ...]:
        """The tokens. Raises ValueError for none, or too many."""
        tokens = tuple(str(raw).split())
        if len(tokens) == 1 and not self.whole:
            tokens = tuple(tokens[0])
        if not tokens:
            raise ValueError(f"{self.label}: there is nothing in the field.")
        if len(tokens) > self.most:
            raise ValueError(f"{self.label}: {len(tokens)} are too many, {self.most} have room.")
        return tokens

    def said(self, raw: Any) -> str:
        """As it stands in a link."""
        return str(raw)


@dataclass(frozen=True)
class Row:
    """Numbers with spaces between them; whole ones if `whole`."""

    name: str
    label: str
    usual: str
    low: float
    high: float
    most: int = 12
    _: KW_ONLY
    whole: bool = False
    help: str | None = None

    def draw(self, key: str) -> None:
        """The field."""
        st.text_input(
            self.label,
            key=key,
            width=200,
            live="100ms",
            persist_state="session",
            max_chars=MOST_LETTERS,
            help=self.help,
        )

    def read(self, raw: Any) -> tuple[float, ...]:
        """The numbers. Raises ValueError with the first thing that is none, or is out of the limits."""
        words = str(raw).replace(",", " ").replace(";", " ").replace("−", "-").split()
        if not words:
            raise ValueError(f"{self.label}: there is nothing in the field; type a number.")
        if len(words) > self.most:
            raise ValueError(f"{self.label}: {len(words)} are too many, {self.most} have room.")
        return tuple(self._number(word) for word in words)

    def _number(self, word: str) -> float:
        kind = "whole number" if self.whole else "number"
        try:
            value = int(word) if self.whole else float(word)
        except ValueError:
            raise ValueError(f"{self.label}: {quoted_short(word)} is no {kind}.") from None
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.label}: {word} is out of reach ({self.low:g} to {self.high:g}).")
        return value

    def said(self, raw: Any) -> str:
        """As it stands in a link."""
        return str(raw)


Control = Number | Choice | Words | Row

SEED = Number("seed", "seed", 1, 0, 9999, help="Another seed, other random numbers.")


def one_of(raw: Any, offered: Collection[Any], what: str) -> Any:
    """The one of `offered` that `raw` is, or spells. Raises ValueError with what is possible."""
    found = [each for each in offered if raw in (each, str(each))]
    if not found:
        possible = ", ".join(map(str, offered))
        raise ValueError(f"{quoted_short(str(raw))} is no {what} (possible: {possible}).")
    return found[0]


def quoted_short(text: str) -> str:
    """A text that somebody typed, for a sentence."""
    return quoted(text if len(text) <= 20 else text[:19] + "…")
