"""A panel: its name, its data, and the script and style that draw it."""

import base64
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.views.theme import BENDS, FONT, MONO, PALETTES

PANELS = (
    "ribbon",
    "player",
    "heatmap",
    "figure",
    "unit",
    "film",
    "bands",
    "unrolled",
    "circuit",
    "products",
    "matrices",
    "attending",
    "heads",
    "weight",
    "rivals",
    "lines",
    "pairs",
    "items",
    "keeping",
    "alongside",
)
_MORE = {  # the shared parts that only some panels need
    "player": ("transport",),
    "unrolled": ("transport",),
    "circuit": ("maths",),
    "products": ("maths", "bars"),
    "attending": ("transport", "looks"),
    "heads": ("looks",),
    "weight": ("maths", "bars", "looks"),
    "rivals": ("transport",),
    "alongside": ("looks",),
}
_FOLDER = Path(__file__).parent
_DTYPES = {"float64": "f8", "float32": "f4", "int32": "i4", "int16": "i2", "uint16": "u2", "uint8": "u1"}


@dataclass(frozen=True)
class Panel:
    """One interactive panel. name: one of `PANELS`; data: what its script reads, numpy arrays welcome."""

    name: str
    data: Mapping[str, Any]

    def payload(self) -> dict[str, Any]:
        """The data as JSON can carry them: an array becomes Plotly's ``{"dtype", "bdata", "shape"}``.

        ``version`` names the content, so that the browser redraws only what changed.
        """
        packed = {key: packed_value(value) for key, value in self.data.items()}
        digest = hashlib.blake2b(json.dumps(packed, allow_nan=False).encode("ascii"), digest_size=8)
        return {**packed, "version": digest.hexdigest()}

    @functools.cached_property
    def encoded(self) -> bytes:
        """The payload as it travels: made once, however often a panel is sent."""
        return json.dumps(self.payload()).encode()

    def to_html(self) -> str:
        """A document with this one panel, which needs nothing from anywhere else."""
        from rnnviz.views.document import document

        return document([self])

    def _repr_html_(self) -> str:
        """For notebooks: the document in a frame of its own."""
        from rnnviz.views.document import framed

        return framed(self.to_html())


def packed_value(value: Any) -> Any:
    """``value`` with every numpy array in it packed, and every numpy number made plain."""
    if isinstance(value, np.ndarray):
        return packed_array(value)
    if isinstance(value, Mapping):
        return {key: packed_value(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [packed_value(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def packed_array(values: np.ndarray) -> dict[str, str]:
    """An array as Plotly's typed array: ``dtype`` such as ``f4``, ``bdata`` in base64, ``shape`` such as
    ``"128, 54"``.
    """
    if values.dtype.name not in _DTYPES:
        values = values.astype(np.float32 if values.dtype.kind == "f" else np.int32)
    raw = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    shape = ", ".join(str(length) for length in values.shape)
    return {
        "dtype": _DTYPES[values.dtype.name],
        "bdata": base64.b64encode(raw).decode("ascii"),
        "shape": shape,
    }


@functools.cache
def source(name: str) -> tuple[str, str]:
    """The script (an ES module) and the style sheet of a panel, each complete in itself.

    A long script may be in parts: ``<name>_*.js`` come before ``<name>.js``, in the order of the alphabet.
    """
    if name not in PANELS:
        raise ValueError(f"There is no panel {name!r}; there are: {', '.join(PANELS)}.")
    palettes = {theme: dict(colours) for theme, colours in PALETTES.items()}
    look = {"palettes": palettes, "bends": BENDS, "font": FONT, "mono": MONO}
    shared = "".join(
        _read(f"{part}.js") for part in ("look", "shared", "mount", "hover", "cells", *_MORE.get(name, ()))
    )
    own = "".join(_read(part.name) for part in sorted(_FOLDER.glob(f"{name}_*.js")))
    script = f"const LOOK = {json.dumps(look)};\n" + shared + own + _read(f"{name}.js")
    return script, "".join(_read(f"{part}.css") for part in ("shared", "cells", name))


def _read(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8") + "\n"
