"""Three days' weather: will it rain on the fourth? The example that many lead to recurrent networks by.

Each day has its own numbers and is read with the same weights: a step reads a day, the last one answers.
"""

import csv
import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from rnnviz.files import read_capped
from rnnviz.tasks.base import ALWAYS
from rnnviz.tasks.download import cache_folder, download
from rnnviz.tasks.supervised import Data, Examples, SupervisedTask

if TYPE_CHECKING:
    from rnnviz.tasks.examples import SupervisedProblem

FILE = "seattle-weather.csv"
URL = "https://cdn.jsdelivr.net/npm/vega-datasets@1.31.1/data/seattle-weather.csv"
SHA256 = "62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b"
MOST_BYTES = 1 << 20
PACKAGE = "vega_datasets"  # carries the very same file

COLUMNS = ("precipitation", "temp_max", "temp_min", "wind")
CLASSES = ("dry", "rain")
HELD_OUT = 2015  # the last year
SHOWN = 8  # days of a sample


class Days(NamedTuple):
    """dates; numbers (days, 4): the COLUMNS in mm, °C, °C and m/s; wet (days,): 1 where anything fell."""

    dates: list[date]
    numbers: np.ndarray
    wet: np.ndarray


@dataclass(frozen=True)
class Weather(SupervisedTask):
    """Seattle from 2012 to 2015, day by day: precipitation, highest and lowest temperature, wind.

    The numbers are NOAA's (Global Historical Climatology Network), as the Vega datasets have them. They are
    standardised: the mean and the deviation are those of the years to learn from. A day is wet if anything
    fell, rain or snow. What is to be beaten: "tomorrow as today", and "always dry".
    """

    name = "weather"
    title = "Rain on the fourth day"
    look = (
        "Rain comes in spells, so the last day says most: what the others add is little, and so is what can "
        "be won over 'as yesterday'."
    )
    kind = "series"
    # Three years are few: a small network, pulled strongly towards small weights, and not for long.
    defaults: ClassVar[Mapping[str, Any]] = {
        "cell": "gru", "hidden": 8, "steps": 200, "batch": 64, "lr": 0.01, "dropout": 0.0, "decay": 1.0,
        "evaluate_every": 10, "log_every": 10,
    }  # fmt: skip
    offered = (
        "cell", "hidden", "steps", "lr", "readout", "layers", "directions",
        *(name for name in ALWAYS if name not in ("cell", "hidden", "steps", "lr", "layers")),
    )  # fmt: skip

    days: int = field(default=3, metadata={"help": "days that are read before the one to be told"})

    def data(self) -> Data:
        if not 1 <= self.days <= 60:
            raise ValueError(f"days is a whole number from 1 to 60, not {self.days}.")
        days = read_days()
        cut = sum(day.year < HELD_OUT for day in days.dates)
        mean, std = days.numbers[:cut].mean(0), days.numbers[:cut].std(0)
        scaled = ((days.numbers - mean) / std).astype(np.float32)
        x = np.stack([scaled[end - self.days : end] for end in range(self.days, len(scaled))])
        y = days.wet[self.days :].copy()
        cut -= self.days
        told = {"columns": list(COLUMNS), "mean": mean.round(6).tolist(), "std": std.round(6).tolist()}
        return Data(Examples(x[:cut], y[:cut]), Examples(x[cut:], y[cut:]), len(COLUMNS), CLASSES, told=told)

    def sample(self, problem: "SupervisedProblem", model: Any) -> dict[str, Any]:
        """Days all over the year that is held out, each with what fell on the days before it."""
        days, (x, y, _) = read_days(), problem.held_out
        first = len(days.dates) - len(x)
        shown = np.linspace(0, len(x) - 1, SHOWN).astype(int)
        chances = problem.answers(model, x[shown]).softmax(-1).tolist()
        rows = []
        for i, row in zip(shown, chances, strict=True):
            day = first + i
            fell = ", ".join(f"{mm:g}" for mm in days.numbers[day - self.days : day, 0])
            asked = f"{days.dates[day]}, after {fell} mm"
            rows.append({"input": asked, "target": int(y[i]), "chances": [round(p, 4) for p in row]})
        return {"kind": "answers", "classes": list(CLASSES), "rows": rows}

    def findings(self, problem: "SupervisedProblem", model: Any) -> list[str]:
        """By how much it beats those who know nothing."""
        x, y, _ = problem.held_out
        right = problem.answers(model, x).argmax(-1).cpu().numpy() == y
        yesterday = read_days().wet[-len(y) - 1 : -1] == y
        more, less = int((right & ~yesterday).sum()), int((yesterday & ~right).sum())
        dry = y == 0
        return [
            f"It is right on {right.sum()} of the {len(y)} days of {HELD_OUT}, {right.mean():.1%}; "
            f"'as yesterday' on {yesterday.sum()}, {yesterday.mean():.1%}; 'always dry' on {dry.sum()}, "
            f"{dry.mean():.1%}.",
            f"On {more} days it is right and 'as yesterday' wrong, on {less} the other way round: "
            f"{more - less:+d} days, where luck alone makes some ±{(more + less) ** 0.5:.0f}. The weights "
            "were chosen as those that did best on these very days: that is a little luck as well.",
        ]

    def fetch(self) -> Iterator[tuple[int, int]]:
        """Downloads the file into the cache, unless it is here."""
        if _found() is None:
            yield from download(URL, cache_folder() / FILE, SHA256, MOST_BYTES)


def read_days() -> Days:
    """All days of the file, read-only. Raises ValueError where it is not here, or is another one."""
    path = _found()
    if path is None:
        raise ValueError(
            f"{FILE} is not on this machine. Download it (--download: 48 kB from {URL}), or put it into a "
            f"folder and name that in $RNNVIZ_DATA, or `pip install {PACKAGE}`, which carries it."
        )
    return _read(path)


@lru_cache(maxsize=1)
def _read(path: Path) -> Days:
    data = read_capped(path, MOST_BYTES)
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ValueError(f"{path} is not the file that is wanted: its sha256 is {found}, not {SHA256}.")
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    numbers = np.array([[float(row[column]) for column in COLUMNS] for row in rows])
    dates = [date.fromisoformat(row["date"].replace("/", "-")) for row in rows]
    wet = (numbers[:, 0] > 0).astype(np.int64)
    numbers.flags.writeable = wet.flags.writeable = False
    return Days(dates, numbers, wet)


def _found() -> Path | None:
    """Where the file is: in $RNNVIZ_DATA, in the cache, or in the package that carries it."""
    folders = [Path(os.environ["RNNVIZ_DATA"])] if os.environ.get("RNNVIZ_DATA") else []
    folders.append(cache_folder())
    package = find_spec(PACKAGE)  # not imported: its own reader is old, and the file is all that is needed
    if package is not None and package.submodule_search_locations:
        folders += [Path(place) / "_data" for place in package.submodule_search_locations]
    return next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)
