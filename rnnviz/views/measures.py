"""What is followed over a training, as points of curves: from the events of a run to rows of numbers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from rnnviz.views.tokens import number
from rnnviz.views.vega import Row

Event = Mapping[str, Any]
Runs = Mapping[str, Iterable[Event]]

MOST_POINTS = 400  # of a curve; more cannot be told apart, and each costs time
FEW = 3  # points of a curve that are seen as dots, being too few for a line
MEMORY = 1 / 20  # of the way so far: what a smoothed value is the mean of
TRAINING, HELD_OUT = "training", "held out"

DECADES = tuple(digit * 10.0**power for power in range(-7, 7) for digit in (1, 2, 5))
OCTAVES = tuple(2.0**power for power in range(21))


class Measure(NamedTuple):
    """Something that is followed over a training.

    strong: the field of a step's event that is drawn; faint: one drawn faintly below it; smooth: the strong
    curve is the running mean of the faint one; held_out: evaluations tell it too; higher: more of it is
    better; ticks: where a logarithmic axis has its labels, none if the axis is even; format: as d3 has it.
    """

    title: str
    subtitle: str
    strong: str
    faint: str = ""
    smooth: bool = False
    held_out: bool = False
    higher: bool = False
    ticks: tuple[float, ...] = ()
    format: str = ".3~r"


_RAW = "faint: as logged; strong: smoothed"
_METRIC = ("strong: smoothed; the large dot is what is kept", "metric", "metric", True, True)

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "perplexity": Measure("Perplexity", *_METRIC, ticks=OCTAVES),
        "accuracy": Measure("Accuracy", *_METRIC, higher=True, format=".1~%"),
        "error": Measure("Mean square error", *_METRIC, ticks=DECADES),
        "loss": Measure("Loss while it learns", _RAW, "loss", "loss", True),
        "norm": Measure(
            "Length of the gradient",
            "faint: before clipping; strong: after",
            "norm_after",
            "norm_before",
            ticks=DECADES,
        ),
        "lr": Measure("Learning rate", "that each step took", "lr"),
        "tokens_per_s": Measure(
            "Tokens a second", _RAW, "tokens_per_s", "tokens_per_s", True, format=",.3~r"
        ),
    }
)


def measure_of(what: str) -> Measure:
    """The measure of a name; a sentence if there is none."""
    if what not in MEASURES:
        raise ValueError(f"There is no curve of {what!r}; there are: {', '.join(MEASURES)}.")
    return MEASURES[what]


def curve_points(runs: Runs, what: str, clip: float | None = None) -> list[Row]:
    """The rows behind `curves`: of ``part`` "training" (step, value, faint), "held out" (step, value, best),
    "mark" (step, words) and "clip" (value, words), each with its run; at most `MOST_POINTS` of a curve.
    """
    measure = measure_of(what)
    rows: list[Row] = []
    for name, events in runs.items():
        of_run, run = list(events), name if len(runs) > 1 else ""
        training = thinned(_training(of_run, measure, what))
        few = {"few": True} if len(training) <= FEW else {}
        rows += _of(run, TRAINING, TRAINING, [row | few for row in training])
        if measure.held_out:
            rows += _of(run, HELD_OUT, HELD_OUT, thinned(_held_out(of_run, measure)))
        rows += _of(run, "mark", TRAINING, _marks(of_run))
    if clip is not None and what == "norm" and rows:
        rows.append({"part": "clip", "value": clip, "words": f"clipped to {number(clip)}"})
    return rows


def _of(run: str, part: str, kind: str, rows: Iterable[Row]) -> list[Row]:
    return [{"part": part, "run": run, "series": run or kind, **row} for row in rows]


def _training(events: Sequence[Event], measure: Measure, what: str) -> list[Row]:
    rows: list[Row] = []
    for event in events:
        if event.get("kind") == "step":
            strong, faint = (_value(event, field, measure, what) for field in (measure.strong, measure.faint))
            rows.append({"step": event["step"], "value": strong, "faint": faint})
        if event.get("kind") == "halted" and what == "norm":  # it tells each of the last steps before it
            norms = event.get("norms") or []
            first = event["step"] - len(norms)
            rows = [row for row in rows if row["step"] < first]
            rows += [
                {"step": first + k, "value": None, "faint": _drawable(norm, measure)}
                for k, norm in enumerate(norms)
            ]
    if not measure.smooth:
        return rows
    smoothed = running_mean([row["faint"] for row in rows], log=bool(measure.ticks))
    return [{**row, "value": value} for row, value in zip(rows, smoothed, strict=True)]


def _held_out(events: Sequence[Event], measure: Measure) -> list[Row]:
    looks = [event for event in events if event.get("kind") == "evaluated"]
    rows: list[Row] = [
        {"step": event["step"], "value": _drawable(event.get("held_out"), measure), "best": False}
        for event in looks
    ]
    told = [row for row in rows if row["value"] is not None]
    if told:
        best = (max if measure.higher else min)(told, key=lambda row: row["value"])
        best["best"] = True
    return rows


def _value(event: Event, field: str, measure: Measure, what: str) -> float | None:
    """A number of an event, if it can be drawn. Older logs tell the loss alone, and perplexity is e to it."""
    value = event.get(field)
    if value is None and field and what == "perplexity" and event.get("loss") is not None:
        value = math.exp(
            min(event["loss"], 50.0)
        )  # a run that explodes must not break the page that shows it
    return _drawable(value, measure)


def _drawable(value: float | None, measure: Measure) -> float | None:
    if value is None or not math.isfinite(value) or (measure.ticks and value <= 0):
        return None
    return float(value)


def _marks(events: Sequence[Event]) -> list[Row]:
    """Where settings were changed, and where it halted."""
    marks = []
    for event in events:
        if event.get("kind") == "changed":
            words = ", ".join(f"{name} {_said(value)}" for name, value in event.get("settings", {}).items())
            marks.append({"step": event["step"], "words": words})
        if event.get("kind") == "halted":
            marks.append({"step": event["step"], "words": "halted"})
    return marks


def _said(value: Any) -> str:
    return number(value) if isinstance(value, (int, float)) else str(value)


def running_mean(values: Sequence[float | None], log: bool = False) -> list[float | None]:
    """The mean of about the last `MEMORY` of the way to each value; of their logarithms if they are drawn so.

    It follows at once at the start, where a curve falls steeply, and is calm later on; what is drawn already
    does not change when more comes. A value that is missing is passed over, and stays missing.
    """
    mean, count = 0.0, 0
    means: list[float | None] = []
    for value in values:
        if value is None:
            means.append(None)
            continue
        mean += ((math.log(value) if log else value) - mean) / (1 + count * MEMORY)
        count += 1
        means.append(math.exp(mean) if log else mean)
    return means


def thinned(rows: Sequence[Row]) -> list[Row]:
    """At most `MOST_POINTS`, evenly picked; the first, the last and the best are always among them.

    Every second, fourth, eighth ... is kept, so that a point that is drawn stays where it is as more come.
    """
    stride = 1
    while len(rows) / stride > MOST_POINTS - 2:
        stride *= 2
    last = len(rows) - 1
    return [row for place, row in enumerate(rows) if place % stride == 0 or place == last or row.get("best")]
