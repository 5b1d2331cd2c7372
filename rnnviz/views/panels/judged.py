"""What was written beside what is right, letter by letter."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

SAME, WRONG, MANY, MISSING = "same", "wrong", "many", "missing"
"""What a letter can be: right in its place, another than is right, one too many, or one that is not there."""


class Letter(NamedTuple):
    """text: what was written, or of a missing one what would have been right; kind: of those above; place: of
    the token of what was written that it belongs to, None for a missing one.
    """

    text: str
    kind: str
    place: int | None


class Judged(NamedTuple):
    """wanted: the right answer that is nearest to what was written; letters: of both, in their order."""

    wanted: str
    letters: tuple[Letter, ...]

    @property
    def right(self) -> bool:
        """Whether nothing has to be changed."""
        return all(letter.kind == SAME for letter in self.letters)

    def count(self, kind: str) -> int:
        """How many letters are of a kind."""
        return sum(letter.kind == kind for letter in self.letters)


def judged(written: Sequence[str], answers: Sequence[str]) -> Judged:
    """Tokens that were written, beside the nearest of all right answers.

    What is as long as the answer is compared letter by letter, as dates are; else by the longest pieces that
    both share. Raises ValueError where no right answer is given.
    """
    if not answers:
        raise ValueError("What is right has to be told: there is no answer to compare with.")
    text = "".join(written)
    places = [place for place, token in enumerate(written) for _ in token]

    def alike(answer: str) -> SequenceMatcher[str]:
        return SequenceMatcher(None, text, answer, autojunk=False)

    wanted = max(answers, key=lambda answer: (answer == text, alike(answer).ratio()))
    if len(wanted) == len(text):
        pairs = zip(text, wanted, places, strict=True)
        return Judged(wanted, tuple(Letter(a, SAME if a == b else WRONG, at) for a, b, at in pairs))
    letters: list[Letter] = []
    for how, start, stop, since, until in alike(wanted).get_opcodes():
        both = min(stop - start, until - since)
        kind = SAME if how == "equal" else WRONG
        letters += [Letter(text[k], kind, places[k]) for k in range(start, start + both)]
        letters += [Letter(text[k], MANY, places[k]) for k in range(start + both, stop)]
        letters += [Letter(wanted[k], MISSING, None) for k in range(since + both, until)]
    return Judged(wanted, tuple(letters))


def verdict(found: Judged, ended: bool = True) -> str:
    """What is wrong, in a few words: `right`, `3 of 12 letters wrong`, `2 wrong and 1 missing of 12 letters`.

    ended: whether the writing came to an end by itself.
    """
    told = [(found.count(kind), word) for kind, word in ((WRONG, "wrong"), (MISSING, "missing"))]
    told = [each for each in told if each[0]]
    many = found.count(MANY)
    length = f"{len(found.wanted)} {'letters' if found.wanted.isalpha() else 'characters'}"
    parts = []
    if len(told) == 1:
        parts.append(f"{told[0][0]} of {length} {told[0][1]}")
    elif told:
        parts.append(f"{' and '.join(f'{count} {word}' for count, word in told)} of {length}")
    if many:
        parts.append(f"{many} too many")
    if not ended:
        parts.append("it came to no end")
    return ", ".join(parts) or "right"
