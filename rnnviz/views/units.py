"""One unit's whole story: its gates and states one below the other over the sentence."""

import html
from typing import Any

from rnnviz.traces import Quantity, Trace
from rnnviz.views.figure import MARGIN, Spec, View, frame, quiet_axis, step_axis, width_of
from rnnviz.views.theme import colorscale, palette, scale_of
from rnnviz.views.tokens import number
from rnnviz.views.words import cell_sentence, layer_of

BAND = 44  # pixels of one band
GAP = 0.2  # of a band


def story_of(trace: Trace, layer: str = "l0", preactivations: bool = False) -> dict[str, Quantity]:
    """What is known of each unit of a layer, by name: states and gates, with the sums into them if asked for.
    What a layer has of other units, as a transformer's feed-forward network, is no part of it.

    layer: ``l0``, ``l1``, or ``l0r`` for the direction from right to left.
    """
    shown = trace[f"{layer}.h"].values.shape if f"{layer}.h" in trace else None
    story = {
        name: quantity
        for name, quantity in trace.quantities.items()
        if name.rpartition(".")[0] == layer and quantity.dims == ("step", "unit")
        if preactivations or quantity.kind != "preactivation"
        if shown in (None, quantity.values.shape)
    }
    if not story:
        layers = sorted(
            {name.rpartition(".")[0] for name, q in trace.quantities.items() if q.dims == ("step", "unit")}
        )
        raise ValueError(f"There is no layer {layer!r} here; there are: {', '.join(layers) or 'none'}.")
    return story


def checked_unit(unit: int, story: dict[str, Quantity]) -> int:
    """``unit`` if the layer has it; else a sentence."""
    units = next(iter(story.values())).values.shape[1]
    if not 0 <= unit < units:
        raise ValueError(f"Unit {unit} does not exist: this layer has {units}, 0 to {units - 1}.")
    return int(unit)


@View
def unit(
    trace: Trace, unit: int = 0, *, layer: str = "l0", preactivations: bool = False, theme: str = "light"
) -> Spec:
    """All gates and states of one unit as bands of bars over the sentence, each on its own fixed scale.

    Signed values grow from the middle of their band, shares (0..1) from its foot. Raises ValueError for a
    unit or layer that does not exist.
    """
    story = story_of(trace, layer, preactivations)
    unit = checked_unit(unit, story)
    bands = [_band(trace, name, unit, row, len(story), theme) for row, name in enumerate(story)]
    axes = {_axis_name(row): axis for row, (_, axis) in enumerate(bands)}
    words = layer_of(f"{layer}.h")
    return {
        "data": [bars for bars, _ in bands],
        "layout": frame(
            theme,
            f"Unit {unit}, {words}",
            "each band on its own scale, whose ends stand at its left",
            **axes,
            xaxis={**step_axis(trace, theme), "anchor": _axis_name(len(story) - 1).replace("axis", "")},
            bargap=0.08,
            height=104 + BAND * len(story),
            width=width_of(len(trace)),
            margin=MARGIN | {"l": 96},
        ),
    }


def _axis_name(row: int) -> str:
    return "yaxis" if row == 0 else f"yaxis{row + 1}"


def _band(trace: Trace, name: str, unit: int, row: int, rows: int, theme: str) -> tuple[Spec, Spec]:
    """The bars of one quantity, and the axis that places them as band ``row`` of ``rows`` from the top."""
    quantity = trace[name]
    scale = scale_of(quantity.kind, quantity.domain, quantity.values)
    values = quantity.values[:, unit]
    top = 1 - row / rows
    axis = quiet_axis(
        theme,
        domain=[top - (1 - GAP) / rows, top],
        range=[scale.low, scale.high],
        fixedrange=True,
        tickmode="array",
        tickvals=[(scale.low + scale.high) / 2],
        ticktext=[f"<b>{quantity.symbol}</b> {number(scale.low)} … {number(scale.high)}"],
        zeroline=True,
        zerolinecolor=palette(theme)["line"],
    )
    marker: dict[str, Any] = {"color": values, "cmin": scale.low, "cmax": scale.high, "line": {"width": 0}}
    bars = {
        "type": "bar",
        "x": list(range(len(trace))),
        "y": values,
        "yaxis": _axis_name(row).replace("axis", ""),
        "marker": {**marker, "colorscale": colorscale(scale, theme)},
        "hovertext": [
            html.escape(cell_sentence(name, quantity.symbol, unit, step, token, float(value)), quote=False)
            for step, (token, value) in enumerate(zip(trace.tokens, values, strict=True))
        ],
        "hoverinfo": "text",
        "meta": {"scale": scale.role, "quantity": name},
    }
    return bars, axis
