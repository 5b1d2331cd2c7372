"""Which gates are saturated: in a sentence, and as a picture of where each of them stands."""

from collections.abc import Iterable, Mapping
from typing import Any

from rnnviz.quantities import CELL_MEANINGS
from rnnviz.views.theme import palette
from rnnviz.views.tokens import per_cent, subscript
from rnnviz.views.vega import Chart, Row, Spec, chart, only
from rnnviz.views.words import READINGS, gate_of, layer_of, part_of

Event = Mapping[str, Any]

HALF = 0.5  # of its values at an end: then a gate counts as saturated


def kept(events: Iterable[Event]) -> list[Event]:
    """The events that tell of kept weights, one for each step, in order."""
    by_step = {event["step"]: event for event in events if event.get("kind") == "kept"}
    return [by_step[step] for step in sorted(by_step)]


def gate_words(name: str) -> str:
    """``l0.f`` -> ``f: forget gate, layer 1``."""
    return f"{gate_of(name)}: {_label(name)}, {layer_of(name)}"


def _label(name: str) -> str:
    letter = gate_of(name)
    return next(meanings[letter].label for meanings in CELL_MEANINGS.values() if letter in meanings)


def saturation(events: Iterable[Event]) -> str:
    """Which gates are saturated at the newest kept step, in a sentence; empty if nothing was kept yet."""
    looks = kept(events)
    if not looks:
        return ""
    shares = looks[-1]["saturated"]
    if not shares:
        return "This cell has no gates that could saturate."
    step = looks[-1]["step"]
    when = f"After {step:,} step{'' if step == 1 else 's'}" if step else "Before training"
    worst = sorted(shares, key=lambda name: -sum(shares[name]))
    found = [name for name in worst if sum(shares[name]) > HALF]
    if not any(shares[worst[0]]):
        return f"{when} no gate has a value below 0.1 or above 0.9."
    if not found:
        nearest = f"{_the(worst[0])} comes nearest, {_shares(*shares[worst[0]])}"
        return f"{when} no gate is saturated: {nearest}."
    told = "; ".join(f"{_the(name)} ({_mostly(name, *shares[name])})" for name in found)
    are, their = ("is", "its") if len(found) == 1 else ("are", "their")
    count = f"{len(found)} of {len(shares)} gates {are} saturated"
    return f"{when} {count}, with most of {their} values below 0.1 or above 0.9: {told}."


def _the(name: str) -> str:
    return f"the {_label(name)} of {layer_of(name)}"


def _shares(shut: float, open_: float) -> str:
    return f"with {per_cent(open_)} of its values above 0.9 and {per_cent(shut)} below 0.1"


def _mostly(name: str, shut: float, open_: float) -> str:
    """``62 % above 0.9: the cell remembers``."""
    end, share = ("above 0.9", open_) if open_ >= shut else ("below 0.1", shut)
    reading = READINGS[gate_of(name)]
    return f"{per_cent(share)} {end}: {reading.high if open_ >= shut else reading.low}"


@Chart
def saturated(events: Iterable[Event], *, height: int = 220, theme: str = "light") -> Spec:
    """Where each gate stands: to the right the share of its values above 0.9, upwards that below 0.1, with
    the way it came over the kept steps. A gate in the lower left corner is never saturated, one on the slope
    always.

    After Karpathy, Johnson, Li, "Visualizing and Understanding Recurrent Networks" (2015), gate by gate.
    """
    colours = palette(theme)
    return chart(
        theme,
        _points(kept(events)),
        "Where each gate stands",
        "dot: now; line: the way it came",
        width="container",
        height=height,
        encoding={
            "x": _share("open", "of its values above 0.9: open"),
            "y": _share("shut", "below 0.1: shut"),
        },
        layer=[
            {"transform": only("edge"), "mark": {"type": "line", "color": colours["line"]}},
            {
                "transform": only("way"),
                "mark": {"type": "line", "color": colours["sequential"][2], "strokeWidth": 1},
                "encoding": {"detail": {"field": "gate"}, "order": {"field": "step", "type": "quantitative"}},
            },
            {
                "transform": only("now"),
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 50,
                    "opacity": 1,
                    "color": colours["accent"],
                },
                "encoding": {"tooltip": {"field": "words"}},
            },
            {
                "transform": only("now"),
                "mark": {"type": "text", "dx": 9, "dy": -8, "fontSize": 12, "color": colours["ink"]},
                "encoding": {"text": {"field": "gate"}},
            },
        ],
    )


def _share(field: str, title: str) -> Spec:
    axis = {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "grid": False}
    scale = {"domain": [0, 1], "nice": False}
    return {"field": field, "type": "quantitative", "title": title, "axis": axis, "scale": scale}


def _points(looks: list[Event]) -> list[Row]:
    rows: list[Row] = [{"part": "edge", "open": share, "shut": 1 - share} for share in (0, 1)]
    for event in looks:
        for name, (shut, open_) in event["saturated"].items():
            place = {"gate": _sign(name), "open": open_, "shut": shut, "step": event["step"]}
            rows.append({"part": "way", **place})
            if event is looks[-1]:
                rows.append({"part": "now", **place, "words": f"{gate_words(name)}, {_shares(shut, open_)}"})
    return rows


def _sign(name: str) -> str:
    """``l0.f`` -> ``f₁``, as layers are counted in words; ``enc.l0r.f`` -> ``enc f₁←``."""
    side, _, layer = part_of(name).rpartition(".")
    digits = layer.removeprefix("l").removesuffix("r")
    return f"{side} {gate_of(name)}{subscript(int(digits) + 1)}{'←' * layer.endswith('r')}".lstrip()
