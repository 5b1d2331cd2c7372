"""Dates as people write them, in many languages, to be written as computers do: 2026-11-21."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from string import capwords
from typing import TYPE_CHECKING, Any, ClassVar

from rnnviz.models.vocabulary import UNKNOWN, Vocabulary
from rnnviz.tasks import almanac
from rnnviz.tasks.pairs import Pair, PairsTask

if TYPE_CHECKING:
    from rnnviz.tasks.translation import PairsProblem

ALL = "all"
JUDGED, JUDGED_SEED = 1000, 0  # dates
FINDINGS_ON, FINDINGS_SEED = 100, 1  # dates of each language
RECENT, BARE, PLAIN = 0.5, 0.2, 0.1  # shares of dates of our time, without commas, without accents
SHOWN = (
    ("Saturday, 21 November 2026", "2026-11-21"),
    ("03/04/2026", "2026-04-03"),
    ("4 juillet 1789", "1789-07-04"),
    ("den 9:e mars 2031", "2031-03-09"),
    ("21 ноября 2026 г.", "2026-11-21"),
    ("二〇二六年十一月二十一日", "2026-11-21"),
    ("٢١ نوفمبر ٢٠٢٦", "2026-11-21"),
    ("26. 11. 21.", "2026-11-21"),
)


@dataclass(frozen=True)
class Dates(PairsTask):
    """A day is drawn, and written as its readers do: with the patterns and names of Babel's tables (short,
    medium, long and full, with and without the weekday), and with what people write by hand.

    Days are from 1583, the first whole year of the Gregorian calendar, to 2199; half of them from 1950 to
    2049, and two digits mean a year of these. One day of ten is held out: no date that can mean it is ever
    learned from, in whatever language. 03/04/2026 is two days: either is right.
    """

    name = "dates"
    title = "Dates, as people write them"
    look = (
        "Follow the bright cells where it has attention: whatever the language, it looks for the year first, "
        "then for the month, then for the day, in the order in which it writes them."
    )
    example = "Saturday, 21 November 2026"
    defaults: ClassVar[Mapping[str, Any]] = {
        "cell": "gru", "hidden": 64, "directions": 2, "input": "embedding", "embedding": 32,
        "attention": "dot", "batch": 64, "steps": 3000, "lr": 5e-3, "dropout": 0.0, "decay": 0.0,
        "evaluate_every": 100,
    }  # fmt: skip
    outputs = tuple("0123456789-")
    longest = 60
    counted, things = "days", "dates"

    language: str = field(
        default=ALL,
        metadata={
            "help": f"{ALL}, or one of {', '.join(almanac.LANGUAGES)}",
            "choices": (ALL, *almanac.LANGUAGES),
        },
    )

    def __post_init__(self) -> None:
        if self.language not in (ALL, *almanac.LANGUAGES):
            raise ValueError(
                f"The language is {ALL} or {', '.join(almanac.LANGUAGES)}, not {self.language!r}."
            )

    @property
    def languages(self) -> tuple[str, ...]:
        """The names of those that are learned."""
        return tuple(almanac.LANGUAGES) if self.language == ALL else (self.language,)

    def vocabulary(self) -> Vocabulary:
        """Of all that can be drawn."""
        pieces = {piece for form in almanac.everything(self.languages) for piece in form.pieces}
        words = {word for piece in pieces for word in ((piece,) if isinstance(piece, str) else piece.words)}
        letters = {*"".join(words)}
        cased = {*letters, *"".join(letters).upper(), *(each for c in letters for each in c.lower())}
        cased |= {"İ"} if "Turkish" in self.languages else set()
        known = cased | {each for c in cased for each in almanac.plain(c)}
        return Vocabulary((UNKNOWN, *sorted(known)))

    def drawn(self, chooser: random.Random) -> Pair:
        language = chooser.choice(self.languages)
        form = chooser.choice(almanac.forms_of(language))
        return Pair(*written(form, chooser, held_out=False))

    def held_out(self) -> list[Pair]:
        return self._of_all(JUDGED, random.Random(JUDGED_SEED))  # noqa: S311 (dates, not secrets)

    def asked(self, count: int, seed: int) -> list[Pair]:
        """Dates of days that are held out, as many in each language."""
        return self._of_all(count, random.Random(f"asked {seed}"))  # noqa: S311

    def size(self) -> dict[str, int]:
        first, last = date(almanac.FIRST, 1, 1).toordinal(), date(almanac.LAST, 12, 31).toordinal()
        never = sum(almanac.held_out(date.fromordinal(day)) for day in range(first, last + 1))
        return {"train": last - first + 1 - never, "held out": never}

    def judged(self) -> str:
        return (
            f"The weights are those of the step with the best accuracy on {JUDGED:,} dates of days that were "
            "held out. An answer counts as right if it is a day that the date can mean, digit by digit."
        )

    def told(self) -> list[str]:
        return [
            text for language in self.languages for form in almanac.forms_of(language) for text in form.shown
        ]

    def right(self, source: str) -> tuple[str, ...]:
        """Every day that a date can mean."""
        return tuple(map(str, almanac.meanings(source)))

    def remark(self, source: str) -> str:
        """Why a text that is written like a date is none."""
        return almanac.remark(source)

    def shown(self) -> Sequence[Pair]:
        return [asked(*pair) for pair in SHOWN] if self.language == ALL else self.held_out()[: len(SHOWN)]

    def findings(self, problem: "PairsProblem", model: Any) -> list[str]:
        """How well it reads each language, and what is written as it never saw it."""
        from rnnviz.tasks.exam import examined

        chooser = random.Random(FINDINGS_SEED)  # noqa: S311
        of = {
            name: examined(model, [self._asked(name, chooser) for _ in range(FINDINGS_ON)]).share
            for name in self.languages
        }
        hardest = min(of, key=lambda name: of[name])
        count = len(of) * FINDINGS_ON
        where = f"in {len(of)} languages; hardest is {hardest}, with {of[hardest]:.0%}"
        found = [
            f"{sum(of.values()) / len(of):.1%} of {count:,} other dates of days that it never saw are right, "
            f"{where if len(of) > 1 else f'in {hardest}'}."
        ]
        strange = [
            asked(*written(almanac.unseen(name), chooser, held_out=True, noise=False))
            for name in self.languages
            for _ in range(FINDINGS_ON // 5)
        ]
        rest = examined(model, strange).share
        found.append(
            f"Of each language one format is never learned from, such as `{strange[0].source}`: of "
            f"{len(strange):,} dates in these, on days that it never saw either, {rest:.1%} are right."
        )
        return found

    def _of_all(self, count: int, chooser: random.Random) -> list[Pair]:
        return [self._asked(self.languages[i % len(self.languages)], chooser) for i in range(count)]

    def _asked(self, language: str, chooser: random.Random) -> Pair:
        return asked(*written(chooser.choice(almanac.forms_of(language)), chooser, held_out=True))


def asked(text: str, target: str) -> Pair:
    """A date, with every day that it can mean."""
    return Pair(text, target, tuple(str(day) for day in almanac.meanings(text) if str(day) != target))


def written(
    form: almanac.Form, chooser: random.Random, held_out: bool, noise: bool = True
) -> tuple[str, str]:
    """A day by chance, written in a form, and in ISO 8601. noise: in capitals, say, or without accents."""
    day = almanac.drawn(chooser, form.recent or chooser.random() < RECENT, held_out)
    if not noise:
        return form.write(day), str(day)
    bare = _bares(form.language).get(form)
    text = (bare if bare and chooser.random() < BARE else form).write(day)
    case = chooser.choices(_cases(form), (6, 2, 1, 1))[0]
    text = case(text)
    return almanac.plain(text) if chooser.random() < PLAIN else text, str(day)


@cache
def _bares(language: str) -> dict[almanac.Form, almanac.Form]:
    return almanac.bares(almanac.forms_of(language))


def _cases(form: almanac.Form) -> tuple[Callable[[str], str], ...]:
    """The text as it is, in small letters, in capitals, and each word with a capital."""
    upper = _turkish_capitals if form.language == "Turkish" else str.upper
    return _as_it_is, str.lower, upper, _as_it_is if "R" in form.pattern else capwords


def _as_it_is(text: str) -> str:
    return text


def _turkish_capitals(text: str) -> str:
    return text.replace("i", "İ").upper()
