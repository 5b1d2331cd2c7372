"""How trainings went: what they reach, how long their gradients are, how fast they are."""

from collections.abc import Iterable, Mapping
from typing import Any

from rnnviz.views.measures import HELD_OUT, TRAINING, Event, Measure, Runs, curve_points, measure_of
from rnnviz.views.theme import palette
from rnnviz.views.vega import Chart, Spec, chart, colours_of, only


@Chart
def curves(
    runs: Runs | Iterable[Event],
    what: str = "perplexity",
    *,
    until: int | None = None,
    clip: float | None = None,
    height: int = 200,
    theme: str = "light",
) -> Spec:
    """How one or several runs went, by step of training, from their events (the lines of ``events.jsonl``).

    runs: the events of a run, or several runs by name, which get a colour each, by their place. what: a name
    in `measures.MEASURES`: a task's metric ("perplexity", "accuracy", "error"), or "loss", "norm", "lr",
    "tokens_per_s". until: the last step that is foreseen, so that the axis rests while the curves grow. clip:
    the longest gradient that is let through, for "norm". Where settings were changed, or a run halted, there
    is a line with a word. Raises ValueError, with what there is, for another name.
    """
    measure = measure_of(what)
    named = runs if isinstance(runs, Mapping) else {"": runs}
    several, colours = len(named) > 1, palette(theme)
    if several:
        names, shades = list(named), colours_of(len(named), theme)
    else:
        names, shades = [TRAINING, HELD_OUT], [colours["sequential"][-2], colours["accent"]]
    points = curve_points(named, what, clip)
    told = any(row.get(name) is not None for row in points for name in ("value", "faint") if "step" in row)
    y = _y(measure, told)
    lines = f"thin: {TRAINING}, smoothed; with dots: {HELD_OUT}, the large one is kept"
    legend = {"orient": "top", "columns": 2, "symbolOpacity": 1, "symbolSize": 60, "offset": 4}
    return chart(
        theme,
        points,
        measure.title,
        lines if several and measure.held_out else measure.subtitle,
        width="container",
        height=height,
        encoding={
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": "step of training",
                "axis": {"grid": False, "tickCount": 6, "tickMinStep": 1, "format": ",d"},
                "scale": {"nice": False, "domainMin": 0}
                | ({"domainMax": until or 1} if until or not told else {}),
            },
            "color": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": names, "range": shades},
                "legend": legend if several or measure.held_out else None,
            },
        },
        layer=[*_marks(several, colours), *_curves(measure, y, several, colours), _said(measure, y)],
    )


def _curves(measure: Measure, y: Spec, several: bool, colours: Mapping[str, Any]) -> list[Spec]:
    behind = measure.held_out and several
    layers: list[Spec] = [
        _line(TRAINING, {**y, "field": "faint"}, strokeWidth=1, opacity=0.2 if behind else 0.4),
        _line(TRAINING, y, strokeWidth=1 if behind else 1.8),
    ]
    if measure.held_out:
        size = {"condition": {"test": "datum.best", "value": 90}, "value": 16}
        dot = {"type": "point", "filled": True, "opacity": 1}
        layers += [
            _line(HELD_OUT, y, strokeWidth=1.8 if behind else 1.2),
            {"transform": only(HELD_OUT), "mark": dot, "encoding": {"y": y, "size": size}},
        ]
        layers += [] if several else [_best(measure)]
    if measure.strong == "norm_after":
        rule = {"type": "rule", "strokeDash": [5, 3]}
        word = {"type": "text", "align": "left", "dy": -6}
        plain = {"color": {"value": colours["faint"]}, "y": y}
        layers += [
            {"transform": only("clip"), "mark": rule, "encoding": {
                **plain, "x": {"value": 0}, "x2": {"value": "width"}}},
            {"transform": only("clip"), "mark": word, "encoding": {
                **plain, "x": {"value": 4}, "text": {"field": "words"}}},
        ]  # fmt: skip
    return layers


def _y(measure: Measure, told: bool) -> Spec:
    """The axis of values; one without numbers before there are any."""
    axis: Spec = {"format": measure.format, "tickCount": 5, "ticks": False, "labelPadding": 6}
    if measure.ticks:
        axis |= {"values": list(measure.ticks), "labelOverlap": "greedy"}
        scale: Spec = {"type": "log", "nice": False}
    else:
        scale = {"zero": not measure.held_out} | ({"domainMax": 1} if measure.higher else {})
    if not told:
        axis["labels"], scale["domain"] = False, [0.1, 1]
    return {"field": "value", "type": "quantitative", "title": None, "scale": scale, "axis": axis}


def _line(part: str, y: Spec, **look: Any) -> Spec:
    return {"transform": only(part), "mark": {"type": "line", **look}, "encoding": {"y": y}}


def _best(measure: Measure) -> Spec:
    """The best in words, above the plot."""
    words = f"'best ' + format(datum.value, '{measure.format}') + ' at step ' + format(datum.step, ',')"
    return {
        "transform": [{"filter": "datum.best"}, {"calculate": words, "as": "said"}],
        "mark": {"type": "text", "align": "right", "fontSize": 11.5},
        "encoding": {"x": {"value": "width"}, "y": {"value": -12}, "text": {"field": "said"}},
    }


def _marks(several: bool, colours: Mapping[str, Any]) -> list[Spec]:
    """Where something happened to a run; of several runs, in the run's colour."""
    colour = {} if several else {"color": {"value": colours["faint"]}}
    word = {"type": "text", "align": "left", "angle": 90, "dx": 3, "dy": -6}
    return [
        {"transform": only("mark"), "mark": {"type": "rule", "strokeDash": [2, 3]}, "encoding": {
            **colour, "tooltip": {"field": "words"}}},
        {"transform": only("mark"), "mark": word, "encoding": {
            **colour, "y": {"value": 0}, "text": {"field": "words"}}},
    ]  # fmt: skip


def _said(measure: Measure, y: Spec) -> Spec:
    """What the pointer is told, point by point; the sentence is put together in the browser."""
    sentence = (
        "(datum.run ? datum.run + ', ' : '') + 'step ' + format(datum.step, ',') + ': '"
        f" + '{measure.title.lower()} ' + format(datum.value, '{measure.format}')"
    )
    if measure.held_out:
        sentence += " + ', ' + datum.part"
    points = f"(datum.part === '{TRAINING}' || datum.part === '{HELD_OUT}') && isValid(datum.value)"
    drawn = {"calculate": "isValid(datum.value) ? datum.value : datum.faint", "as": "value"}
    return {
        "transform": [drawn, {"filter": points}, {"calculate": sentence, "as": "said"}],
        "mark": {"type": "point", "filled": True},
        "encoding": {
            "y": y,
            "tooltip": {"field": "said", "type": "nominal"},
            # What is too short for a line is seen as dots.
            "size": {"condition": {"test": "datum.few", "value": 16}, "value": 140},
            "opacity": {"condition": {"test": "datum.few", "value": 1}, "value": 0},
        },
    }
