"""Who looks at what in a trace: the rows and columns of a quantity of attention, for the panels that draw it.

A row is what looks: a step that is written, a query, or the one answer of a classifier that pools. A column
is what is looked at.

A layer is what the names of its quantities begin with: `l0`, and of an encoder and a decoder `enc.l0`,
`dec.l0` and `dec.l0.cross`, by which the decoder looks at what the encoder has read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz.traces import Quantity, Trace
from rnnviz.views.panels.builders import sentence_of
from rnnviz.views.tokens import HIDDEN_SIGN, code_point, sign
from rnnviz.views.words import SIDES, layer_of

END = "<end>"  # what a model writes when it has written all, and is told before it has written anything
CLOSE = 1e-4  # as near as a row that was set by hand is to what was asked for, in any precision

KINDS = {
    ("step", "source"): "written",
    ("step", "written"): "back",
    ("query", "key"): "asked",
    ("step",): "pooled",
    ("unit", "step"): "by unit",
}
"""What the rows are, by the axes: a step that is written, for which the model looks at what it has read, or
back at what it had written before; a query of a sequence that looks at itself; the one answer of a whole
text, or each of its units."""
WRITING = ("written", "back")  # the kinds whose rows are written, one after the other
CROSS = ".cross"


@dataclass(frozen=True)
class Looks:
    """Where the numbers of one attention are. name: of its weights; kind: of KINDS; heads: 0 where there is
    no axis of heads; rows, columns: the tokens of the two sides.
    """

    name: str
    kind: str
    heads: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """What its quantities begin with: ``l0.attn.``, ``dec.l0.cross.``, ``attn.``."""
        return self.name.removesuffix("weights")

    @property
    def layer(self) -> str | None:
        """``l0``, ``dec.l0.cross``, or None for a model with one attention."""
        return layer_of_weights(self.name)


def looks_of(trace: Trace, name: str) -> Looks:
    """The attention whose weights have that name. Raises ValueError, with those there are, for another."""
    if name not in names_of(trace):
        there = ", ".join(names_of(trace)) or "none"
        raise ValueError(f"{name!r} is not the name of weights of attention; there are: {there}.")
    quantity = trace[name]
    heads = quantity.values.shape[0] if quantity.dims[:1] == ("head",) else 0
    dims = quantity.dims[1:] if heads else quantity.dims
    if dims not in KINDS:
        raise ValueError(f"{name} has the axes {', '.join(quantity.dims)}, which no attention has.")
    kind = KINDS[dims]
    rows = ("",) if kind == "pooled" else _labels(trace, quantity, dims[0])
    return Looks(name, kind, heads, rows, _labels(trace, quantity, dims[-1]))


def names_of(trace: Trace) -> list[str]:
    """The names of all weights of attention in a trace, those between an encoder and a decoder last."""
    names = [name for name in trace.names if name.endswith(("attn.weights", "cross.weights"))]
    return sorted(names, key=lambda name: name.endswith("cross.weights"))


def first_of(trace: Trace) -> str:
    """The name of the weights to show before anybody has chosen some: those by which the last layer of a
    decoder looks at what was read, else the first. Raises ValueError where there are none.
    """
    names = names_of(trace)
    if not names:
        raise ValueError("There is no attention in this trace.")
    return next((name for name in reversed(names) if name.endswith("cross.weights")), names[0])


def layer_of_weights(name: str) -> str | None:
    """The layer of weights by their name: ``l0``, ``dec.l0``, ``dec.l0.cross``; None for ``attn.weights``."""
    return name.removesuffix("weights").removesuffix("attn.").removesuffix(".") or None


def weights_of_layer(layer: str | None) -> str:
    """The name of the weights of a layer."""
    if layer is None:
        return "attn.weights"
    return f"{layer}.weights" if layer.endswith(CROSS) else f"{layer}.attn.weights"


def called(layer: str | None) -> str:
    """A layer as a short name: ``layer 1``, ``encoder 1``, ``decoder 1``, ``cross 1``; empty for None."""
    if layer is None:
        return ""
    side, _, place = layer.removesuffix(CROSS).rpartition(".")
    name = "cross" if layer.endswith(CROSS) else SIDES.get(side, "layer")
    return f"{name} {int(place[1:]) + 1}"


def steps_of(trace: Trace, looks: Looks) -> Trace:
    """The trace with the steps that are walked through: its own, but where what was read by an encoder looks
    at itself, that.
    """
    if looks.kind != "asked" or looks.rows == trace.tokens:
        return trace
    return Trace({"step": looks.rows}, {})


def matrix_of(trace: Trace, looks: Looks, part: str, head: int | None) -> np.ndarray:
    """`weights`, `scores`, `masked` as (rows, columns), or `q`, `k`, `v`, `context` as (places, units).

    head: one of several; None is their mean. What a pooling answer has as one row comes as a matrix of one.
    """
    quantity = trace[looks.prefix + part]
    values = quantity.values
    if looks.heads and quantity.dims[0] == "head":
        values = values.mean(0, dtype=np.float64).astype(values.dtype) if head is None else values[head]
    return np.atleast_2d(values)


def checked_head(looks: Looks, head: int | None) -> int | None:
    """`head` if there is one of that number. Raises ValueError otherwise."""
    if head is not None and not 0 <= head < max(looks.heads, 1):
        there = f"there are 0 to {looks.heads - 1}" if looks.heads else "there is only one"
        raise ValueError(f"There is no head {head}: {there}.")
    return head


def looking(trace: Trace, looks: Looks, head: int | None, step: int | None) -> dict[str, Any]:
    """What the panels say of an attention: the tokens of both sides, and which head of which layer it is."""
    return {
        **sentence_of(steps_of(trace, looks), step),
        "kind": looks.kind,
        "rows": side(looks.rows),
        "columns": side(looks.columns, "start"),
        "ends": looks.kind in WRITING and looks.rows[-1:] == (END,),
        "layer": looks.layer,
        "head": head,
        "where": where_of(looks, head),
    }


def side(tokens: Sequence[str], end: str = "end") -> dict[str, Any]:
    """The tokens of a side with signs for what leaves no mark, and names for signs that many share; `marks`
    are the places of END, for which the word `end` stands.
    """
    signs = [end if token == END else sign(token) for token in tokens]
    names = {
        str(place): code_point(token)
        for place, token in enumerate(tokens)
        if len(token) == 1 and signs[place] in (HIDDEN_SIGN, "␣")
    }
    marks = [place for place, token in enumerate(tokens) if token == END]
    return {"tokens": signs, "names": names, "marks": marks}


def where_of(looks: Looks, head: int | None) -> str:
    """Which head of which layer, in words; empty where there is one attention with one head."""
    layer = layer_of(f"{(looks.layer or '').removesuffix(CROSS)}.")
    if looks.layer and looks.layer.startswith("dec."):
        layer += f", {'cross-attention' if looks.layer.endswith(CROSS) else 'self-attention'}"
    several = looks.heads > 1
    which = "" if not several else f"mean of {looks.heads} heads" if head is None else f"head {head + 1}"
    return ", ".join(filter(None, (layer, which)))


def shut_of(trace: Trace, looks: Looks) -> np.ndarray | None:
    """Where a row may not look, (rows, columns) of 0 and 1, by the masked scores; None if there is none."""
    name = f"{looks.prefix}masked"
    if name not in trace:
        return None
    values = trace[name].values
    shut = np.atleast_2d(np.isneginf(values[0] if looks.heads else values))
    return shut.astype(np.uint8) if shut.any() else None


def checked_forced(forced: Mapping[int, Sequence[float]] | None, weights: np.ndarray) -> list[int]:
    """The rows that were set by hand. Raises ValueError for a row that does not exist, and for one in which
    the trace has other weights: a picture must not claim what was not computed.
    """
    for row, values in (forced or {}).items():
        if not 0 <= row < len(weights):
            raise ValueError(f"Row {row} cannot have been set: there are {len(weights)}, from 0.")
        given = np.asarray(values, dtype=np.float64)
        if given.shape != weights[row].shape:
            raise ValueError(
                f"Row {row} was set to {len(given)} weights, but it has {len(weights[row])} columns."
            )
        if not np.allclose(given, weights[row], rtol=0, atol=CLOSE):
            raise ValueError(f"Row {row} is said to be set, but the trace was recorded with other weights.")
    return sorted(int(row) for row in forced or ())


def checked_cell(
    cell: tuple[int, int] | None, looks: Looks, step: int | None
) -> tuple[dict[str, int] | None, int | None]:
    """The cell to begin with, (row, column), and the step, its own if none is given. Raises ValueError if it
    does not exist.
    """
    if cell is None:
        return None, step
    row, column = int(cell[0]), int(cell[1])
    if not (0 <= row < len(looks.rows) and 0 <= column < len(looks.columns)):
        there = f"{len(looks.rows)} rows and {len(looks.columns)} columns"
        raise ValueError(f"There is no cell {row}, {column}: there are {there}, from 0.")
    own = row if looks.kind in (*WRITING, "asked") else column
    return {"row": row, "column": column}, own if step is None else step


def _labels(trace: Trace, quantity: Quantity, dim: str) -> tuple[str, ...]:
    """The tokens of an axis; the steps' where queries and keys have none of their own, else numbers."""
    labels = trace.labels.get(dim) or (trace.tokens if dim in ("query", "key") else ())
    length = quantity.values.shape[quantity.axis(dim)]
    return labels if len(labels) == length else tuple(str(place) for place in range(length))
