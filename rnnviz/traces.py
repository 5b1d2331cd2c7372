"""A Trace: everything that was computed about one sequence, as frozen numpy arrays with named axes.

Everything that can be seen is a view of a Trace. No torch here: `record` is where numbers leave torch.

    trace["l0.f"].values          # (steps, units)
    trace.at(7)                   # every quantity at step 7
    trace.select(kind="gate")     # a smaller Trace
    trace.to_frame("l0.f")        # tidy: quantity, step, token, unit, value
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

FORMAT = 1
ABOUT = ("dims", "symbol", "label", "kind", "domain")
AXES = (
    "step", "source", "written", "query", "key", "head", "unit", "input", "vocab", "rank", "class", "output",
)  # fmt: skip
READ = ("step", "source", "written", "query", "key")  # what these count are tokens
FORMULA = frozenset("=+-@\t\r")  # what a spreadsheet takes for the start of a formula


class TraceError(ValueError):
    """A Trace was asked for, or given, something that does not fit; the message says what there is."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """One named array of a trace.

    values: read-only array in the model's dtype, one axis for each name in dims.
    dims: names of the axes, from `AXES`: ("step", "unit").
    symbol, label: the letter of the papers, and the name in words.
    kind: `state`, `gate`, `candidate`, `preactivation`, `attention`, `score`, `weight`, `input`, `logit`,
        `probability`, `answer`, `loss`, `token`.
    domain: lowest and highest value to expect, the same for every trace of a model, so that colours do not
        jump; None where nothing is known (then draw symmetric about 0).
    """

    values: np.ndarray
    dims: tuple[str, ...]
    symbol: str = ""
    label: str = ""
    kind: str = "state"
    domain: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        values = np.array(self.values)
        unknown = [dim for dim in self.dims if dim not in AXES]
        if unknown:
            raise TraceError(f"There is no axis {unknown[0]!r}; the axes are {', '.join(AXES)}.")
        if values.ndim != len(self.dims):
            raise TraceError(f"The array has {values.ndim} axes, {values.shape}, but the names {self.dims}.")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "dims", tuple(self.dims))
        object.__setattr__(self, "domain", None if self.domain is None else tuple(self.domain))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and unpickled through the constructor, so that a copy is read-only as well."""
        return Quantity, (self.values, self.dims, self.symbol, self.label, self.kind, self.domain)

    def axis(self, dim: str) -> int:
        """The position of an axis by its name."""
        if dim not in self.dims:
            raise TraceError(f"There is no axis {dim!r} here; the axes are {', '.join(self.dims) or 'none'}.")
        return self.dims.index(dim)

    def at(self, dim: str, index: int) -> "Quantity":
        """The values at one place of one axis, without that axis."""
        axis = self.axis(dim)
        length = self.values.shape[axis]
        if not -length <= index < length:
            raise TraceError(f"{dim} {index} does not exist: there are {length}, 0 to {length - 1}.")
        dims = self.dims[:axis] + self.dims[axis + 1 :]
        return self._with(self.values.take(index, axis=axis), dims)

    def _with(self, values: np.ndarray, dims: tuple[str, ...]) -> "Quantity":
        return Quantity(values, dims, self.symbol, self.label, self.kind, self.domain)


@dataclass(frozen=True, eq=False)
class Trace:
    """The quantities of one sequence by name, the labels of its axes, and facts about where it came from.

    labels: for an axis its labels in order: {"step": the tokens as typed, "vocab": the vocabulary's tokens};
        the steps of a series are "1", "2", ...; where one sequence is read and another one written, the steps
        are those of the second, and "source" has the tokens of the first.
    quantities: name -> Quantity; names such as `l0.f`, `l1r.h`, `out.surprise` (the README lists them).
    meta: JSON-able facts: model, cell, layers, text, ...; a list among them becomes a tuple.
    """

    labels: Mapping[str, tuple[str, ...]]
    quantities: Mapping[str, Quantity]
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        labels = {axis: tuple(names) for axis, names in self.labels.items()}
        object.__setattr__(self, "labels", MappingProxyType(labels))
        object.__setattr__(self, "quantities", MappingProxyType(dict(self.quantities)))
        meta = {fact: tuple(value) if isinstance(value, list) else value for fact, value in self.meta.items()}
        object.__setattr__(self, "meta", MappingProxyType(meta))
        for name, quantity in self.quantities.items():
            for dim, length in zip(quantity.dims, quantity.values.shape, strict=True):
                count = len(labels.get(dim, ())) or length
                if count != length:
                    raise TraceError(
                        f"{name} has {length} places on the axis {dim}, which has {count} labels."
                    )

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and unpickled through the constructor: the read-only views cannot be."""
        return Trace, (dict(self.labels), dict(self.quantities), dict(self.meta))

    def __getitem__(self, name: str) -> Quantity:
        try:
            return self.quantities[name]
        except KeyError:
            raise UnknownQuantityError(name, tuple(self.quantities)) from None

    def __contains__(self, name: str) -> bool:
        return name in self.quantities

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.tokens)

    def __repr__(self) -> str:
        text = "".join(self.tokens)
        shown = text if len(text) <= 40 else text[:39] + "…"
        return f"Trace({shown!r}, {len(self)} steps: {', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all quantities."""
        return tuple(self.quantities)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens read, as they were typed, one for each step."""
        return self.labels.get("step", ())

    def at(self, step: int) -> "Trace":
        """Everything at one step: the quantities that have a step axis, without it; where steps look at each
        other, also what the step looks at, as a query. (Of what is read before anything is written, the
        queries are no steps.)
        """
        axes = ("step",) if "source" in self.labels else ("step", "query")
        picked = {
            name: q.at(axis, step) for name, q in self.quantities.items() for axis in axes if axis in q.dims
        }
        labels = {axis: names for axis, names in self.labels.items() if axis not in axes}
        place = range(len(self))[step] if len(self) else step
        token = self.tokens[place] if len(self) else ""
        return Trace(labels, picked, {**self.meta, "step": place, "token": token})

    def select(self, kind: str | None = None, dims: tuple[str, ...] | None = None) -> "Trace":
        """The quantities of one kind, or with exactly these axes, or both."""
        chosen = {
            name: q
            for name, q in self.quantities.items()
            if (kind is None or q.kind == kind) and (dims is None or q.dims == tuple(dims))
        }
        if not chosen:
            kinds = ", ".join(sorted({q.kind for q in self.quantities.values()}))
            axes = ", ".join(sorted({"(" + ", ".join(q.dims) + ")" for q in self.quantities.values()}))
            raise TraceError(f"Nothing has kind {kind!r} and axes {dims!r}; kinds: {kinds}; axes: {axes}.")
        return Trace(self.labels, chosen, self.meta)

    def to_frame(self, name: str | None = None) -> pd.DataFrame:
        """A tidy table, a row for each value: quantity, a column for each axis, after step its token (after
        source its source_token, and so on), value.

        With no name, all quantities one below the other; an axis that a quantity lacks is empty there.
        """
        if name is None:
            frames = [self.to_frame(each) for each in self.quantities]
            return pd.concat(frames, ignore_index=True)[self._columns()]
        quantity = self[name]
        columns: dict[str, Any] = {"quantity": name}
        for column, places in self._places(quantity).items():  # tokens as objects: to pandas, a lone
            kind: Any = object if column.endswith("token") else "Int64"  # surrogate is no string
            columns[column] = pd.Series(places, dtype=kind)
        return pd.DataFrame(columns | {"value": quantity.values.ravel()})

    def to_csv(self, path: str | Path) -> None:
        """Write the table of everything as CSV in UTF-8, one quantity after the other.

        A token that a spreadsheet would take for a formula (= + - @) gets an apostrophe before it.
        """
        header = self._columns()
        with Path(path).open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file)  # ends lines with \r\n, and therefore quotes a lone \r as well
            writer.writerow(header)
            for name, quantity in self.quantities.items():
                columns: dict[str, Iterable[Any]] = {"quantity": repeat(name), **self._places(quantity)}
                for column in filter(lambda column: column.endswith("token"), list(columns)):
                    columns[column] = ["'" + t if t[:1] in FORMULA else t for t in columns[column]]
                values = quantity.values.ravel()
                columns["value"] = np.where(np.isnan(values), "", values.astype(str)).tolist()
                writer.writerows(zip(*(columns.get(column, repeat("")) for column in header), strict=False))

    def _columns(self) -> list[str]:
        """The columns of the table of everything."""
        used = [axis for axis in AXES if any(axis in q.dims for q in self.quantities.values())]
        axes = [[axis, _token_of(axis)] if axis in READ else [axis] for axis in used]
        return ["quantity", *chain.from_iterable(axes), "value"]

    def _places(self, quantity: Quantity) -> dict[str, list[Any]]:
        """Where each value of a quantity stands: its index on each axis, and its token."""
        indices = np.indices(quantity.values.shape).reshape(len(quantity.dims), quantity.values.size)
        columns: dict[str, list[Any]] = {}
        for dim, index in zip(quantity.dims, indices.tolist(), strict=True):
            columns[dim] = index
            if dim in READ:
                tokens = self.labels.get(dim)
                columns[_token_of(dim)] = [tokens[i] for i in index] if tokens else [""] * len(index)
        return columns

    def save(self, path: str | Path) -> None:
        """Write everything as .npz (compressed, no pickle); `Trace.load` reads it back."""
        about = {
            "format": FORMAT,
            "labels": {axis: list(names) for axis, names in self.labels.items()},
            "meta": dict(self.meta),
            "quantities": {
                name: {field: getattr(q, field) for field in ABOUT} for name, q in self.quantities.items()
            },
        }
        # As bytes, because numpy's own strings drop a NUL at the end; lone surrogates survive as escapes.
        packed = np.frombuffer(json.dumps(about).encode("ascii"), dtype=np.uint8)
        arrays: dict[str, Any] = {name: q.values for name, q in self.quantities.items()}
        with Path(path).open("wb") as file:
            np.savez_compressed(file, about=packed, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "Trace":
        """Read a file written by `save`. Raises TraceError, with the reason, for any other."""
        try:
            with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                about = json.loads(file["about"].tobytes())
                if about["format"] != FORMAT:
                    raise TraceError(f"{path} has format {about['format']}, not {FORMAT}.")
                quantities = {name: Quantity(file[name], **q) for name, q in about["quantities"].items()}
                return cls(about["labels"], quantities, about["meta"])
        except FileNotFoundError:
            raise TraceError(f"There is no file {path}.") from None
        except TraceError:
            raise
        except Exception as error:  # whatever a foreign or damaged file makes numpy and json raise
            reason = f"{type(error).__name__}: {error}"
            raise TraceError(f"{path} is not a trace that rnnviz saved ({reason}).") from error


def _token_of(axis: str) -> str:
    """The column with the tokens of an axis."""
    return "token" if axis == "step" else f"{axis}_token"


class UnknownQuantityError(TraceError, KeyError):
    """A trace has no quantity of that name; the message lists the names it has."""

    def __init__(self, name: str, names: tuple[str, ...]) -> None:
        super().__init__(f"There is no quantity {name!r} here; there are: {', '.join(names)}.")

    def __str__(self) -> str:  # KeyError would show the sentence in quotes
        return str(self.args[0])
