"""Matrices and what is done with them, with their sizes at their edges: `X × W + b = H`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rnnviz.views.panels.panel import Panel
from rnnviz.views.theme import Scale, reach, scale_of
from rnnviz.views.tokens import number

FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "": lambda sums: sums,
    "tanh": np.tanh,
    "σ": lambda sums: 1 / (1 + np.exp(-sums)),
    "relu": lambda sums: np.maximum(sums, 0),
}
"""What may stand around a sum, by the sign that is written."""

TOLERANCE = 5e-6  # of the largest value: what float32 rounding leaves between a sum and a result


@dataclass(frozen=True, eq=False)
class Matrix:
    """One matrix of a picture.

    name: as it is written above it. values: (R, C), or (T, R, C), drawn as T matrices side by side.
    rows, columns, steps: what the axes are, in the plural: "batch", "units"; said with the size. Columns of
    one kind are equally wide.
    row_labels, column_labels: a sign for each, such as tokens; their numbers if not given. step_labels: a
    name for each of T matrices.
    row_parts, column_parts: (name, size) of each of the blocks that it was put together from.
    share: its values run from 0 to 1 (gates, chances), so it has colours of one hue. plain: they are names or
    counts, so it has no colours. sized: its sizes are said at its edges; not those of a mere table.
    made: how its cells came about, from other matrices of the picture. told: for each cell a sentence that
    says it instead, (R, C).
    mark: a row to look at.

    Raises ValueError where the sizes do not fit together.
    """

    name: str
    values: np.ndarray
    rows: str = "rows"
    columns: str = "columns"
    steps: str = "steps"
    row_labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    row_parts: Sequence[tuple[str, int]] = ()
    column_parts: Sequence[tuple[str, int]] = ()
    step_labels: Sequence[str] = ()
    share: bool = False
    plain: bool = False
    sized: bool = True
    made: "Sum | None" = None
    told: Sequence[Sequence[str]] = ()
    mark: int | None = None

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float32 if self.values.dtype == np.float32 else np.float64)
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        if values.ndim not in (2, 3) or not values.size:
            raise ValueError(f"{self.name} has the shape {values.shape}; a matrix has rows and columns.")
        *_, rows, columns = values.shape
        self._check("row", rows, self.row_labels, self.row_parts)
        self._check("column", columns, self.column_labels, self.column_parts)
        if self.step_labels and len(self.step_labels) != len(values):
            raise ValueError(
                f"{self.name} has {len(values)} steps, but {len(self.step_labels)} labels for them."
            )
        if self.made:
            self.made.check(self)

    def _check(self, what: str, size: int, labels: Sequence[str], parts: Sequence[tuple[str, int]]) -> None:
        if labels and len(labels) != size:
            raise ValueError(f"{self.name} has {size} {what}s, but {len(labels)} labels for them.")
        if parts and sum(length for _, length in parts) != size:
            raise ValueError(f"{self.name} has {size} {what}s; its parts {list(parts)} have another number.")


class Sum(NamedTuple):
    """How the cells of a matrix came about: a sum of terms, and a function of it.

    products: pairs of matrices, row times column, (R, K) and (K, C). pairs: of matrices, cell times cell.
    added: matrices as they are. A matrix of one row is there for every row. function: a name in FUNCTIONS.
    """

    products: Sequence[tuple[Matrix, Matrix]] = ()
    pairs: Sequence[tuple[Matrix, Matrix]] = ()
    added: Sequence[Matrix] = ()
    function: str = ""

    @property
    def matrices(self) -> list[Matrix]:
        """All matrices that take part."""
        return [each for pair in (*self.products, *self.pairs) for each in pair] + list(self.added)

    def values(self) -> np.ndarray:
        """What comes out, in float64. Raises ValueError where the sizes do not fit."""
        total: Any = 0.0
        for left, right in self.products:
            total = total + left.values.astype(np.float64) @ right.values.astype(np.float64)
        for left, right in self.pairs:
            total = total + left.values.astype(np.float64) * right.values.astype(np.float64)
        for each in self.added:
            total = total + each.values.astype(np.float64)
        return np.asarray(FUNCTIONS[self.function](total))

    def check(self, result: Matrix) -> None:
        """Raises ValueError if `result` is not what comes out: a picture must not claim a sum that is not."""
        if self.function not in FUNCTIONS:
            known = ", ".join(filter(None, FUNCTIONS))
            raise ValueError(f"{result.name}: there is no function {self.function!r}; there are {known}.")
        values = self.values()
        if values.shape != result.values.shape:
            raise ValueError(
                f"{result.name} is {result.values.shape}, what it is made of gives {values.shape}."
            )
        off = float(np.abs(values - result.values).max())
        if not off <= TOLERANCE * max(1.0, float(np.abs(values).max())):
            raise ValueError(f"{result.name} is not what it is said to be made of: they differ by {off:.2g}.")


class Line(NamedTuple):
    """One line of a picture: matrices, and strings between them such as "×", "+", "=", "tanh(", ")".

    title: stands before it.
    """

    items: Sequence[Matrix | str]
    title: str = ""


def matrices(
    lines: Sequence[Line | Sequence[Matrix | str]],
    *,
    title: str = "",
    caption: str = "",
    end: float | None = None,
) -> Panel:
    """Lines of matrices and operators; a cell under the pointer says the sum it is, and lights its parts.

    All signed values have one scale, to both sides of 0 as far as `end`, or the largest of them. A matrix may
    stand in several places. Raises ValueError where a matrix is made of one that is not in the picture.
    """
    rows = [line if isinstance(line, Line) else Line(line) for line in lines]
    drawn = list(dict.fromkeys(item for line in rows for item in line.items if isinstance(item, Matrix)))
    index = {matrix: place for place, matrix in enumerate(drawn)}
    for matrix in drawn:
        for part in matrix.made.matrices if matrix.made else ():
            if part not in index:
                raise ValueError(f"{matrix.name} is made of {part.name}, which is not in the picture.")
    signed = [matrix.values.ravel() for matrix in drawn if not matrix.share and not matrix.plain]
    scale = scale_of("state", (-end, end) if end else None, np.concatenate(signed or [np.ones(1)]))
    scales = [scale] * bool(signed) + [Scale("sequential", 0.0, 1.0)] * any(m.share for m in drawn)
    return Panel(
        "matrices",
        {
            "title": title,
            "caption": caption,
            "scales": [_scale(each) for each in scales],
            "matrices": [_matrix(each, index, scales) for each in drawn],
            "lines": [
                {"title": line.title, "items": [i if isinstance(i, str) else index[i] for i in line.items]}
                for line in rows
            ],
        },
    )


def _scale(scale: Scale) -> dict[str, Any]:
    return {
        "scale": scale.role,
        "low": scale.low,
        "high": scale.high,
        "bent": scale.bent,
        "ends": [number(scale.low), number(scale.high)],
    }


def _matrix(matrix: Matrix, index: dict[Matrix, int], scales: Sequence[Scale]) -> dict[str, Any]:
    made = matrix.made
    whole = np.array_equal(matrix.values, np.round(matrix.values)) and reach(matrix.values) < 1e9
    return {
        "name": matrix.name,
        "shape": [1] * (3 - matrix.values.ndim) + list(matrix.values.shape),
        "deep": matrix.values.ndim == 3,
        "values": matrix.values,
        "whole": bool(whole),
        "sized": matrix.sized,
        "axes": [matrix.steps, matrix.rows, matrix.columns],
        "labels": [list(matrix.row_labels), list(matrix.column_labels)],
        "parts": [list(matrix.row_parts), list(matrix.column_parts)],
        "stepLabels": list(matrix.step_labels),
        "scale": None if matrix.plain else len(scales) - 1 if matrix.share else 0,
        "told": [list(row) for row in matrix.told],
        "mark": matrix.mark,
        "made": made
        and {
            "products": [[index[left], index[right]] for left, right in made.products],
            "pairs": [[index[left], index[right]] for left, right in made.pairs],
            "added": [index[each] for each in made.added],
            "function": made.function,
        },
    }
