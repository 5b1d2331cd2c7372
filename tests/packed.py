"""Numbers as they travel to the browser."""

import base64
from typing import Any

import numpy as np


def unpacked(spec: Any) -> np.ndarray:
    """The array behind {"dtype", "bdata", "shape"}, or behind a plain list of numbers."""
    if isinstance(spec, list):
        return np.array(spec)
    values = np.frombuffer(base64.b64decode(spec["bdata"]), dtype="<" + spec["dtype"])
    return (
        values.reshape([int(length) for length in spec["shape"].split(", ")]) if "shape" in spec else values
    )
