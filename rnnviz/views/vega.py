"""What every Vega-Lite chart shares: from a plain dict to a chart, the frame, the colours of runs."""

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, ParamSpec

from rnnviz.views.theme import FONT, palette

P = ParamSpec("P")
Spec = dict[str, Any]
Row = dict[str, Any]

# Colours that colour-blind eyes tell apart, each with a contrast of 3 : 1 on its paper. With more runs than
# colours they begin again.
RUNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "light": ("#12605b", "#d1661c", "#2f86e8", "#451981", "#682c00", "#9071b4"),
        "dark": ("#83ded3", "#f5a93a", "#3f78e0", "#b8481a", "#b3bf80", "#a56aa8"),
    }
)


class Chart(Generic[P]):
    """A chart as a function. Calling it gives an Altair chart; ``.spec`` gives the same as a plain dict, with
    its numbers in ``data``, at a tenth of the time, for where a chart grows while a network learns.

    Only the numbers change from one moment to the next, so that it can be updated in place.
    """

    def __init__(self, spec: Callable[P, Spec]) -> None:
        self.spec = spec
        functools.update_wrapper(self, spec)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        import altair as alt

        return alt.Chart.from_dict(self.spec(*args, **kwargs))


def chart(theme: str, rows: Sequence[Row], title: str, subtitle: str | Sequence[str], **parts: Any) -> Spec:
    """The frame that all charts have in common; rows: the numbers, which all of its layers share."""
    colours = palette(theme)
    faint = {"labelColor": colours["faint"], "titleColor": colours["faint"]}
    axis = {
        "gridColor": colours["line"],
        "tickColor": colours["line"],
        "domain": False,
        "titleFontWeight": "normal",
    }
    words = {"anchor": "start", "color": colours["ink"], "subtitleColor": colours["faint"], "offset": 8}
    return {
        "data": {"values": list(rows)},
        "title": {"text": title, "subtitle": subtitle},
        "background": colours["paper"],
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {
            "font": FONT,
            "axis": {**faint, **axis, "labelFontSize": 11, "titleFontSize": 11},
            "title": {**words, "fontSize": 13, "subtitleFontSize": 11.5, "subtitlePadding": 3},
            "legend": {"labelColor": colours["ink"], "labelFontSize": 11.5, "labelLimit": 150, "title": None},
            "header": {"labelColor": colours["ink"], "labelFontSize": 11.5, "title": None},
            "text": {"fontSize": 10.5},
            "view": {"stroke": None},
        },
        **parts,
    }


def only(part: str) -> list[dict[str, Any]]:
    """The rows of one part: a chart has one table of numbers, so that it can be replaced as a whole."""
    return [{"filter": f"datum.part === '{part}'"}]


def colours_of(count: int, theme: str) -> list[str]:
    """A colour for each of ``count`` runs, always the same by its place."""
    return [RUNS[theme][place % len(RUNS[theme])] for place in range(count)]


def both_themes(place: int) -> dict[str, str]:
    """The colour of the run at a place, by theme."""
    return {theme: colours_of(place + 1, theme)[place] for theme in RUNS}
