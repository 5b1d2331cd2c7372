"""Readers side by side: what each expects after a step, and numbers of all of them as lines over the text."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.panels.panel import Panel
from rnnviz.views.tokens import sign
from rnnviz.views.vega import both_themes

GUESSES = 5
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class Reader(NamedTuple):
    """Who reads what. name: on its card; places: (C,) its step in each column, -1 in a gap; all steps in
    their order if not given.
    """

    name: str
    trace: Trace
    places: np.ndarray | None = None


class Series(NamedTuple):
    """A line over the text: its name, its numbers, (C,), NaN where there are none, and its place among the
    colours.
    """

    name: str
    values: np.ndarray
    place: int = 0


def rivals(readers: Sequence[Reader], columns: Panel, *, step: int | None = None) -> Panel:
    """Play, slider and keys for all panels of a page, and what each reader expects after the chosen step.

    columns: a panel of the page, whose columns these are.
    """
    cards = [_card(reader, place) for place, reader in enumerate(readers)]
    several = any(reader.places is not None for reader in readers)
    return Panel("rivals", {**_columns(columns, step), "cards": cards, "several": several})


def lines(
    series: Sequence[Series],
    columns: Panel,
    *,
    title: str,
    caption: str = "",
    unit: str = "bits",
    step: int | None = None,
    bars: bool = False,
    signed: bool = False,
    least: float = 0.0,
    rule: float = math.nan,
    rows: Sequence[Sequence[str]] = (),
) -> Panel:
    """Numbers of several readers over the columns of a text, as lines or bars, a colour for each reader.

    columns: a panel of the page, whose columns these are. unit: of the numbers, in words. signed: the axis
    goes as far below 0 as above. least: where the axis ends at least. rule: a dashed line at this height.
    rows: sentences of tokens below, if they are not those of `columns`.
    """
    known = np.concatenate([each.values[np.isfinite(each.values)] for each in series] or [np.zeros(0)])
    top = nice(max([least, *np.abs(known).tolist(), 0 if math.isnan(rule) else rule]))
    drawn = [
        {"name": each.name, "colours": both_themes(each.place), "values": np.asarray(each.values, np.float32)}
        for each in series
    ]
    own: dict[str, Any] = {
        "title": title,
        "caption": caption,
        "unit": unit,
        "bars": bars,
        "low": -top if signed else 0.0,
        "high": top,
        "rule": None if math.isnan(rule) else rule,
        "series": drawn,
        "rows": [[sign(token) if token else "" for token in row] for row in rows],
    }
    return Panel("lines", {**_columns(columns, step), **own})


def nice(value: float) -> float:
    """The end of an axis that holds a value: a round number, so that it rests while a person types."""
    if not value > 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    return next(scale * step for step in _NICE if scale * step >= value * (1 - 1e-9))


def _columns(panel: Panel, step: int | None) -> dict[str, Any]:
    return {key: panel.data[key] for key in ("tokens", "names", "text")} | {"step": step}


def _card(reader: Reader, place: int) -> dict[str, Any]:
    trace = reader.trace
    places = np.arange(len(trace)) if reader.places is None else reader.places
    held = np.maximum.accumulate(places)  # who has a gap waits at its last token
    return {
        "name": reader.name,
        "colours": both_themes(place),
        "at": np.asarray(held, dtype=np.int32),
        **(_foretold(trace) if "out.surprise" in trace else _answered(trace)),
    }


def _foretold(trace: Trace) -> dict[str, Any]:
    """What a language model expects next."""
    ids = trace["out.topk.id"].values[:, :GUESSES]
    used, where = np.unique(ids, return_inverse=True)
    signs = [sign(trace.labels["vocab"][index]) for index in used]
    places = {trace.labels["vocab"][index]: place for place, index in enumerate(used)}
    bits = trace["out.surprise"].values
    return {
        "words": "expects",
        "signs": signs,
        "guess": where.reshape(ids.shape).astype(np.uint16),
        "chance": np.asarray(trace["out.topk.prob"].values[:, :GUESSES], dtype=np.float32),
        "tokens": [sign(token) for token in trace.tokens],
        "came": [places.get(token, -1) for token in trace.tokens],
        "surprise": np.asarray(bits, dtype=np.float32),
        "paid": np.cumsum(np.nan_to_num(bits.astype(float))).astype(np.float32),
    }


def _answered(trace: Trace) -> dict[str, Any]:
    """What a classifier or tagger would answer at each step; with one answer for the whole, that one."""
    chance = trace["out.prob"].values
    whole = chance.ndim == 1
    by_step = np.broadcast_to(chance, (len(trace), chance.size)) if whole else chance
    labels = [sign(label) for label in trace.labels["class"]]
    first = np.argsort(-by_step, axis=1, kind="stable")[:, :GUESSES]
    order = np.broadcast_to(np.arange(len(labels)), by_step.shape) if len(labels) <= GUESSES else first
    return {
        "words": "answers the whole with" if whole else "answers so far",
        "signs": labels,
        "guess": order.astype(np.uint16),
        "chance": np.take_along_axis(by_step, order, axis=1).astype(np.float32),
        "tokens": [sign(token) for token in trace.tokens],
        "came": [],
    }
