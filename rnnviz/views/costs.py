"""What more steps cost, and what they do not."""

from collections.abc import Mapping, Sequence

from rnnviz.views.theme import palette
from rnnviz.views.vega import Chart, Spec, chart, only

_SHARED, _OTHER = "strong", "faint"


@Chart
def costs(
    steps: Sequence[int], counts: Mapping[str, Sequence[int]], *, height: int = 230, theme: str = "light"
) -> Spec:
    """Counts over the number of steps, one line for each name, the first of them stressed.

    steps: from the fewest to the most; counts: for each name a count at each of them.
    """
    colours = palette(theme)
    first = next(iter(counts))
    rows = [
        {
            "part": _SHARED if name == first else _OTHER,
            "name": name,
            "step": step,
            "count": count,
            "said": f"{name}, at {step:,} step{'s' * (step != 1)}: {count:,}",
            "last": step == steps[-1],
        }
        for name, values in counts.items()
        for step, count in zip(steps, values, strict=True)
    ]
    x = {
        "field": "step",
        "type": "quantitative",
        "title": "steps",
        "axis": {"grid": False, "tickMinStep": 1, "format": ",d"},
        "scale": {"domain": [min(steps[0], 1), steps[-1]], "nice": False},
    }
    y = {"field": "count", "type": "quantitative", "title": None, "axis": {"format": ",d", "tickCount": 5}}
    kinds = ((_OTHER, colours["faint"], 1.5), (_SHARED, colours["accent"], 3))
    lines = [
        {
            "transform": only(part),
            "mark": {"type": "line", "color": colour, "strokeWidth": width},
            "encoding": {"x": x, "y": y, "detail": {"field": "name"}},
        }
        for part, colour, width in kinds
    ]
    words = [
        {
            "transform": [*only(part), {"filter": "datum.last"}],
            "mark": {"type": "text", "align": "right", "dx": -6, "dy": -9, "color": colour, "fontSize": 12},
            "encoding": {"x": x, "y": y, "text": {"field": "name"}},
        }
        for part, colour, _ in kinds
    ]
    points = {
        "mark": {"type": "point", "filled": True, "size": 160, "opacity": 0},
        "encoding": {"x": x, "y": y, "tooltip": {"field": "said", "type": "nominal"}},
    }
    return chart(theme, rows, "What is learned, by the number of steps", "", width="container", height=height,
                 layer=[*lines, *words, points])  # fmt: skip
