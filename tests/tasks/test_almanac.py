"""Dates as people write them, and what a string can mean."""

import random
from datetime import date, timedelta

import pytest
from babel.dates import format_date

from rnnviz.tasks import almanac
from rnnviz.tasks.almanac.forms import STYLES

every = pytest.mark.parametrize("language", almanac.LANGUAGES)


def some_days(count: int, seed: int) -> list[date]:
    chooser = random.Random(seed)
    return [almanac.drawn(chooser, chooser.random() < 0.5, chooser.random() < 0.5) for _ in range(count)]


def brute(text: str, days: list[date]) -> list[date]:
    """Those of some days that some form writes so: by writing each in all of them."""
    wanted = almanac.folded(text)
    return [
        day
        for day in days
        if any(form.can(day) and almanac.folded(form.write(day)) == wanted for form in almanac.everything())
    ]


@every
@pytest.mark.parametrize("style", STYLES)
def test_babels_styles_are_written_as_babel_writes_them(language: str, style: str) -> None:
    forms = almanac.forms_of(language)
    for locale in almanac.LANGUAGES[language].locales:
        for day in [date(1999, 12, 31), date(2026, 11, 21), date(2030, 1, 2), date(1951, 7, 1)]:
            wanted = "".join(c for c in format_date(day, style, locale=locale) if c not in "\u200e\u200f")
            wanted = wanted.replace("\u00a0", " ").replace("\u202f", " ")
            assert wanted in {form.write(day) for form in forms if form.can(day)}


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 3, 1), "March 1st, 2026"),
        (date(2026, 3, 2), "2nd of March 2026"),
        (date(2026, 3, 11), "the 11th of March, 2026"),
        (date(2026, 3, 23), "Monday the 23rd of March 2026"),
        (date(2020, 2, 1), "le samedi 1er février 2020"),
        (date(2020, 2, 11), "le mardi 11 février 2020"),
        (date(2026, 3, 22), "söndag den 22:a mars 2026"),
        (date(2026, 3, 12), "den 12:e mars 2026"),
        (date(2026, 11, 21), "21 XI 2026"),
        (date(2026, 11, 21), "二〇二六年十一月二十一日"),
        (date(2026, 10, 30), "二〇二六年十月三十日"),
        (date(2026, 11, 21), "٢١ نوفمبر ٢٠٢٦"),
        (date(2026, 11, 21), "２０２６年１１月２１日"),
        (date(2026, 3, 9), "9 मार्च 2026"),
        (date(2026, 3, 9), "Thứ Hai, ngày 9 tháng 3 năm 2026"),
        (date(2026, 3, 9), "9 Mar '26"),
        (date(2026, 3, 9), "mar 9 2026"),
        (date(2026, 3, 9), "MARCH 9 2026"),
        (date(2026, 8, 9), "9 aout 2026"),
        (date(2026, 3, 9), "20260309"),
    ],
)
def test_habits_of_the_hand(day: date, text: str) -> None:
    assert almanac.meanings(text) == (day,)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("03/04/2026", [(2026, 3, 4), (2026, 4, 3)]),
        ("13/04/2026", [(2026, 4, 13)]),
        ("04/13/26", [(2026, 4, 13)]),
        ("7/7/1999", [(1999, 7, 7)]),
        ("3.4.2026", [(2026, 4, 3)]),
        ("2026-04-03", [(2026, 4, 3)]),
        ("1/2/49", [(2049, 1, 2), (2049, 2, 1)]),
        ("1/2/50", [(1950, 1, 2), (1950, 2, 1)]),
        ("30 February 2020", []),
        ("29/02/2023", []),
        ("Monday, March 10, 2026", []),  # it is a Tuesday
        ("4 juillet 1582", []),
        ("4 juillet 2200", []),
        ("tomorrow", []),
        ("", []),
        ("1" * 50, []),
        ("(" * 50, []),
    ],
)
def test_what_a_string_can_mean(text: str, days: list[tuple[int, int, int]]) -> None:
    assert almanac.meanings(text) == tuple(date(*day) for day in days)


@every
def test_every_form_can_be_read_again(language: str) -> None:
    forms = [*almanac.forms_of(language), almanac.unseen(language)]
    for form in [*forms, *almanac.bares(forms).values()]:
        for day in some_days(12, seed=len(form.pattern)):
            if form.can(day):
                assert day in almanac.meanings(form.write(day)), form.pattern


@pytest.mark.slow
def test_meanings_are_those_that_are_found_by_writing_every_day() -> None:
    """All days of the years around, and the same numbers in another order and another century."""
    chooser = random.Random(5)
    forms = list(almanac.everything())
    for day in some_days(5, seed=3):
        form = chooser.choice([form for form in forms if form.can(day)])
        text = form.write(day)
        numbers = (day.year % 100, day.month, day.day)
        others = {day + timedelta(days=chooser.randint(-400, 400)) for _ in range(5)}
        for year in {day.year, *(base + number for base in (1900, 2000) for number in numbers)}:
            for month in numbers:
                for number in numbers:
                    if 1 <= month <= 12 and 1 <= number <= 28:
                        others.add(date(year, month, number))
        days = sorted(other for other in {day, *others} if almanac.FIRST <= other.year <= almanac.LAST)
        assert [each for each in almanac.meanings(text) if each in days] == brute(text, days)


@every
def test_what_is_never_learned_from_is_no_other_form(language: str) -> None:
    forms = almanac.forms_of(language)
    learned = {form.shown for form in (*forms, *almanac.bares(forms).values())}
    assert almanac.unseen(language).shown not in learned
    assert len({form.shown for form in forms}) == len(forms) >= 12


def test_one_day_of_ten_is_held_out_and_all_that_its_numbers_can_mean() -> None:
    days = [date(1950, 1, 1) + timedelta(days=n) for n in range(36_500)]
    assert sum(map(almanac.held_out, days)) / len(days) == pytest.approx(0.1, abs=0.01)
    for form in almanac.everything():
        for day in some_days(5, seed=len(form.pattern)):
            if form.can(day):
                meant = almanac.meanings(form.write(day))
                assert {almanac.held_out(each) for each in meant} == {almanac.held_out(day)}


@pytest.mark.parametrize("unseen", [True, False])
@pytest.mark.parametrize("recent", [True, False])
def test_days_are_drawn_as_asked(recent: bool, unseen: bool) -> None:
    chooser = random.Random(0)
    days = [almanac.drawn(chooser, recent, unseen) for _ in range(500)]
    first, last = (1950, 2049) if recent else (1583, 2199)
    assert all(almanac.held_out(day) == unseen and first <= day.year <= last for day in days)
    assert min(day.year for day in days) < first + 15
    assert max(day.year for day in days) > last - 15


def test_a_text_is_compared_without_case_and_accents() -> None:
    assert almanac.folded("FÉVRIER") == almanac.folded("fevrier") == "fevrier"
    assert almanac.folded("ΜΑΡΤΊΟΥ") == almanac.folded("Μαρτιου")
    assert almanac.folded("PAŹDZIERNIK") == almanac.folded("październik")
    assert almanac.folded("NİSAN") == almanac.folded("Nisan")
    assert almanac.plain("मार्च มีนาคม 三月 3월") == "मार्च มีนาคม 三月 3월"
