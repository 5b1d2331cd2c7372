"""The numbers of a comparison: who paid what, as lines over the text, in a table, and in words."""

import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

import rnnviz
from rnnviz.analysis import Apart, apart, contest, paid, twins
from rnnviz.ui import gallery, words
from rnnviz.ui.comparing.sides import MODELS, Comparison, Side
from rnnviz.views import panels as figures
from rnnviz.views.panels import Series
from rnnviz.views.tokens import number

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

TIMED = 200  # characters at most of a trace whose speed is taken
ROUND = 50  # characters: a little more text is not timed anew


def found(compared: Comparison) -> Apart | None:
    """How far apart the states of two sentences are."""
    if compared.alignment is None:
        return None
    first, second = compared.sides
    return apart(first.trace, second.trace, compared.alignment)


def story(compared: Comparison, distances: Apart | None) -> str:
    """What the numbers say, in words; plain text, for it quotes what was typed."""
    if compared.alignment is not None and distances is not None:
        first, second = compared.sides
        return twins(first.trace, second.trace, compared.alignment, distances)
    told = contest({side.name: side.trace for side in compared.sides})
    return " ".join(filter(None, [told, _held_out(compared)]))


def _held_out(compared: Comparison) -> str:
    """Who is best on what none has seen: this text may have been learned by heart."""
    known = [side for side in compared.sides if side.entry.held_out is not None]
    if len(known) < 2 or len({(side.entry.metric, words.task(side.entry)) for side in known}) > 1:
        return ""
    higher = known[0].entry.metric == "accuracy"
    best = sorted(known, key=lambda side: side.entry.held_out or 0.0, reverse=higher)
    reached = [words.reached(side.entry.metric, side.entry.held_out or 0.0) for side in best]
    told = f"{best[0].name} is best: {reached[0]}, then {best[1].name} with {reached[1]}"
    return f"On text that none of them ever saw {told}."


def columns(drawn: list[figures.Panel | str]) -> figures.Panel:
    """A panel whose columns are those of the page; of what can be chosen, one side at least has a picture."""
    return next(panel for panel in drawn if isinstance(panel, figures.Panel))


def rivals(compared: Comparison, common: figures.Panel, step: int | None) -> figures.Panel:
    """What each side expects or answers after the chosen step."""
    readers = [figures.Reader(side.name, side.trace, side.places) for side in compared.sides]
    return figures.rivals(readers, common, step=step)


def lines(
    compared: Comparison, distances: Apart | None, common: figures.Panel, step: int | None
) -> dict[str, figures.Panel]:
    """What can be drawn as lines over the text, by the key of the panel, in the order of the page."""
    drawn = {}
    if distances is not None:
        drawn["distance"] = _distance(compared, distances, common, step)
    telling = [(place, side) for place, side in enumerate(compared.sides) if side.foretells]
    if telling:
        drawn |= _costs(telling, common, step, compared.mode)
    sure = _chances(compared, common, step)
    return drawn | ({"chances": sure} if sure else {})


def _distance(
    compared: Comparison, distances: Apart, common: figures.Panel, step: int | None
) -> figures.Panel:
    signs = [
        [side.trace.tokens[place] if place >= 0 else "" for place in side.places]
        for side in compared.sides
        if side.places is not None
    ]
    usual = f"; dashed: two steps of one sentence, on average {number(distances.usual)}"
    return figures.lines(
        [Series("|h − h′|", distances.distance)], common, step=step, rows=signs, bars=True, unit="apart",
        title="How far apart the states of the last layer are",
        caption="where both sentences have a character" + ("" if np.isnan(distances.usual) else usual),
        rule=distances.usual,
    )  # fmt: skip


def _costs(
    telling: list[tuple[int, Side]], common: figures.Panel, step: int | None, mode: str
) -> dict[str, figures.Panel]:
    """Surprise of each character, its sum so far, and how much more the others pay than the first."""
    surprise = {place: side.columns(side.trace["out.surprise"].values) for place, side in telling}
    so_far = {place: side.columns(paid(side.trace)) for place, side in telling}
    names = {place: side.name for place, side in telling}
    drawn = {
        "surprise": figures.lines(
            [Series(names[place], values, place) for place, values in surprise.items()], common,
            title="Surprise of each character", caption="bits; the loss in nats is 0.693 times that",
            step=step, least=8.0,
        ),
        "paid": figures.lines(
            [Series(names[place], values, place) for place, values in so_far.items()], common,
            title="Paid so far", caption="all bits up to here; lower is better", step=step, least=10.0,
        ),
    }  # fmt: skip
    first, *others = surprise
    if others:
        drawn["more"] = figures.lines(
            [Series(names[place], surprise[place] - surprise[first], place) for place in others], common,
            title=f"More surprised than {'the ' * (mode != MODELS)}{names[first]}",
            caption="bits of difference at each character; below the line: less",
            step=step, signed=True, bars=True, least=4.0,
        )  # fmt: skip
    return drawn


def _chances(compared: Comparison, common: figures.Panel, step: int | None) -> figures.Panel | None:
    """How sure classifiers are of their last class as they read, where all have the same classes."""
    able = [
        (place, side)
        for place, side in enumerate(compared.sides)
        if "class" in side.trace.labels and side.trace["out.prob"].dims == ("step", "class")
    ]
    classes = {side.trace.labels["class"] for _, side in able}
    if len(classes) != 1:
        return None
    label = next(iter(classes))[-1]
    series = [
        Series(side.name, side.columns(side.trace["out.prob"].values[:, -1]), place) for place, side in able
    ]
    return figures.lines(
        series, common, title=f"Chance of “{label}”", caption="after each character", unit="", step=step,
        least=1.0,
    )  # fmt: skip


def table(compared: Comparison) -> None:
    """Everything about each side in a row."""
    rows = [_row(side, compared) for side in compared.sides]
    st.dataframe(pd.DataFrame(rows).fillna("–"), hide_index=True, width="stretch", key="table")
    if compared.mode == MODELS:
        st.caption(
            "Speed: characters a second while every gate and state is kept, on this machine, the median of "
            f"three traces of {_timed(compared.sides[0].trace)} characters, measured within the last minute."
        )


def _row(side: Side, compared: Comparison) -> dict[str, Any]:
    entry, trace = side.entry, side.trace
    reads = {"": side.name, "cell": words.cell(entry), "units": entry.hidden, "layers": entry.layers}
    reads |= {"parameters": f"{entry.parameters:,}"}
    if side.foretells:
        bits = float(np.nansum(trace["out.surprise"].values))
        reads |= {
            "perplexity of this text": _told(trace["out.perplexity"].values),
            "bits in all": number(bits),
        }
    if isinstance(trace.meta.get("answer"), str):
        reads |= {"answer": f"{trace.meta['answer']}, {100 * trace.meta['chance']:.3g} %"}
    if compared.mode == MODELS:
        reads |= {
            "held out": words.reached(entry.metric, entry.held_out) if entry.held_out is not None else "–"
        }
        reads |= {"characters a second": number(speed(entry, trace))}
    else:
        reads |= {"characters": len(trace)}
    return reads | {"equals torch.nn to": f"{_error(side):.0e}"}


def _told(value: Any) -> str:
    return number(float(value)) if np.isfinite(value) else "–"


def _error(side: Side) -> float:
    """The largest difference to torch.nn: measured on this trace, or on the one of the same text that was
    read whole, and then no more than that and the difference of the two.
    """
    if "equals_torch" in side.trace.meta:
        return float(side.trace.meta["equals_torch"])
    whole = gallery.trace(side.entry, side.trace.meta["text"])
    moved = np.abs(whole["out.logits"].values - side.trace["out.logits"].values).max(initial=0.0)
    return float(whole.meta["equals_torch"]) + float(moved)


def _timed(trace: Any) -> int:
    """Of how many characters a trace is whose speed is taken."""
    return min(-(-len(trace) // ROUND) * ROUND, TIMED)


def speed(entry: "Entry", trace: Any) -> float:
    """Characters a second of a trace of about this length, the median of three."""
    return _speed(str(entry.path), entry.fingerprint, _timed(trace), entry)


@st.cache_data(show_spinner=False, ttl=60, max_entries=64)
def _speed(path: str, fingerprint: str, length: int, _entry: "Entry") -> float:
    model = gallery.model(_entry)
    text = (_entry.example or "a") * (length // max(len(_entry.example), 1) + 1)
    rnnviz.trace(model, text[:length])  # the first finds nothing warm
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        rnnviz.trace(model, text[:length])
        seconds.append(time.perf_counter() - begun)
    return length / statistics.median(seconds)
