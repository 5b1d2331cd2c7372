"""The last lesson: a cell with weights of one's own."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from rnnviz.lessons import GATES, PRESETS, OwnCell, Preset, preset, run
from rnnviz.ui import address
from rnnviz.ui.lessons.controls import quoted_short
from rnnviz.ui.lessons.lesson import Shown, problem
from rnnviz.ui.lessons.own_cell_picture import code, picture
from rnnviz.ui.words import CELLS

MOST_STEPS, MOST_INPUTS, UNITS, REACH = 16, 3, range(2, 5), 1000.0
ZEROS = "zeros"
_STATE, _GOOD = "_own_cell", "_own_cell_good"
_PRESET, _KIND, _UNITS, _INPUTS = (f"own_cell_{part}" for part in ("preset", "kind", "units", "inputs"))

Table = list[list[float]]


class OwnCellLesson:
    """A lesson whose numbers are a table of weights and a sequence, both typed."""

    name = "own-cell"
    title = "Your own cell"
    question = "What can you teach a cell by hand?"
    look = (
        "Type weights and a sequence, or begin with a cell that somebody thought out. Each row of the table "
        "is a sum that a unit computes, each column what a weight is multiplied with. Point at a number "
        "below to see how it came about."
    )

    def settle(self, given: Mapping[str, str]) -> None:
        """What stands in the tables: what was typed, else what the address says, else the first preset."""
        state = st.session_state
        if _STATE not in state:
            self._begin(given)
        held = state[_STATE]
        for part in ("weights", "x"):
            changes = state.get(self._editor(part))
            # A table that was off the page has lost its changes, so what it said is where it begins again.
            held[f"{part}_base"] = held[f"{part}_base"] if changes else held[part]
            held[part] = edited(held[f"{part}_base"], changes or {}, self._columns(part))
        sizes = {_PRESET: held["preset"], _KIND: held["kind"], _UNITS: held["units"], _INPUTS: held["inputs"]}
        for key, size in sizes.items():
            address.put(key, size)

    def _begin(self, given: Mapping[str, str]) -> None:
        name = given.get("preset", next(iter(PRESETS)))
        if name != ZEROS and name not in PRESETS:
            address.note(_PRESET, next(iter(PRESETS)), f"There is no cell {quoted_short(name)} here.")
            name = next(iter(PRESETS))
        self._take(name, _preset(name))
        if "w" not in given:
            return
        try:
            weights, x = _parsed(given["w"], "weights"), _parsed(given.get("x", "0"), "sequence")
            own = OwnCell(given.get("cell", "lstm"), np.array(weights))
            run(own, np.array(x))
            self._check(own, x)
            self._hold(name, own.kind, own.units, own.inputs, weights, x)
        except ValueError as error:
            address.note(_PRESET, name, f"The address holds no cell: {error} So this is {name}.")

    def _take(self, name: str, begun: Preset) -> None:
        own = begun.cell
        self._hold(name, own.kind, own.units, own.inputs, own.weights.tolist(), begun.x.tolist())

    def _hold(self, name: str, kind: str, units: int, inputs: int, weights: Table, x: Table) -> None:
        """New tables: the editors begin anew, under another key."""
        version = st.session_state.get(_STATE, {}).get("version", 0) + 1
        st.session_state[_STATE] = {
            "preset": name, "kind": kind, "units": units, "inputs": inputs, "version": version,
            "weights": weights, "weights_base": weights, "x": x, "x_base": x,
        }  # fmt: skip

    def ask(self) -> None:
        """Draw the sizes and the two tables."""
        held = st.session_state[_STATE]
        names = [*PRESETS, ZEROS]
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            titles = {name: _preset(name).title for name in names}
            st.selectbox(
                "begin with", names, key=_PRESET, width=210, format_func=titles.__getitem__,
                on_change=self._taken,
            )  # fmt: skip
            kinds: dict[str, Any] = {
                "format_func": CELLS.__getitem__,
                "on_change": self._resized,
                "width": 110,
            }
            st.selectbox("cell", list(GATES), key=_KIND, **kinds)
            st.number_input("units", UNITS[0], UNITS[-1], key=_UNITS, on_change=self._resized, width=110)
            st.number_input("inputs", 1, MOST_INPUTS, key=_INPUTS, on_change=self._resized, width=110)
            if self.changed():
                st.button("back to the preset", icon=":material/undo:", type="tertiary", on_click=self.reset)
        if held["preset"] in PRESETS:
            st.caption(PRESETS[held["preset"]].look)
        left, right = st.columns([5, 2], gap="medium")
        with left:
            st.caption("weights: each row a sum, each column what it is multiplied with")
            self._table("weights", self._empty().rows, "fixed")
        with right:
            st.caption(f"what is read, step by step (up to {MOST_STEPS})")
            self._table("x", None, "dynamic")

    def _table(self, part: str, index: Sequence[str] | None, rows: Any) -> None:
        frame = pd.DataFrame(
            st.session_state[_STATE][f"{part}_base"], columns=self._columns(part), dtype=float
        )
        if index is not None:
            frame.index = pd.Index(index)
        limits: dict[str, Any] = {"min_value": -REACH, "max_value": REACH, "format": "%g", "required": False}
        st.data_editor(
            frame,
            key=self._editor(part),
            num_rows=rows,
            column_config={name: st.column_config.NumberColumn(name, **limits) for name in frame.columns},
        )

    def draw(self) -> tuple[Shown, str]:
        """The picture and the code; of the last tables that made sense where these do not."""
        state = st.session_state
        held = state[_STATE]
        try:
            own = OwnCell(held["kind"], np.array(held["weights"]))
            done = run(own, np.array(held["x"]).reshape(len(held["x"]), held["inputs"]))
            self._check(own, held["x"])
            first = "state" if own.kind == "rnn" else "gates"
            said = (
                f"{own.weights.size} weights, {len(done.x)} steps: {first} and states, from a state of zeros."
            )
            state[_GOOD] = Shown(picture(own, done), said), code(own, done.x)
        except ValueError as error:
            problem(f"{error} Below is what the table said before.")
            if _GOOD not in state:
                begun = _preset(held["preset"])
                done = run(begun.cell, begun.x)
                state[_GOOD] = Shown(picture(begun.cell, done), ""), code(begun.cell, done.x)
        told: tuple[Shown, str] = state[_GOOD]
        return told

    def _check(self, own: OwnCell, x: Table) -> None:
        if own.units not in UNITS or not 1 <= own.inputs <= MOST_INPUTS:
            raise ValueError(f"A cell here has 2 to 4 units and 1 to {MOST_INPUTS} inputs.")
        if len(x) > MOST_STEPS:
            raise ValueError(f"{len(x)} steps are too many, {MOST_STEPS} have room.")
        most = max(float(np.abs(own.weights).max()), float(np.abs(np.array(x)).max()))
        if most > REACH:
            raise ValueError(f"{most:g} is out of reach: numbers go from {-REACH:g} to {REACH:g}.")

    def _taken(self) -> None:
        state = st.session_state
        held = state[_STATE]
        self._take(state[_PRESET], preset(state[_PRESET], held["kind"], held["units"], held["inputs"]))

    def _resized(self) -> None:
        """Another cell or size: weights that have the same names stay."""
        state = st.session_state
        held, before = state[_STATE], self._empty()
        kind, units, inputs = state[_KIND], int(state[_UNITS]), int(state[_INPUTS])
        after = preset(ZEROS, kind, units, inputs).cell
        old = pd.DataFrame(held["weights"], index=before.rows, columns=before.columns)
        weights = old.reindex(index=after.rows, columns=after.columns, fill_value=0.0).to_numpy().tolist()
        x = [[*row, *[0.0] * inputs][:inputs] for row in held["x"]]
        self._hold(held["preset"], kind, units, inputs, weights, x)

    def reset(self) -> None:
        """The preset as it was."""
        name = st.session_state[_STATE]["preset"]
        self._take(name, _preset(name))

    def changed(self) -> bool:
        """Whether the tables are not those of the preset."""
        return len(self.choices()) > 1

    def choices(self) -> dict[str, str]:
        """What belongs into the address: the preset, and the tables where they differ."""
        held = st.session_state[_STATE]
        begun = _preset(held["preset"])
        same = begun.cell.kind == held["kind"] and begun.cell.weights.tolist() == held["weights"]
        if same and begun.x.tolist() == held["x"]:
            return {"preset": held["preset"]}
        tables = {"w": _said(held["weights"]), "x": _said(held["x"])}
        return {"preset": held["preset"], "cell": held["kind"], **tables}

    def defaults(self) -> dict[str, str]:
        """What needs not be said there."""
        return {"preset": next(iter(PRESETS))}

    def _empty(self) -> OwnCell:
        held = st.session_state[_STATE]
        return preset(ZEROS, held["kind"], held["units"], held["inputs"]).cell

    def _columns(self, part: str) -> list[str]:
        columns = self._empty().columns
        return columns if part == "weights" else columns[: st.session_state[_STATE]["inputs"]]

    def _editor(self, part: str) -> str:
        return f"own_cell_{part}_{st.session_state[_STATE]['version']}"


def _preset(name: str) -> Preset:
    """A preset as a visitor first meets it."""
    return preset(name, "lstm", 2, 1)


def edited(table: Table, changes: Mapping[str, Any], columns: Sequence[str]) -> Table:
    """A table after the changes that an editor tells of; a cell without a number is NaN."""
    rows = [dict(zip(columns, row, strict=True)) for row in table]
    for place, values in changes.get("edited_rows", {}).items():
        rows[int(place)] |= values
    gone = set(changes.get("deleted_rows", ()))
    kept = [row for place, row in enumerate(rows) if place not in gone]
    kept += [
        row for row in changes.get("added_rows", ()) if any(row.get(name) is not None for name in columns)
    ]
    return [[_number(row.get(name)) for name in columns] for row in kept]


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _said(table: Table) -> str:
    """`1_0~0_40`: rows, then columns, by signs that a link holds as they are."""
    return "~".join("_".join(f"{value:.12g}" for value in row) for row in table)


def _parsed(text: str, what: str) -> Table:
    """The opposite. Raises ValueError for what is no table of numbers."""
    try:
        table = [[float(value) for value in row.split("_")] for row in text.split("~")]
    except ValueError:
        raise ValueError(f"its {what} are no table of numbers.") from None
    if len({len(row) for row in table}) > 1 or not np.isfinite(np.array(table)).all():
        raise ValueError(f"its {what} are no table of numbers.")
    return table


OWN_CELL = OwnCellLesson()
