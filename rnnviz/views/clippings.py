"""What clipping makes of a gradient: what there was, and what the optimiser saw, weight by weight."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rnnviz.views.theme import palette
from rnnviz.views.tokens import number
from rnnviz.views.vega import Chart, Spec, chart

if TYPE_CHECKING:
    from rnnviz.gradients import Clipped

THERE, SEEN = "there was", "the optimiser saw"


@Chart
def clippings(found: "Clipped", *, height: int = 30, theme: str = "light") -> Spec:
    """The length of the gradient of each weight before and after clipping, as bars, and that of all together.

    height: of a weight, in pixels. found: as `rnnviz.gradients.clipped` gives it.
    """
    colours = palette(theme)
    pairs: Mapping[str, tuple[float, float]] = {
        "all weights": (found.norm_before, found.norm_after),
        **{name: (found.before[name], found.after[name]) for name in found.before},
    }
    rows = [
        {"weight": name, "how": how, "length": length, "said": f"{name}: {how} {number(length)}"}
        for name, both in pairs.items()
        for how, length in zip((THERE, SEEN), both, strict=True)
    ]
    return chart(
        theme,
        rows,
        "Length of the gradient, weight by weight",
        f"clipped by {found.by} to {number(found.clip)}",
        width="container",
        height={"step": height / 2},
        mark={"type": "bar"},
        encoding={
            "y": {"field": "weight", "type": "nominal", "title": None, "sort": list(pairs),
                  "axis": {"ticks": False, "labelLimit": 220}},
            "yOffset": {"field": "how", "sort": [THERE, SEEN]},
            "x": {"field": "length", "type": "quantitative", "title": None, "axis": {"tickCount": 5}},
            "color": {"field": "how", "type": "nominal", "legend": {"orient": "top"},
                      "scale": {"domain": [THERE, SEEN],
                                "range": [colours["sequential"][1], colours["accent"]]}},
            "tooltip": {"field": "said", "type": "nominal"},
        },
    )  # fmt: skip
