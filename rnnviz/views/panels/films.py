"""From the traces of one sentence over a training to the data of the film strip."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from rnnviz.traces import Quantity, Trace
from rnnviz.views.figure import checked_order, steps_of
from rnnviz.views.heatmaps import caption_of, title_of
from rnnviz.views.panels.builders import band, sentence_of
from rnnviz.views.panels.looks import looks_of, side, where_of
from rnnviz.views.panels.panel import Panel
from rnnviz.views.theme import reach
from rnnviz.views.tokens import number, per_cent

TALLEST = 300  # pixels of the large frame
NEWEST = -1


def film(
    frames: Mapping[int, Trace],
    name: str = "l0.h",
    *,
    measured: Mapping[int, float | None] | None = None,
    metric: str = "perplexity",
    order: Sequence[int] | None = None,
    ordered: str = "",
    chosen: int = NEWEST,
    step: int | None = None,
) -> Panel:
    """The same sentence over a training: one quantity at each step whose weights were kept, as a strip of
    small heatmaps, the chosen one large above it. All have the same colours and the same order of units.

    frames: the trace of the sentence by step of training. name: of steps and something else, or what several
    heads look at, (head, query, key) or (head, step, ...), of which the mean is shown. measured: the
    metric at such a step, told below its frame; metric: which that is, an "accuracy" being 0..1. order,
    ordered: as in `heatmap`. chosen: the place of the frame to begin with; -1 is the newest, and stays the
    newest as frames are added. step: of the sentence.

    A choice is told as the state ``frame``: the place of a frame from first to last, or -1, so that it
    indexes a list of them. Raises ValueError for no frames, or for frames of different sentences or models.
    """
    steps = sorted(frames)
    traces = [_over_steps(frames[at], name) for at in steps]
    shown = _shown(traces, name)
    values = np.stack([trace[name].values for trace in traces])
    rows = checked_order(order, values.shape[2])
    signs = side(shown.labels.get(shown[name].dims[1], ()), "start")["tokens"]
    told = measured or {}
    own = {
        "title": title_of(shown, name),
        "caption": caption_of(shown, name, len(rows), order is not None, ordered),
        "frames": np.ascontiguousarray(values.transpose(0, 2, 1)[:, rows], dtype=np.float32),
        "trained": steps,
        "metric": metric,
        "measured": [_said(told.get(at), metric) for at in steps],
        "rows": rows,
        "labels": [signs[row] if signs else str(row) for row in rows],
        "height": _height(len(rows)),
        "chosen": int(chosen),
    }
    sentence = sentence_of(shown, step) | side(shown.tokens)
    return Panel("film", {**sentence, **own, **band(name, shown[name])})


def _over_steps(trace: Trace, name: str) -> Trace:
    """Who looks, by several heads, is a step; their mean is shown, and the label says so."""
    quantity = trace[name]
    if quantity.dims[:1] != ("head",):
        return trace
    looks = looks_of(trace, name)
    label = f"{quantity.label}, {where_of(looks, None)}"
    dims = ("step", quantity.dims[-1])
    mean = Quantity(quantity.values.mean(0), dims, quantity.symbol, label, quantity.kind, quantity.domain)
    return Trace({**trace.labels, "step": looks.rows}, {name: mean}, trace.meta)


def _shown(traces: Sequence[Trace], name: str) -> Trace:
    """The quantity of the newest trace, with one domain for all frames.

    Where the frames know of none, or of different ones, it is the next power of two, so that colours rest
    while frames are added.
    """
    if not traces:
        raise ValueError("A film needs at least one frame.")
    newest = traces[-1]
    for trace in traces:
        steps_of(trace, name, dims=2)
        if (
            trace.labels["step"] != newest.labels["step"]
            or trace[name].values.shape != newest[name].values.shape
        ):
            raise ValueError("The frames of a film are of one sentence and one model; these are of several.")
    quantities = [trace[name] for trace in traces]
    domain = quantities[0].domain
    if domain is None or any(quantity.domain != domain for quantity in quantities):
        ends = [abs(end) for quantity in quantities for end in quantity.domain or ()]
        largest = max(ends + [reach(quantity.values) for quantity in quantities])
        domain = (-(2.0 ** math.ceil(math.log2(largest))), 2.0 ** math.ceil(math.log2(largest)))
    quantity: Quantity = replace(newest[name], domain=domain)
    return Trace(newest.labels, {name: quantity}, newest.meta)


def _height(rows: int) -> int:
    """As many whole pixels a row as fit, so that all rows are equally high."""
    pixels = min(TALLEST // max(rows, 1), 14)
    return max(rows * pixels, 84) if pixels else TALLEST


def _said(value: float | None, metric: str) -> str:
    if value is None:
        return ""
    return per_cent(value) if metric.endswith("accuracy") else number(value)
