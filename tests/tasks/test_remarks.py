"""What is said of a text that is written like a date, and is none."""

import random
from calendar import monthrange
from datetime import date

import pytest

from rnnviz.tasks import almanac
from rnnviz.tasks.dates import Dates

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("31 February 2024", "There is no 31 February in 2024."),
        ("29/02/2023", "There is no 29 February in 2023."),
        ("FEBRUARY 30TH, 2024", "There is no 30 February in 2024."),
        ("31 avril 2026", "There is no 31 April in 2026."),
        ("31 XI 2026", "There is no 31 November in 2026."),
        ("31/11/26", "There is no 31 November in 2026."),
        ("20260231", "There is no 31 February in 2026."),
        ("2024年2月31日", "There is no 31 February in 2024."),
        ("二〇二四年二月三十一日", "There is no 31 February in 2024."),
        ("٣١ فبراير ٢٠٢٤", "There is no 31 February in 2024."),
        ("32 March 2026", "There is no 32 March in 2026."),
        ("0 March 2026", "There is no 0 March in 2026."),
        ("2026-13-05", "There is no month 13."),
        ("13/13/2026", "There is no month 13."),
        ("Monday, March 10, 2026", "10 March 2026 is a Tuesday."),
        ("4 juillet 1582", "Only years from 1583 to 2199 are known here, and 1582 is none of them."),
        ("29 Feb 1500", "Only years from 1583 to 2199 are known here, and 1500 is none of them."),
        ("30 Feb 1500", "There is no 30 February in 1500."),
    ],
)
def test_what_is_wrong_with_a_date_is_told(text: str, sentence: str) -> None:
    assert almanac.remark(text) == sentence
    assert Dates().remark(text) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "tomorrow",
        "12",
        "12/12",
        "555-1234",
        "2026231",
        "3a/02/2020",
        "31 Foo 2026",
        "(" * 50,
        "9" * 50,
    ],
)
def test_of_what_is_not_written_like_a_date_nothing_is_said(text: str) -> None:
    assert almanac.remark(text) == ""


@pytest.mark.parametrize("language", almanac.LANGUAGES)
def test_of_days_that_there_are_nothing_is_said(language: str) -> None:
    chooser = random.Random(4)
    for form in chooser.sample(almanac.forms_of(language), 5):
        day = almanac.drawn(chooser, True, False)
        assert almanac.remark(form.write(day)) == ""


@pytest.mark.parametrize("form", ["{d} {name} {y}", "{y}-{m:02d}-{d:02d}", "{name} {d}, {y}", "{d}.{m}.{y}"])
def test_a_day_too_many_is_told_of_every_month(form: str) -> None:
    for year in (1900, 2000, 2023, 2024):
        for month, name in enumerate(MONTHS, start=1):
            last = monthrange(year, month)[1]
            said = [almanac.remark(form.format(d=d, m=month, name=name, y=year)) for d in (last, last + 1)]
            assert said == ["", f"There is no {last + 1} {name} in {year}."]


def test_another_weekday_is_told_in_every_language() -> None:
    day, weekday = date(2026, 11, 21), "Saturday"
    for language in almanac.LANGUAGES:
        for form in almanac.forms_of(language):
            parts = {piece.kind: piece for piece in form.pieces if not isinstance(piece, str)}
            if "weekday" not in parts:
                continue
            true, false = parts["weekday"].words[5], parts["weekday"].words[1]
            text = form.write(day)
            if text.count(true) == 1 and len(true) > 1:
                assert f"21 November 2026 is a {weekday}." in almanac.remark(text.replace(true, false)), text
