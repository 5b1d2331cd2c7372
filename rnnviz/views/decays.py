"""How much of a gradient is left, the further it goes back: several models on one logarithmic axis."""

import math
from collections.abc import Mapping

from rnnviz.analysis.decay import Decay
from rnnviz.views.theme import palette
from rnnviz.views.tokens import number, per_cent
from rnnviz.views.vega import Chart, Row, Spec, chart, colours_of

LOWEST = 1e-6  # of the gradient: what is less is not drawn
FARTHEST = 100  # steps
TRAINED, UNTRAINED = "trained", "untrained"


@Chart
def decays(
    found: Mapping[str, Decay],
    beside: Mapping[str, Decay] | None = None,
    *,
    names: tuple[str, str] = (TRAINED, UNTRAINED),
    title: str = "How much of the gradient is left",
    subtitle: str = "axis by ratio; mean over the losses",
    mark: int | None = None,
    height: int = 270,
    theme: str = "light",
) -> Spec:
    """The share of a gradient that is left after 0, 1, 2 ... steps back, a colour for each model.

    found: by the models' names; beside: the same models otherwise, drawn dashed, in the same colours. names:
    what the two are called. mark: a distance at which there is a line, where one is spoken of.
    """
    beside = beside or {}
    colours = palette(theme)
    models = list(dict.fromkeys([*found, *beside]))
    rows = [
        row
        for how, several in zip(names, (found, beside), strict=True)
        for model, one in several.items()
        for row in _rows(model, how, one)
    ]
    top = max([1.0, *(row["left"] for row in rows)])
    x = {
        "field": "steps",
        "type": "quantitative",
        "title": "steps back",
        "axis": {"grid": False, "tickCount": 10, "tickMinStep": 1, "format": ",d"},
        "scale": {"domain": [0, max([1, *(row["steps"] for row in rows)])], "nice": False},
    }
    y = {
        "field": "left",
        "type": "quantitative",
        "title": None,
        "scale": {"type": "log", "domain": [LOWEST, 10.0 ** math.ceil(math.log10(top))], "nice": False},
        "axis": {"values": [10.0**power for power in range(-6, 10)], "labelExpr": _LABELS, "ticks": False},
    }
    dashes = {"domain": list(names), "range": [[1, 0], [4, 3]]}
    legend = {"orient": "top", "symbolType": "stroke", "symbolStrokeWidth": 3, "offset": 4}
    encoding = {
        "x": x,
        "y": y,
        "color": {
            "field": "model",
            "type": "nominal",
            "scale": {"domain": models, "range": colours_of(len(models), theme)},
            "legend": legend,
        },
        "strokeDash": {
            "field": "how",
            "type": "nominal",
            "scale": dashes,
            "legend": {**legend, "orient": "bottom-left", "symbolStrokeColor": colours["ink"]}
            if beside
            else None,
        },
    }
    point = {
        "mark": {"type": "point", "filled": True, "size": 120, "opacity": 0},
        "encoding": {"tooltip": {"field": "said", "type": "nominal"}, "strokeDash": {"value": [1, 0]}},
    }
    line = {"mark": {"type": "line", "strokeWidth": 2, "interpolate": "monotone"}}
    return chart(
        theme, rows, title, subtitle,
        width="container", height=height, encoding=encoding,
        layer=[*_rule(mark, colours["faint"]), line, point],
    )  # fmt: skip


_LABELS = (
    "datum.value >= 10 ? format(datum.value, ',.0f') + ' ×' : datum.value >= 0.001 "
    "? format(100 * datum.value, '~g') + ' %' : datum.value >= 1e-5 "
    "? format(100 * datum.value, '.3~f') + ' %' : '0.0001 %'"
)


def _rows(model: str, how: str, found: Decay) -> list[Row]:
    """A row for each distance at which there is enough left to be drawn."""
    rows: list[Row] = []
    for steps, left in zip(found.steps.tolist(), found.left.tolist(), strict=True):
        if steps > FARTHEST or not math.isfinite(left) or left < LOWEST:
            continue
        share = per_cent(left) if 1e-3 <= left < 1.005 else f"{number(left)} times"
        gone = "begins" if not steps else f"{steps} step{'s' * (steps != 1)} back"
        said = f"{model}, {how}: the gradient {gone}" + (f", {share} of it is left" if steps else "")
        rows.append({"model": model, "how": how, "steps": steps, "left": left, "said": said})
    return rows


def _rule(mark: int | None, colour: str) -> list[Spec]:
    if mark is None:
        return []
    plain = {
        "color": {"value": colour},
        "y": {"value": 0},
        "y2": {"value": "height"},
        "strokeDash": {"value": [2, 3]},
    }
    return [{"mark": {"type": "rule"}, "encoding": {**plain, "x": {"datum": mark, "type": "quantitative"}}}]
