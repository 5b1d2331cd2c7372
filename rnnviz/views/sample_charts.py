"""Samples that are curves: a series that is answered, and how far a model generalises."""

from collections.abc import Mapping
from typing import Any

from rnnviz.views.lengths import bound, part, rules, share_axis, x_axis
from rnnviz.views.theme import palette
from rnnviz.views.vega import Row, Spec, chart, only

Sample = Mapping[str, Any]


def curve(sample: Sample, theme: str) -> Spec:
    """What is answered, over what is right, over what is read."""
    colours = palette(theme)
    looks: dict[str, tuple[str, str, dict[str, Any]]] = {
        "input": ("read", colours["faint"], {"strokeWidth": 1, "strokeDash": [3, 2]}),
        "target": ("right", colours["sequential"][2], {"strokeWidth": 5, "opacity": 0.6}),
        "answer": ("answered", colours["accent"], {"strokeWidth": 1.8}),
    }
    rows: list[Row] = [
        {"part": name, "x": x, "y": y}
        for key, (name, _, _) in looks.items()
        for x, y in zip(sample["x"], sample.get(key) or (), strict=False)
    ]
    names, shades = ([look[place] for look in looks.values()] for place in (0, 1))
    even = {"nice": False, "zero": False}
    return chart(
        theme,
        rows,
        "What it answers",
        "over what is right",
        width="container",
        height=200,
        encoding={
            "x": _number("x", axis={"grid": False, "tickCount": 6, "format": ".4~g"}, scale=even),
            "y": _number("y", axis={"tickCount": 5, "ticks": False}, scale={"zero": False}),
            "color": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": names, "range": shades},
                "legend": {"orient": "top", "symbolOpacity": 1, "symbolDash": [], "symbolStrokeWidth": 3},
            },
        },
        layer=[
            {"transform": only(name), "mark": {"type": "line", **look}} for name, _, look in looks.values()
        ],
    )


def lengths(sample: Sample, theme: str) -> Spec:
    """The share that is right at each length, with a rule at the greatest that was learned."""
    colours = palette(theme)
    rows: list[Row] = [
        {"part": "share", "length": length, "share": share}
        for length, share in zip(sample["lengths"], sample["accuracy"], strict=True)
    ]
    rows.append(bound(sample["trained_to"]))
    told = [{"field": "length", "title": "length"}, {"field": "share", "title": "right", "format": ".1~%"}]
    drawn = {"color": colours["sequential"][3], "opacity": 1}
    return chart(
        theme,
        rows,
        "How far it generalises",
        "the share that is right",
        width="container",
        height=200,
        encoding={"x": x_axis(str(sample["unit"]))},
        layer=[
            *rules(colours["faint"]),
            part("share", {"type": "line", "strokeWidth": 1.8, **drawn}, y=share_axis()),
            part(
                "share", {"type": "point", "filled": True, "size": 28, **drawn}, y=share_axis(), tooltip=told
            ),
        ],
    )


def _number(field: str, title: str | None = None, **parts: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **parts}
