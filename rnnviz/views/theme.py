"""The look in one place: colours, fonts, and which colour scale a quantity is drawn with.

Two scales carry numbers: a diverging one for signed values, whose middle is the paper, and one of a single
hue for 0..1. A third, warm one is kept for surprise alone. Every arm runs evenly away from the paper, darker
by day and lighter by night, so that more colour always means more, also to colour-blind eyes and in a grey
print.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif'
MONO = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'

THEMES = ("light", "dark")
FAR = 3.0  # where tanh is as good as 1: a state beyond it is told by ratio
BENDS = 41  # straight pieces of a bent scale
BENT = "colours even up to ±1, by ratio beyond"

PALETTES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "light": {
            "paper": "#fcfcfb",
            "ink": "#24231f",
            "faint": "#6f6b63",
            "line": "#dedad2",
            "zero": "#f7f5f1",
            "accent": "#b2453c",
            "diverging": ["#1d5a9f", "#4f93c6", "#a5cbe2", "#f7f5f1", "#efb9a4", "#d7715b", "#a91628"],
            "sequential": ["#f7f5f1", "#b9d8d2", "#6aada6", "#2f837d", "#12605b"],
            "surprise": ["#f7f5f1", "#f2d8b0", "#e0a050", "#b4600f", "#8a4305"],
        },
        "dark": {
            "paper": "#171614",
            "ink": "#ece9e2",
            "faint": "#a09a8e",
            "line": "#38352f",
            "zero": "#262420",
            "accent": "#ef8a7b",
            "diverging": ["#a3d5ff", "#5ea3da", "#346996", "#262420", "#8f4739", "#d27157", "#ffb59b"],
            "sequential": ["#262420", "#2c524e", "#36857e", "#55b3aa", "#83ded3"],
            "surprise": ["#262420", "#574325", "#96692b", "#d9983f", "#ffd08a"],
        },
    }
)


class Scale(NamedTuple):
    """How values become colours: ``role`` names a list of colours, ``low`` and ``high`` are its two ends.

    A ``bent`` scale is even up to about 1 and goes by ratio beyond it (as asinh does): a cell state has a few
    units that reach 30 or 300 and many that live within 1, and an even scale would show the few alone. The
    values are never transformed, only the colours are spaced otherwise, and the figure says so.
    """

    role: str
    low: float
    high: float
    bent: bool = False

    def value_at(self, place: float) -> float:
        """The value whose colour stands at ``place`` (0..1) of the scale."""
        if not self.bent or place in (0, 1):
            return self.low + (self.high - self.low) * place
        return math.sinh((2 * place - 1) * math.asinh(self.high))


def palette(theme: str) -> Mapping[str, Any]:
    """The colours of a theme; ``theme`` is "light" or "dark"."""
    if theme not in PALETTES:
        raise ValueError(f"theme is {theme!r}, but it must be one of: {', '.join(THEMES)}.")
    return PALETTES[theme]


def scale_of(kind: str, domain: tuple[float, float] | None, values: np.ndarray) -> Scale:
    """The scale of a quantity, fixed by what it is; only where nothing is known of its range do the data
    decide.

    A domain that starts at 0 is drawn with one hue; every other one diverges around 0 and reaches equally far
    to both sides, so that equal colours are equal sizes. A state that reaches far has a bent scale.
    """
    role = "surprise" if kind == "loss" else "sequential"
    if kind in ("loss", "probability") and domain is None:
        domain = (0.0, 1.0 if kind == "probability" else reach(values))
    if domain is not None and domain[0] == 0:
        return Scale(role, 0.0, float(domain[1]))
    end = float(max(abs(domain[0]), abs(domain[1]))) if domain is not None else reach(values)
    return Scale("diverging", -end, end, bent=kind == "state" and end > FAR)


def reach(values: np.ndarray) -> float:
    """The largest finite absolute value, or 1 where there is none: a scale needs an end."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def colorscale(scale: Scale, theme: str) -> list[list[Any]]:
    """The colours of a scale as Plotly wants them: [[0, colour], ..., [1, colour]]."""
    colours = palette(theme)[scale.role]
    count = BENDS if scale.bent else len(colours)
    places = [i / (count - 1) for i in range(count)]
    shares = [(scale.value_at(place) - scale.low) / (scale.high - scale.low) for place in places]
    return [[share, colour_at(scale.role, theme, place)] for share, place in zip(shares, places, strict=True)]


def colour_at(role: str, theme: str, position: float) -> str:
    """The colour at ``position`` (0..1, clipped) of a scale, between two given colours by straight line in
    sRGB.
    """
    colours = palette(theme)[role]
    place = min(max(position, 0.0), 1.0) * (len(colours) - 1)
    left = min(int(place), len(colours) - 2)
    pairs = zip(_rgb(colours[left]), _rgb(colours[left + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - left)):02x}" for a, b in pairs)


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, 0 black to 1 white (WCAG 2.2)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _rgb(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(fill: str, theme: str) -> str:
    """The colour of letters on ``fill``: the theme's ink where it can be read (4.5 : 1), else black or white.

    One of black and white always reaches 4.5, whatever the fill is.
    """
    inks = (palette(theme)["ink"], palette(theme)["paper"])
    readable = [ink for ink in inks if contrast(ink, fill) >= 4.5]
    return readable[0] if readable else max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, fill))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
