"""Dates: what is learned, what is held out, and when an answer is right."""

import random
import sys
from datetime import date
from typing import Any

import pytest

from rnnviz.settings import Settings
from rnnviz.tasks import almanac, task_of
from rnnviz.tasks.almanac.forms import locale_of
from rnnviz.tasks.dates import JUDGED, Dates, asked
from rnnviz.tasks.pairs import Pair
from rnnviz.training.loop import Training, train


def drawn(task: Dates, count: int, seed: int = 0) -> list[Pair]:
    chooser = random.Random(seed)
    return [task.drawn(chooser) for _ in range(count)]


def test_a_date_is_right_if_it_is_a_day_that_the_text_can_mean() -> None:
    pair = asked("03/04/2026", "2026-04-03")
    assert pair.right("2026-04-03")
    assert pair.right("2026-03-04")
    assert not pair.right("2026-04-30")
    assert not pair.right("2026-04-03-")
    assert not asked("3.4.2026", "2026-04-03").right("2026-03-04")


@pytest.mark.slow
def test_nothing_is_learned_that_can_mean_a_day_that_is_held_out() -> None:
    task = Dates()
    for pair in drawn(task, 3000):
        meant = almanac.meanings(pair.source)
        assert pair.target in map(str, meant), pair
        assert not any(map(almanac.held_out, meant)), pair
    for pair in task.held_out():
        assert {pair.target, *pair.others} == set(map(str, almanac.meanings(pair.source)))
        assert all(almanac.held_out(date.fromisoformat(day)) for day in (pair.target, *pair.others))


def test_what_is_drawn_is_known_and_short_enough() -> None:
    task = Dates()
    vocabulary = task.vocabulary()
    pairs = [*drawn(task, 3000), *task.held_out(), *task.shown()]
    assert all(vocabulary.unknown(pair.source) == [] for pair in pairs)
    assert all(0 < len(pair.source) <= task.longest for pair in pairs)
    assert all(set(pair.target) <= set(task.outputs) and len(pair.target) == 10 for pair in pairs)
    assert vocabulary.unknown("9 Fräbruar ☃") == [11]


def test_all_languages_cases_and_years_are_drawn() -> None:
    texts = [pair.source for pair in drawn(Dates(), 4000)]
    for word in ("März", "AUG", "aug", "марта", "三月", "มีนาคม", "٢٠", "Mayıs"):
        assert any(word in text for text in texts), word
    french = [pair.source for pair in drawn(Dates(language="French"), 1000)]
    assert all(any(month in text for text in french) for month in ("aout", "août", "AOÛT", "Août"))
    years = [int(pair.target[:4]) for pair in drawn(Dates(), 2000)]
    assert 0.5 < sum(1950 <= year < 2050 for year in years) / len(years) < 0.75
    assert min(years) < 1600
    assert max(years) > 2180


def test_one_language_alone() -> None:
    task = Dates(language="Greek")
    assert len(task.vocabulary()) < 150 < len(Dates().vocabulary())
    assert any("Μαρ" in pair.source for pair in task.held_out())
    assert not any("March" in pair.source for pair in drawn(task, 500))
    with pytest.raises(ValueError, match=r"The language is all or English, .*, not 'Klingon'"):
        Dates(language="Klingon")


@pytest.mark.slow
def test_the_data_are_the_same_each_time_and_told() -> None:
    problem = Dates().problem()
    told = problem.describe()
    assert told == Dates().problem().describe()
    assert task_of(told) == Dates()
    assert told["sha256"] != Dates(language="Greek").problem().describe()["sha256"]
    assert len(problem.held_out) == JUDGED
    assert problem.size["held out"] / sum(problem.size.values()) == pytest.approx(0.1, abs=0.005)


def test_a_batch_is_a_function_of_the_seed_and_the_step() -> None:
    problem = Dates(language="English").problem()

    def batch(step: int, seed: int = 0) -> Any:
        return problem.batches(Settings(batch=16, seed=seed), "cpu")(step)  # type: ignore[arg-type]

    one = batch(3)
    assert (one.x == batch(3).x).all()
    assert (one.y == batch(3).y).all()
    for other in (batch(4), batch(3, seed=1)):
        assert one.x.shape != other.x.shape or (one.x != other.x).any()
    assert one.x.shape == (int(one.lengths.max()), 16)
    assert (one.y[-1] == 0).all()  # all days have ten characters, and then the end


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "nothing to read"), ("  ", "nothing to read"), ("9" * 61, "has 61 characters; at most 60")],
)
def test_what_cannot_be_read_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Dates().check(text)
    Dates().check("9 March 2026")


def test_without_babel_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(ValueError, match="pip install babel"):
        locale_of.__wrapped__("nl")


def test_dates_of_days_that_are_held_out_are_asked() -> None:
    task = Dates()
    asked = task.asked(560, seed=3)
    vocabulary = task.vocabulary()
    assert len(asked) == 560
    for pair in asked:
        days = {pair.target, *pair.others}
        assert days == set(task.right(pair.source))
        assert all(almanac.held_out(date.fromisoformat(day)) for day in days)
        assert vocabulary.unknown(pair.source) == []
    assert len({pair.source for pair in asked}) > 540
    assert task.asked(560, seed=3) == asked != task.asked(560, seed=4)
    assert not set(asked) & set(task.held_out())
    russian = Dates(language="Russian").asked(50, seed=0)
    assert sum("г" in pair.source.lower() or "." in pair.source for pair in russian) > 10


@pytest.mark.slow
def test_dates_of_a_language_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, fewer in (("dates.JUDGED", 200), ("dates.FINDINGS_ON", 40), ("translation.TRAINED", 200)):
        monkeypatch.setattr(f"rnnviz.tasks.{name}", fewer)
    settings = Settings(**{**Dates.defaults, "hidden": 24, "lr": 0.02, "steps": 160, "evaluate_every": 160})
    problem = Dates(language="Finnish").problem()
    training = Training(problem, settings)
    *_, end = train(training)
    assert end.held_out > 0.9  # type: ignore[union-attr]
    rows = problem.sample(training.model)["rows"]
    assert sum(row["right"] for row in rows) > len(rows) / 2
    assert all(row["right"] == (row["answer"] in problem.task.right(row["input"])) for row in rows)
    looks = problem.attention(training.model, "lauantai 21. marraskuuta 2026")["attention"]
    assert len(looks["weights"]) == len(looks["written"])
    assert all(sum(row) == pytest.approx(1, abs=0.01) for row in looks["weights"])
    assert "".join(looks["written"][:4]) == "2026"
    # Where it writes the year, it looks behind the month.
    middle = [sum(place * weight for place, weight in enumerate(row)) for row in looks["weights"]]
    assert middle[3] > middle[5]
