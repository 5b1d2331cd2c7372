"""How a language writes a day: patterns, and the words and numbers that they are filled with."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from rnnviz.tasks.almanac.days import FIRST, LAST, RECENT
from rnnviz.tasks.almanac.languages import EVERYWHERE, LANGUAGES

STYLES = ("short", "medium", "long", "full")
SKELETONS = ("yMd", "yMEd", "yMMMd", "yMMMEd", "yMMMMd", "yMMMMEEEEd")  # with and without a weekday
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
NAMED = re.compile("MMM|R")
PARTS = re.compile(r"'([^']+)'|''|([A-Za-z])\2*|.", re.DOTALL)
INVISIBLE = re.compile("[\u200e\u200f\u061c]")
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"})
SHOWN = tuple(
    date(2001 + month, month, day)
    for month, day in enumerate((1, 2, 3, 4, 11, 12, 13, 20, 21, 22, 30, 31), start=1)
)  # each month and weekday, and every kind of ordinal


PLACES: Mapping[str, Callable[[date], int]] = {
    "year": lambda day: day.year - FIRST,
    "month": lambda day: day.month - 1,
    "day": lambda day: day.day - 1,
    "weekday": date.weekday,
}


@dataclass(frozen=True, eq=False)
class Part:
    """What a day puts into a form: kind is one of PLACES, which says the place of its word among all."""

    kind: str
    words: tuple[str, ...]

    def write(self, day: date) -> str:
        return self.words[PLACES[self.kind](day)]


@dataclass(frozen=True, eq=False)
class Form:
    """A way to write a day. pieces: what stands between the parts, and the parts.

    recent: the year has two digits, so only days of RECENT can be written.
    """

    language: str
    pattern: str
    pieces: tuple[str | Part, ...]
    recent: bool

    def can(self, day: date) -> bool:
        """Whether the day can be written so."""
        return day.year in RECENT if self.recent else FIRST <= day.year <= LAST

    def write(self, day: date) -> str:
        """The day, which has to be one that it can write."""
        return "".join(piece if isinstance(piece, str) else piece.write(day) for piece in self.pieces)

    @property
    def shown(self) -> tuple[str, ...]:
        """Some days as it writes them: forms that write all of them alike are one."""
        return tuple(self.write(day) for day in SHOWN)

    def bare(self) -> "Form":
        """The same without commas, and without the full stops of what is no number."""
        pieces = tuple(
            re.sub("[,،.]", "", piece) if isinstance(piece, str) else _without_stops(piece)
            for piece in self.pieces
        )
        return Form(self.language, self.pattern, pieces, self.recent)


@cache
def _without_stops(part: Part) -> Part:
    words = tuple(word.replace(".", "") for word in part.words)
    return part if words == part.words else Part(part.kind, words)


@cache
def forms_of(language: str) -> tuple[Form, ...]:
    """The forms of a language by its name in LANGUAGES, each once, but for those that are never learned from.

    Raises ValueError where Babel is not there.
    """
    spoken, found = LANGUAGES[language], list[Form]()
    for place in spoken.locales:
        locale = locale_of(place)
        skeletons = (locale.datetime_skeletons.get(name) for name in SKELETONS)
        known = [*(locale.date_formats[style] for style in STYLES), *(each for each in skeletons if each)]
        habits = spoken.habits if place == spoken.locales[0] else ()
        for pattern in (*(each.pattern for each in known), *habits, *EVERYWHERE):
            found.append(_form(language, locale, _typed(pattern)))
        found += [_form(language, locale, each, spoken.digits) for each in (spoken.native if habits else ())]
    kept = {form.shown: form for form in reversed(found)}
    kept.pop(unseen(language).shown, None)
    return tuple(reversed(kept.values()))


@cache
def unseen(language: str) -> Form:
    """The form of a language that is never learned from."""
    spoken = LANGUAGES[language]
    return _form(language, locale_of(spoken.locales[0]), spoken.unseen)


def bares(many: Iterable[Form]) -> dict[Form, Form]:
    """The bare form of each that has another one; where the month is a number, its stops are needed."""
    found = ((form, form.bare()) for form in many if NAMED.search(form.pattern))
    return {form: bare for form, bare in found if form.shown != bare.shown}


def plain(text: str) -> str:
    """Latin, Greek and Cyrillic letters without what stands above and below them: février -> fevrier."""
    if text.isascii():
        return text
    if text.isascii():
        return text
    apart = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text.translate(LETTERS)))
    return unicodedata.normalize("NFC", apart)


@cache
def locale_of(name: str) -> Any:
    """Babel's tables of a locale. Raises ValueError where Babel is not there."""
    try:
        from babel import Locale
    except ImportError:
        raise ValueError(
            "The names and patterns of dates are Babel's, which is not installed: pip install babel"
        ) from None
    return Locale.parse(name)


def _typed(pattern: str) -> str:
    """A pattern as it is typed: no invisible marks, and plain spaces."""
    return re.sub("[\u00a0\u202f]", " ", INVISIBLE.sub("", pattern))


def _form(language: str, locale: Any, pattern: str, digits: str = "") -> Form:
    """digits: those of the numbers, see `Language`."""
    pieces: list[str | Part] = []
    for match in PARTS.finditer(pattern):
        quoted, letter, text = match[1], match[2], match[0]
        if letter is None:
            pieces.append(quoted or text[0])
        elif letter == "G":
            pieces.append(str(locale.eras["abbreviated"][1]))
        else:
            pieces.append(_part(language, str(locale), text, digits))
    return Form(language, pattern, tuple(pieces), re.search("(?<!y)yy(?!y)", pattern) is not None)


@cache
def _part(language: str, place: str, field: str, digits: str) -> Part:
    """What a field of a pattern stands for."""
    letter, size = field[0], len(field)
    if letter == "y":
        return _year_part(size, digits)
    if letter == "d":
        return Part("day", tuple(_number(day, size, digits, True) for day in range(1, 32)))
    if letter == "o":
        ordinals = LANGUAGES[language].ordinals
        return Part("day", tuple(f"{day}{_ending(ordinals, day)}" for day in range(1, 32)))
    if letter == "R":
        return Part("month", ROMAN)
    if letter == "M" and size < 3:
        return Part("month", tuple(_number(month, size, digits, True) for month in range(1, 13)))
    width = "wide" if size == 4 else "abbreviated"
    if letter == "M":
        names = locale_of(place).months["format"][width]
        return Part("month", tuple(_typed(names[month]) for month in range(1, 13)))
    names = locale_of(place).days["stand-alone" if letter == "c" else "format"][width]
    return Part("weekday", tuple(_typed(names[day]) for day in range(7)))


@cache
def _year_part(size: int, digits: str) -> Part:
    cut = slice(-2, None) if size == 2 else slice(None)
    return Part("year", tuple(_number(year, 1, digits, False)[cut] for year in range(FIRST, LAST + 1)))


def _number(value: int, least: int, digits: str, counted: bool) -> str:
    """A number of at least so many digits; counted: 十一 rather than 一一, where there is a sign for ten."""
    if not digits:
        return f"{value:0{least}d}"
    if counted and len(digits) > 10:
        tens, ones = divmod(value, 10)
        return (digits[tens] if tens > 1 else "") + digits[10] * (tens > 0) + (digits[ones] if ones else "")
    return "".join(digits[int(digit)] for digit in f"{value:0{least}d}")


def _ending(ordinals: Mapping[str, str], day: int) -> str:
    """Of a day's ordinal number: by its two digits, by the last of them, or as most."""
    return next(ordinals[key] for key in (f"{day:02d}", str(day % 10), "") if key in ordinals)
