"""What every Plotly figure shares: the step from a plain dict to a figure, the frame, the axis of steps."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec

from rnnviz.traces import Trace
from rnnviz.views.theme import FONT, MONO, Scale, colorscale, palette
from rnnviz.views.tokens import escaped, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

P = ParamSpec("P")
Spec = dict[str, Any]

COLUMN = 14  # pixels of a column; twelve is the least at which a letter can be read
MARGIN = {"l": 64, "r": 84, "t": 64, "b": 40}


class View(Generic[P]):
    """A figure as a function. Calling it gives a ``plotly.graph_objects.Figure``; ``.spec`` gives the same as
    a plain dict of ``data`` and ``layout``, a hundred times faster, for where a picture follows each key.
    """

    def __init__(self, spec: Callable[P, Spec]) -> None:
        self.spec = spec
        functools.update_wrapper(self, spec)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "go.Figure":
        import plotly.graph_objects as go

        return go.Figure(self.spec(*args, **kwargs))


def frame(theme: str, title: str, subtitle: str, **layout: Any) -> Spec:
    """The layout that all figures have in common; ``title`` and ``subtitle`` must be escaped already."""
    colours = palette(theme)
    return {
        "title": {"text": title, "subtitle": {"text": subtitle}, "x": 0, "xref": "paper", "xanchor": "left"},
        "font": {"family": FONT, "size": 12, "color": colours["ink"]},
        "paper_bgcolor": colours["paper"],
        "plot_bgcolor": colours["paper"],
        "margin": dict(MARGIN),
        "hoverlabel": {"font": {"family": FONT, "color": colours["ink"]}, "bgcolor": colours["paper"]},
        "uirevision": "keep",
        "showlegend": False,
        **layout,
    }


def quiet_axis(theme: str, **axis: Any) -> Spec:
    """An axis without lines, and with labels that cost nothing however many there are."""
    plain = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "automargin": False}
    labels = {
        "tickangle": 0,
        "ticklabeloverflow": "allow",
        "tickfont": {"color": palette(theme)["faint"], "size": 10},
    }
    return plain | labels | axis


def step_axis(trace: Trace, theme: str) -> Spec:
    """The axis of time: a column for each step, its token below it."""
    labels = {
        "tickmode": "array",
        "tickvals": list(range(len(trace))),
        "ticktext": [escaped(token) for token in trace.tokens],
        "tickfont": {"family": MONO, "size": 12, "color": palette(theme)["ink"]},
    }
    return quiet_axis(theme, type="linear", range=[-0.5, len(trace) - 0.5], **labels)


def width_of(steps: int) -> int:
    """The width in pixels that gives each step a column wide enough for its token."""
    return MARGIN["l"] + MARGIN["r"] + max(COLUMN * steps, 480)


def colourbar(scale: Scale, theme: str) -> Spec:
    """A slim colour bar that names both ends and, on a diverging scale, the middle."""
    ticks = [scale.low, (scale.low + scale.high) / 2, scale.high]
    return {
        "thickness": 8,
        "outlinewidth": 0,
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [number(tick) for tick in ticks],
        "tickfont": {"color": palette(theme)["faint"], "size": 10},
    }


def coloured(scale: Scale, theme: str) -> Spec:
    """The colours of a heatmap: both ends fixed. ``meta`` tells a panel the role, to recolour it by day and
    by night.
    """
    ends = {"zmin": scale.low, "zmax": scale.high}
    return {**ends, "colorscale": colorscale(scale, theme), "colorbar": colourbar(scale, theme)}


def steps_of(trace: Trace, name: str, dims: int) -> tuple[str, ...]:
    """The axes of a quantity that runs over steps and has ``dims`` axes; a sentence if it does not."""
    quantity = trace[name]
    if quantity.dims[:1] != ("step",) or len(quantity.dims) != dims:
        fitting = [
            each for each, q in trace.quantities.items() if q.dims[:1] == ("step",) and len(q.dims) == dims
        ]
        axes = ", ".join(quantity.dims) or "no axes"
        raise ValueError(
            f"{name} has {axes} and cannot be drawn here; these can: {', '.join(fitting) or 'none'}."
        )
    return quantity.dims


def checked_order(order: Sequence[int] | None, length: int) -> list[int]:
    """``order`` as a list of row numbers; a sentence if a row does not exist."""
    rows = list(range(length)) if order is None else [int(row) for row in order]
    missing = [row for row in rows if not 0 <= row < length]
    if missing:
        raise ValueError(f"Row {missing[0]} does not exist: there are {length}, 0 to {length - 1}.")
    return rows
