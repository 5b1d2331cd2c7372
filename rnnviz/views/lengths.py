"""How often an answer is right, by the length of what was read: several models on one pair of axes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.analysis.lengths import ByLength
from rnnviz.views.theme import palette
from rnnviz.views.vega import Chart, Row, Spec, chart, colours_of, only

PICKED, POINTS = "picked", "points"
"""The names of the selection that a click makes, {"model", "first", "last"}, and of the points for it."""

BAND = {"type": "area", "opacity": 0.13, "line": False}
PICK = {"type": "point", "fields": ["model", "first", "last"], "toggle": False}

APART = 15  # pixels between two names at the ends of their lines
LONGEST = 150  # pixels of a name
FLOORS = (0.0, 0.5, 0.8)  # where the axis may begin


@Chart
def lengths(
    found: Mapping[str, ByLength],
    *,
    places: Sequence[int] = (),
    trained_to: int | None = None,
    yours: int | None = None,
    things: str = "examples",
    unit: str = "characters",
    title: str = "How far it holds",
    height: int = 250,
    theme: str = "light",
) -> Spec:
    """The share of right answers against the length of what is read, with its 95 % interval as a band.

    found: by the models' names, which stand at the ends of their lines; places: of their colours. trained_to:
    the longest that was learned from; yours: a length that is looked at, told by a rule. things: what was
    asked, in the plural; unit: of the lengths. A click on a point selects `PICKED`. Only the numbers change
    when `yours` does.
    """
    colours, names = palette(theme), list(found)
    known = {name: one for name, one in found.items() if len(one.length)}
    shades = colours_of(max([*places, len(names)], default=0) + 1, theme)
    shades = [shades[place] for place in (places or range(len(names)))]
    ends = _ends(known, trained_to)
    floor = max(at for at in FLOORS if at <= min((float(one.low.min()) for one in known.values()), default=0))
    rows = [row for name in known for row in _rows(name, known, things, unit)]
    rows += _names(known, floor, height)
    rows += _bounds(trained_to, yours, ends, unit)
    return chart(
        theme,
        rows,
        title,
        f"share of {things} answered right; band: 95 % interval",
        width="container",
        height=height,
        params=[{"name": PICKED, "select": PICK, "views": [POINTS]}],
        encoding={"x": x_axis(unit, ends), "color": _colour(names, shades)},
        layer=[
            *rules(colours["faint"]),
            *_yours(colours["ink"]),
            part("share", BAND, y=share_axis(floor, "low"), y2={"field": "high"}),
            part("share", {"type": "line", "strokeWidth": 2}, y=share_axis(floor)),
            _points(floor),
            _named(floor),
        ],
    )  # fmt: skip


def x_axis(unit: str, ends: tuple[float, float] | None = None) -> Spec:
    """The lengths; ends: the shortest and the longest, by the data if not given."""
    scale: Spec = {"nice": False, "zero": False, "padding": 6}
    return {
        "field": "length",
        "type": "quantitative",
        "title": unit,
        "axis": {"grid": False, "tickCount": 8, "tickMinStep": 1, "format": ",d"},
        "scale": scale | ({"domain": list(ends)} if ends else {}),
    }


def share_axis(floor: float = 0.0, field: str = "share") -> Spec:
    """The share that is right, from a floor to all."""
    return {
        "field": field,
        "type": "quantitative",
        "title": None,
        "axis": {"format": ".0%", "tickCount": 4, "ticks": False},
        "scale": {"domain": [floor, 1], "nice": False},
    }


def rules(colour: str) -> list[Spec]:
    """A rule at the longest that was learned from, with words above it: the rows of the part "bound"."""
    plain: Spec = {"color": {"value": colour}}
    return [
        part("bound", {"type": "rule", "strokeDash": [5, 3]}, **plain),
        part("bound", {"type": "text"}, **plain, y={"value": -8}, text={"field": "words"}),
    ]


def bound(trained_to: int) -> Row:
    """The row of the rule at the longest that was learned from."""
    return {"part": "bound", "length": trained_to, "words": f"learned up to {trained_to}"}


def _yours(colour: str) -> list[Spec]:
    """A rule at one's own length; the word of one that is too long for the axis stands at its end."""
    plain: Spec = {"color": {"value": colour}}
    rule = {"type": "rule", "strokeWidth": 1}
    word = {"type": "text", "fontSize": 11, "align": {"expr": "datum.align || 'center'"}}
    return [
        part("yours", rule, **plain),
        {"transform": [{"filter": "datum.part === 'yours' || datum.part === 'beyond'"}], "mark": word,
         "encoding": {**plain, "y": {"value": -22}, "text": {"field": "words"}}},
    ]  # fmt: skip


def _points(floor: float) -> Spec:
    """Points to be clicked, which say their numbers."""
    return {
        "transform": only("share"),
        "name": POINTS,
        "mark": {"type": "point", "filled": True, "size": 42, "opacity": 1, "cursor": "pointer"},
        "encoding": {"y": share_axis(floor), "tooltip": {"field": "said", "type": "nominal"}},
    }


def _named(floor: float) -> Spec:
    """The names, each in its colour, at the right end."""
    look = {"type": "text", "align": "left", "dx": 6, "fontSize": 11.5, "fontWeight": 600, "limit": LONGEST}
    return part("name", look, x={"value": "width"}, y=share_axis(floor), text={"field": "model"})


def _colour(names: Sequence[str], shades: Sequence[str]) -> Spec:
    scale = {"domain": list(names), "range": list(shades)}
    return {"field": "model", "type": "nominal", "scale": scale, "legend": None}


def _rows(name: str, known: Mapping[str, ByLength], things: str, unit: str) -> list[Row]:
    """The points of a model; each also says what the others reach, since they may lie upon each other."""
    rows: list[Row] = []
    found = known[name]
    for place, (length, count, right, share, low, high, first, last) in enumerate(
        zip(*(numbers.tolist() for numbers in found), strict=True)
    ):
        between = f"{first}" if first == last else f"{first} to {last}"
        said = (
            f"{name}: of {count} {things} of {between} {unit}, {right} {'is' if right == 1 else 'are'} "
            f"right, {100 * share:.0f} % (95 % interval {100 * low:.0f} to {100 * high:.0f} %)"
        )
        others = [
            f"{other} {100 * float(one.share[place]):.0f} %"
            for other, one in known.items()
            if other != name and np.array_equal(one.length, found.length)
        ]
        told = f"; {', '.join(others)}" if others else ""
        point = {"part": "share", "model": name, "length": length, "first": first, "last": last}
        rows.append(
            {**point, "share": share, "low": low, "high": high, "said": f"{said}{told}. Click to read one."}
        )
    return rows


def _names(known: Mapping[str, ByLength], floor: float, height: int) -> list[Row]:
    """A row for each name, where its line ends, and those that would lie upon each other moved apart."""
    gap = APART * (1 - floor) / height
    order = sorted(known, key=lambda name: -float(known[name].share[-1]))
    at = [float(known[name].share[-1]) for name in order]
    for place in range(1, len(at)):
        at[place] = min(at[place], at[place - 1] - gap)
    if at and at[-1] < floor:  # they have run out of the axis, so all of them move up from there
        at[-1] = floor
        for place in range(len(at) - 2, -1, -1):
            at[place] = max(at[place], at[place + 1] + gap)
    return [{"part": "name", "model": name, "share": share} for name, share in zip(order, at, strict=True)]


def _ends(known: Mapping[str, ByLength], trained_to: int | None) -> tuple[float, float] | None:
    """The shortest and the longest length on the axis, whatever one's own is."""
    shown = [float(end) for one in known.values() for end in (one.length[0], one.length[-1])]
    return (min(shown), max([*shown, float(trained_to or -math.inf)])) if shown else None


def _bounds(
    trained_to: int | None, yours: int | None, ends: tuple[float, float] | None, unit: str
) -> list[Row]:
    rows = [] if trained_to is None else [bound(trained_to) | {"words": f"learned up to {trained_to} {unit}"}]
    if yours is None or ends is None:
        return rows
    low, high = ends
    if low <= yours <= high:
        return [*rows, {"part": "yours", "length": yours, "words": "yours"}]
    words, align = (f"yours, {yours} →", "right") if yours > high else (f"← yours, {yours}", "left")
    at = min(max(float(yours), low), high)
    return [*rows, {"part": "beyond", "length": at, "words": words, "align": align}]


def part(name: str, mark: Spec, **encoding: Any) -> Spec:
    """A layer of the rows of one part."""
    return {"transform": only(name), "mark": mark, "encoding": encoding}
