"""The tables behind the page Memory, as CSV: made when asked for."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz.analysis import Decay, half_lives
from rnnviz.traces import Trace, TraceError
from rnnviz.ui.remembering.settling import Place

if TYPE_CHECKING:
    from rnnviz.gradients import Pairs

Rows = Iterable[Sequence[object]]


def offer(trace: Trace, place: Place, pairs: "Pairs | None", found: Mapping[str, Decay]) -> None:
    """Draw the buttons for what there is."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("The tables (.csv):", width="content")
        if pairs is not None:
            _button(
                "all pairs", "pairs", lambda: table(["state", "loss", "step", "length"], pair_rows(pairs))
            )
        _button(
            "what is left", "left", lambda: table(["model", "steps", "left", "losses"], decay_rows(found))
        )
        try:
            half_lives(trace, place.layer)
        except TraceError:
            return
        _button(
            "half-lives",
            "half-lives",
            lambda: table(["unit", "mean", "steps"], life_rows(trace, place.layer)),
        )


def pair_rows(pairs: "Pairs") -> Rows:
    """Every length that is not 0: the name of the state, s, t, |dL_s/dstate_t|."""
    for name, norms in pairs.norms.items():
        for s, t in np.argwhere(norms).tolist():
            yield name, s, t, f"{norms[s, t]:.9g}"


def decay_rows(found: Mapping[str, Decay]) -> Rows:
    """What is left of each model's gradient after how many steps, and of how many losses it is the mean."""
    for name, one in found.items():
        for steps, left, count in zip(one.steps, one.left, one.count, strict=True):
            yield name, int(steps), f"{left:.9g}", int(count)


def life_rows(trace: Trace, layer: str) -> Rows:
    """The mean of the gate that keeps and the half-life of each unit, the longest first."""
    found = half_lives(trace, layer)
    for unit in found.order.tolist():
        yield unit, f"{found.mean[unit]:.9g}", f"{found.steps[unit]:.9g}"


def table(head: Sequence[str], rows: Rows) -> bytes:
    """A table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


def _button(label: str, name: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label, make, file_name=f"rnnviz-{name}.csv", mime="text/csv", on_click="ignore", type="tertiary",
        key=f"take_{name}",
    )  # fmt: skip
