"""How a training went: perplexity on what the model learns from, and on what it never sees."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnnviz.views.theme import FONT, palette

if TYPE_CHECKING:
    import altair as alt

MOST_POINTS = 400  # of a curve; more cannot be told apart, and each costs time
Event = Mapping[str, Any]
LEARNT, HELD_OUT = "text it learns from", "held-out text"


def curves(events: Iterable[Event], *, theme: str = "light") -> "alt.LayerChart":
    """Perplexity by step of training, from the events of a run (the lines of its ``events.jsonl``, as dicts).

    One curve is e to the mean loss (nats) since the event before, the other the perplexity of the held-out
    text, its lowest point marked. Both share one axis, which is logarithmic. Other events are passed over.
    """
    import altair as alt

    points = curve_points(events)
    colours = palette(theme)
    scale = alt.Scale(domain=[LEARNT, HELD_OUT], range=[colours["sequential"][-2], colours["accent"]])
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("step:Q", title="step of training", axis=alt.Axis(grid=False, tickCount=6)),
        y=alt.Y(
            "perplexity:Q",
            scale=alt.Scale(type="log", nice=False),
            title="perplexity",
            axis=alt.Axis(tickCount=5),
        ),
        color=alt.Color("text:N", scale=scale, legend=alt.Legend(title=None, orient="top-right")),
        tooltip=["text:N", "step:Q", alt.Tooltip("perplexity:Q", format=".3~g")],
    )
    best = base.transform_filter(alt.datum.best).mark_point(filled=True, size=70, opacity=1)
    return (
        alt.layer(base.mark_line(strokeWidth=1.8), best)
        .properties(
            title=alt.Title("Perplexity", subtitle="the dot marks the weights that are kept", anchor="start"),
            width="container",
            height=260,
            background=colours["paper"],
        )
        .configure(font=FONT)
        .configure_axis(
            labelColor=colours["faint"], titleColor=colours["faint"], gridColor=colours["line"], domain=False
        )
        .configure_title(color=colours["ink"], subtitleColor=colours["faint"])
        .configure_legend(labelColor=colours["ink"])
        .configure_view(stroke=None)
    )


def curve_points(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The points of both curves, at most `MOST_POINTS` of each: step, text, perplexity, best."""
    learnt: list[dict[str, Any]] = []
    held_out: list[dict[str, Any]] = []
    for event in events:
        if event.get("kind") == "step" and event.get("loss") is not None:
            learnt.append(
                {"step": event["step"], "text": LEARNT, "perplexity": _exp(event["loss"]), "best": False}
            )
        elif event.get("kind") == "evaluated" and event.get("held_out") is not None:
            held_out.append(
                {"step": event["step"], "text": HELD_OUT, "perplexity": event["held_out"], "best": False}
            )
    if held_out:
        lowest = min(held_out, key=lambda point: point["perplexity"])
        lowest["best"] = True
    return [*_thin(learnt), *_thin(held_out)]


def _thin(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `MOST_POINTS`, evenly picked; the last and the best are always among them."""
    if len(points) <= MOST_POINTS:
        return list(points)
    stride = (len(points) - 1) / (MOST_POINTS - 2)
    kept = {round(place * stride) for place in range(MOST_POINTS - 1)}
    return [point for place, point in enumerate(points) if place in kept or point["best"]]


def _exp(loss: float) -> float:
    return math.exp(min(loss, 50.0))  # a run that explodes must not break the page that shows it
