"""Characters and their numbers."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rnnviz.files import json_bytes, read_json, replace_whole

UNKNOWN = "<unk>"
UNITS = ("char",)
MOST_BYTES = 8 << 20  # of a vocab.json; every character of Unicode takes less


@dataclass(frozen=True)
class Vocabulary:
    """The characters that a model knows, in the order of their ids.

    tokens: `<unk>` and characters; a character is one Unicode code point.
    unk: the id of `<unk>`, which stands for every character that is not in tokens.
    unit: what a token is; "char".

    Raises ValueError for tokens that are no such list.
    """

    tokens: tuple[str, ...]
    unk: int = 0
    unit: str = "char"

    def __post_init__(self) -> None:
        problem = _problem(self.tokens, self.unk, self.unit)
        if problem:
            raise ValueError(problem)

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        """All characters of a text, the most frequent first, ties by code point."""
        counts = Counter(text)
        return cls((UNKNOWN, *sorted(counts, key=lambda character: (-counts[character], character))))

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Reads a vocab.json. Raises ValueError with a sentence that names the file."""
        parts = read_json(path, MOST_BYTES)
        tokens = parts.get("tokens")
        if not isinstance(tokens, list):
            raise ValueError(f'{path.name} should have a list "tokens".')
        try:
            return cls(tuple(tokens), parts.get("unk", 0), parts.get("unit", "char"))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None

    def save(self, path: Path) -> None:
        """Writes {"tokens": [in id order], "unk": 0, "unit": "char"}."""
        replace_whole(path, json_bytes({"tokens": self.tokens, "unk": self.unk, "unit": self.unit}))

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """The id of each character; `unk` for those that are not known."""
        ids, unk = self._ids, self.unk
        return [ids.get(character, unk) for character in text]

    def decode(self, ids: list[int]) -> str:
        """The text of some ids; an unknown one reads `<unk>`. Raises ValueError for a wrong id."""
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(f"There is no token {i}: ids run from 0 to {len(self) - 1}.")
        return "".join(self.tokens[i] for i in ids)

    def unknown(self, text: str) -> list[int]:
        """The positions in a text of the characters that are not known."""
        return [position for position, character in enumerate(text) if character not in self._ids]

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens) if i != self.unk}


def _problem(tokens: tuple[str, ...], unk: int, unit: str) -> str | None:
    """What is wrong with the parts of a vocabulary, as a sentence."""
    if unit not in UNITS:
        return f"The unit of a vocabulary is {' or '.join(UNITS)}, not {unit!r}."
    if isinstance(unk, bool) or not isinstance(unk, int) or not 0 <= unk < len(tokens):
        return f"unk should be the id of one of the {len(tokens)} tokens, not {unk!r}."
    if tokens[unk] != UNKNOWN:
        return f"Token {unk}, the unknown one, should read {UNKNOWN!r}, not {tokens[unk]!r}."
    for i, token in enumerate(tokens):
        if i != unk and not (isinstance(token, str) and len(token) == 1):
            return f"Token {i} should be one character, not {token!r:.40}."
    if len(set(tokens)) < len(tokens):
        twice = next(token for token, count in Counter(tokens).items() if count > 1)
        return f"Token {twice!r} is there twice."
    return None
