"""Small pieces of HTML that any page can show: no script, no class, no style sheet, and no text taken for
markup.
"""

import base64
import html
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from rnnviz.views.theme import palette
from rnnviz.views.tokens import prose

EMPTY = frozenset({"img", "br"})  # elements without an end


@dataclass(frozen=True)
class Html:
    """A piece of HTML that is safe to be shown as it is."""

    markup: str

    def _repr_html_(self) -> str:
        return self.markup


def tag(name: str, style: str = "", *inside: Html | str, **attributes: str) -> Html:
    """An element around what is inside; a str is text, whatever it says."""
    within = "".join(part.markup if isinstance(part, Html) else text(part).markup for part in inside)
    told = {"style": " ".join(style.split())} | attributes
    opened = name + "".join(f' {key}="{html.escape(value)}"' for key, value in told.items() if value)
    return Html(f"<{opened}>" if name in EMPTY else f"<{opened}>{within}</{name}>")


def text(written: str) -> Html:
    """Text with a sign for each character that leaves no mark; spaces and new lines stay."""
    return Html("\n".join(html.escape(prose(line)) for line in written.split("\n")))


def picture(values: np.ndarray, theme: str) -> str:
    """The address of a picture of bytes (rows, columns): 0 is hardly seen on the paper, 255 is ink.

    It holds the picture itself, as a PNG with a table of colours (W3C, "Portable Network Graphics").
    """
    high, wide = values.shape
    ends = np.array([_rgb(palette(theme)[end]) for end in ("zero", "ink")], dtype=float)
    shades = ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, 256)[:, None]
    unfiltered = np.hstack([np.zeros((high, 1), np.uint8), values.astype(np.uint8)])
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)),
        (b"PLTE", shades.round().astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(unfiltered.tobytes())),
        (b"IEND", b""),
    ]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _rgb(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
