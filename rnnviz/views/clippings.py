"""What clipping makes of gradients: what there was, and what the optimiser saw, model by model."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rnnviz.views.theme import palette
from rnnviz.views.tokens import number, per_cent
from rnnviz.views.vega import Chart, Row, Spec, chart

if TYPE_CHECKING:
    from rnnviz.gradients import Clipped

POWERS = [10.0**power for power in range(-12, 25)]
THERE, SEEN = "what there was", "what the optimiser saw"


@Chart
def clippings(found: Mapping[str, "Clipped"], *, height: int = 34, theme: str = "light") -> Spec:
    """The length of each model's gradient before and after clipping, on a logarithmic axis.

    found: by the models' names, as `rnnviz.gradients.clipped` gives them; what is 0 or no number is left out.
    height: of a model, in pixels.
    """
    colours = palette(theme)
    rows = [row for name, one in found.items() for row in _rows(name, one)]
    limit = next(iter(found.values()), None)
    y = {"field": "model", "type": "nominal", "title": None, "sort": list(found),
         "axis": {"ticks": False, "labelLimit": 220, "labelFontSize": 12}}  # fmt: skip
    x = {"field": "length", "type": "quantitative", "title": "length of the gradient of all weights",
         "scale": {"type": "log"}, "axis": {"format": "~g", "values": POWERS, "labelOverlap": "greedy"},
    }  # fmt: skip
    dots = {
        "mark": {"type": "point", "filled": True, "size": 130, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y,
            "color": {
                "field": "how",
                "type": "nominal",
                "legend": {"orient": "top", "offset": 2},
                "scale": {"domain": [THERE, SEEN], "range": [colours["faint"], colours["accent"]]},
            },
            "tooltip": {"field": "said", "type": "nominal"},
        },
    }
    way = {
        "mark": {"type": "line", "strokeWidth": 2, "color": colours["line"]},
        "encoding": {"x": x, "y": y, "detail": {"field": "model"}},
    }
    told = f"clipped by {limit.by} to {number(limit.clip)}; axis by ratio" if limit else ""
    return chart(
        theme, rows, "Clipping", told, width="container", height={"step": height}, layer=[way, dots]
    )  # fmt: skip


def _rows(name: str, one: "Clipped") -> list[Row]:
    said = {
        THERE: f"{name}: the gradient is {number(one.norm_before)} long",
        SEEN: f"{name}: the optimiser sees {number(one.norm_after)}; {per_cent(one.cut)} of its numbers were "
        f"made smaller, and it points where it did but for a cosine of {number(one.cosine)}",
    }
    lengths = {THERE: one.norm_before, SEEN: one.norm_after}
    return [
        {"model": name, "how": how, "length": length, "said": said[how]}
        for how, length in lengths.items()
        if math.isfinite(length) and length > 0
    ]
