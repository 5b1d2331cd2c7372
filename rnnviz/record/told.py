"""What is told of one reading, before it becomes a Trace."""

from typing import Any, NamedTuple

from torch import Tensor


class Told(NamedTuple):
    """values, dims: of the quantities by name; labels: of their axes; facts: for `Trace.meta`."""

    values: dict[str, Tensor]
    dims: dict[str, tuple[str, ...]]
    labels: dict[str, tuple[str, ...]]
    facts: dict[str, Any]


def together(*parts: Told) -> Told:
    """All of it, in this order."""
    whole = Told({}, {}, {}, {})
    for part in parts:
        whole.values.update(part.values)
        whole.dims.update(part.dims)
        whole.labels.update(part.labels)
        whole.facts.update(part.facts)
    return whole
