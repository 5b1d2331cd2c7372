"""Why a text that is written like a date is none: 31 February, or a Monday that is a Tuesday."""

from collections.abc import Iterator
from datetime import date
from itertools import product

from rnnviz.tasks.almanac.days import FIRST, LAST, RECENT
from rnnviz.tasks.almanac.forms import Form, locale_of
from rnnviz.tasks.almanac.meaning import Words, folded, forms_like, meanings, reader

LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # days
DIGITS = "day", "month", "year"  # parts whose numbers say what they mean, also those that no day has


def remark(text: str) -> str:
    """A sentence or two on a text that some form can be read from, and that means no day; "" for any other.

    Only what holds however the text is read: where one reading is a day outside of the years that are known,
    or another weekday, nothing is said of the others.
    """
    if meanings(text):
        return ""
    wanted = folded(text)
    found = {told for form in forms_like(wanted) for told in _told(form, wanted)}
    surest = min((rank for rank, _ in found), default=0)
    return " ".join(sorted(sentence for rank, sentence in found if rank == surest))


def _told(form: Form, wanted: str) -> Iterator[tuple[int, str]]:
    """What is wrong with each reading of a folded text, after a number: the smaller, the more it says."""
    pattern, parts = reader(form, beyond=True)
    match = pattern.fullmatch(wanted)
    if not match:
        return
    for values in product(*(_values(*part, word) for part, word in zip(parts, match.groups(), strict=True))):
        numbers = dict(zip((kind for kind, _ in parts), values, strict=True))
        if not form.recent or numbers["year"] in RECENT:
            yield _of(numbers["year"], numbers["month"], numbers["day"])


def _values(kind: str, words: Words, word: str) -> list[int]:
    """The numbers that a word can stand for: 2026, 2 for February, 0 for Monday."""
    first = {"year": FIRST, "month": 1, "day": 1, "weekday": 0}[kind]
    known = [first + place for place in words.get(word, ())]
    return known or ([int(word)] if kind in DIGITS and word.isdecimal() else [])


def _of(year: int, month: int, day: int) -> tuple[int, str]:
    names = locale_of("en")
    if not 1 <= month <= 12:
        return 3, f"There is no month {month}."
    named = names.months["format"]["wide"][month]
    if not FIRST <= year <= LAST and 1 <= day <= LONGEST_MONTHS[month - 1]:
        return 1, f"Only years from {FIRST} to {LAST} are known here, and {year} is none of them."
    try:
        weekday = names.days["format"]["wide"][date(year, month, day).weekday()]
    except ValueError:
        return 2, f"There is no {day} {named} in {year}."
    return 0, f"{day} {named} {year} is a {weekday}."
