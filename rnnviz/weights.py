"""Reading a safetensors file that may be damaged or hostile: it is checked before it is used. And models that
have shapes, but no weights yet.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rnnviz.files import read_capped

MOST_BYTES = 64 << 20
MOST_HEADER = 1 << 20  # a header of 13 MB with 200,000 empty tensors costs two seconds and half a gigabyte
MOST_TENSORS = 500
DTYPE = "F32"

Shapes = dict[str, tuple[int, ...]]


def read_weights(path: Path, wanted: Shapes) -> dict[str, Tensor]:
    """The wanted tensors, float32 and finite, and no others.

    The file is read into memory first: one that is mapped and then cut short would end the process.
    Raises ValueError with a sentence that names the file and what is wrong in it.
    """
    data = read_capped(path, MOST_BYTES)
    problem = _header_problem(data, wanted)
    if problem:
        raise ValueError(f"{path.name}: {problem}")
    try:
        weights = {name: weight.clone() for name, weight in load(data).items()}
    except Exception as error:  # the format's library answers damage with errors of several kinds
        raise ValueError(f"{path.name} is damaged: {error}.") from None
    for name, weight in weights.items():
        if not torch.isfinite(weight).all():
            raise ValueError(f"{path.name}: {name} holds values that are no finite numbers.")
    return weights


def _header_problem(data: bytes, wanted: Shapes) -> str | None:
    """What is wrong with a file, as far as its header tells, in a sentence."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        return "it is no safetensors file, or only the beginning of one."
    if length > MOST_HEADER:
        return f"its header has {length:,} bytes; the most that is read is {MOST_HEADER:,}."
    try:
        header = json.loads(data[8 : 8 + length], object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return "its header is not valid JSON, or says something twice."
    if not isinstance(header, dict):
        return "its header is no JSON object."
    header.pop("__metadata__", None)
    if len(header) > MOST_TENSORS:
        return f"it holds {len(header):,} tensors; the most that is read is {MOST_TENSORS}."
    return _tensor_problem(header, wanted)


def _tensor_problem(header: dict[str, Any], wanted: Shapes) -> str | None:
    missing, foreign = sorted(wanted.keys() - header), sorted(header.keys() - wanted)
    if missing:
        return f"{missing[0]} is missing from it; config.json asks for it."
    if foreign:
        return f"it holds {foreign[0]!r:.60}, which no model of this config.json has."
    for name, shape in wanted.items():
        entry = header[name]
        found = entry.get("shape") if isinstance(entry, dict) else None
        if found != list(shape):
            return f"{name} should have the shape {list(shape)}, not {found!r:.60}."
        if entry.get("dtype") != DTYPE:
            return f"{name} should be {DTYPE}, not {entry.get('dtype')!r:.20}."
    return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of some pairs; a key that is there twice is an error, not a choice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is there twice")
    return value


@contextmanager
def shapes_only() -> Iterator[None]:
    """Within, models are made of shapes alone: no memory is taken."""
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Within, weights are not drawn. Without memory they could not be, but the attempt alone makes torch load
    its compiler, which takes seconds.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else given["tensor"]
        return func(*args, **given)
