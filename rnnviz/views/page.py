"""A trace as one interactive page: the ribbon, the player, any quantity as a heatmap, any unit's story."""

import html
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnnviz.analysis import summary, unit_order
from rnnviz.traces import Trace
from rnnviz.views import panels
from rnnviz.views.document import document
from rnnviz.views.panels.builders import band
from rnnviz.views.tokens import number, prose
from rnnviz.views.words import layer_of

LARGEST = 6_000_000  # numbers in one page; beyond it the sums before the gates stay out
SIMILAR = "those that behave alike side by side"
LONGEST = 60  # characters of the text in the title


def page(
    trace: Trace, *, order: Sequence[int] | None = None, ordered: str = "", written_from: int | None = None
) -> str:
    """A whole HTML document to look at a language model's ``trace`` without a server: offline, light and
    dark.

    order: the units from top to bottom in every heatmap, and ``ordered`` that order in words; without it,
    units that behave alike in the first heatmap stand together. The unit that varies most is chosen at first.
    written_from: the first step that the model wrote itself. Raises ValueError for a trace of another model.
    """
    if "out.surprise" not in trace or "source" in trace.labels:
        raise ValueError(
            "A page shows what a language model expected, and this trace tells of no such thing: save it as "
            "numbers (.npz, .csv), or draw its figures one by one."
        )
    names = _names(trace)
    if order is None:
        order, ordered = unit_order(trace[names[0]], "similarity").tolist(), SIMILAR
    rows = [int(row) for row in order]
    liveliest = unit_order(trace[names[0]], "activity").tolist()
    unit = next((unit for unit in liveliest if unit in rows), 0)
    views = [
        panels.ribbon(trace, written_from=written_from),
        panels.player(trace),
        panels.heatmap(trace, names[0], order=rows, ordered=ordered, unit=unit),
        panels.unit(trace, unit, layer=_layer(names[0])),
    ]
    choices = [_choice(trace, name, rows, ordered) for name in names]
    script = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    return document(views, title=_title(trace), head=_head(trace), script=script, extra=choices)


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _names(trace: Trace) -> list[str]:
    """The quantities of a layer's units to choose from, the hidden state first. Where there are others of
    another width, as within a transformer's layers, these stay out: all have the same units.
    """
    named = {name: q for name, q in trace.quantities.items() if q.dims == ("step", "unit") and layer_of(name)}
    first = "l0.h" if "l0.h" in named else next(iter(named), "")
    quantities = {
        name: named[name]
        for name in sorted(named, key=lambda name: name != first)
        if named[name].values.shape == named[first].values.shape
    }
    if sum(q.values.size for q in quantities.values()) > LARGEST:
        quantities = {name: q for name, q in quantities.items() if q.kind != "preactivation"}
    if not quantities:
        raise ValueError(
            "This trace has no quantity of units by steps, so there is nothing to draw a page of."
        )
    return list(quantities)


def _choice(trace: Trace, name: str, rows: list[int], ordered: str) -> dict[str, Any]:
    """What the page needs to change its heatmap to ``name``, and to slice a unit's story out of it."""
    about = {"layer": _layer(name), "layerName": layer_of(name), "kind": trace[name].kind}
    picture = panels.heatmap(trace, name, order=rows, ordered=ordered)
    return {"panel": picture.payload(), "band": band(name, trace[name]), **about}


def _title(trace: Trace) -> str:
    text = prose("".join(trace.tokens)).strip()
    model = trace.meta.get("model") or "an untrained model"
    return f"“{text[:LONGEST]}{'…' if len(text) > LONGEST else ''}” in {model}"


def _head(trace: Trace) -> str:
    meta = trace.meta
    facts = [
        f"{str(meta.get('cell', 'rnn')).upper()}, {meta.get('layers', 1)} × {meta.get('hidden', '?')} units",
        f"{len(trace)} step{'' if len(trace) == 1 else 's'}",
    ]
    perplexity = float(trace["out.perplexity"].values)
    if math.isfinite(perplexity):
        facts.append(f"perplexity of this text {number(perplexity)}")
    if "equals_torch" in meta:
        facts.append(f"equals torch.nn to {number(float(meta['equals_torch']))}")
    shown = "".join(f"<span>{html.escape(fact)}</span>" for fact in facts)
    hint = "Click a cell to choose its step and its unit; ← → and space play."
    return (
        f'<h1 dir="auto">{html.escape(_title(trace))}</h1>\n'
        f"<p>{html.escape(prose(summary(trace)))} {hint}</p>\n"
        f'<p class="facts">{shown}<button type="button" id="theme">light / dark</button></p>'
    )
