"""Which days a string can mean: all that some form in some language writes so, but for case and accents.

03/04/2026 is the third of April in London and the fourth of March in New York.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import product

from rnnviz.tasks.almanac.days import FIRST
from rnnviz.tasks.almanac.forms import Form, Part, bares, forms_of, plain, unseen
from rnnviz.tasks.almanac.languages import LANGUAGES

Words = dict[str, list[int]]
"""What may stand at a place of a form -> its places among all."""

RUNS = re.compile(r"0+|a+")


def folded(text: str) -> str:
    """A text without its case and its accents."""
    return plain(plain(text).casefold())


def meanings(text: str) -> tuple[date, ...]:
    """The days that a text can mean, the earliest first; none if it is no date that is known here.

    A form is tried only if it can write something of the text's shape (numbers, words and what stands
    between them); what it reads is written again, and counts only if that is the text. So the answer is what
    one would find by writing every day in every form, and takes some 0.05 ms.
    """
    wanted = folded(text)
    return tuple(sorted({day for form in forms_like(wanted) for day in _read(form, wanted)}))


def forms_like(wanted: str) -> Sequence[Form]:
    """The forms that can write something of the shape of a folded text."""
    return _by_shape().get(_shape(wanted), ())


def everything(languages: Iterable[str] = tuple(LANGUAGES)) -> Iterator[Form]:
    """All forms of some languages, the bare ones and those that are never learned from among them."""
    for language in languages:
        known = (*forms_of(language), unseen(language))
        yield from known
        yield from bares(known).values()


@cache
def _by_shape() -> dict[str, list[Form]]:
    """The forms by the shapes that they can write; one that several languages share is there once."""
    found: dict[str, dict[tuple[str, ...], Form]] = defaultdict(dict)
    for form in everything():
        for shapes in product(*map(_shapes, form.pieces)):
            found[_joined("".join(shapes))].setdefault(form.shown, form)
    return {shape: list(many.values()) for shape, many in found.items()}


@cache
def _shapes(piece: str | Part) -> set[str]:
    """The shapes of all that may stand at a place of a form."""
    return {_shape(folded(word)) for word in ((piece,) if isinstance(piece, str) else piece.words)}


def _shape(text: str) -> str:
    """0 for a number, a for a word; all else as it is."""
    return _joined("".join("0" if c.isdecimal() else "a" if c.isalnum() else c for c in text))


def _joined(shape: str) -> str:
    return RUNS.sub(lambda run: run[0][0], shape)


@cache
def reader(form: Form, beyond: bool = False) -> tuple[re.Pattern[str], tuple[tuple[str, Words], ...]]:
    """A pattern of what a form writes, folded, with a group for each part; the kinds of the parts, and what
    their words mean. beyond: also of days and months that there are not, where they are written in digits.
    """
    pattern, parts = "", []
    for piece in form.pieces:
        if isinstance(piece, str):
            pattern += re.escape(folded(piece))
            continue
        words: Words = defaultdict(list)
        for place, word in enumerate(piece.words):
            words[folded(word)].append(place)
        longest_first = sorted(words, key=len, reverse=True)
        if piece.kind == "year" or (beyond and piece.kind != "weekday" and all(map(str.isdecimal, words))):
            any_of = "".join(sorted(set("".join(words))))
            pattern += f"([{any_of}]{{{len(longest_first[-1])},{len(longest_first[0])}}})"
        else:
            pattern += f"({'|'.join(map(re.escape, longest_first))})"
        parts.append((piece.kind, dict(words)))
    return re.compile(pattern), tuple(parts)


def _read(form: Form, wanted: str) -> Iterator[date]:
    """The days that a form writes as a folded text."""
    pattern, parts = reader(form)
    match = pattern.fullmatch(wanted)
    if not match:
        return
    meant = [words.get(word, []) for (_, words), word in zip(parts, match.groups(), strict=True)]
    for values in product(*meant):
        found = dict(zip((kind for kind, _ in parts), values, strict=True))
        try:
            day = date(FIRST + found["year"], found["month"] + 1, found["day"] + 1)
        except ValueError:  # the 30th of February
            continue
        if form.can(day) and folded(form.write(day)) == wanted:
            yield day
