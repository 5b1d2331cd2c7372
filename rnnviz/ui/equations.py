"""The equations of the cell, in letters and in the numbers of a step; and the step as matrices."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.traces import Trace
from rnnviz.ui import computed, panels, saying, words
from rnnviz.ui.opening import Place
from rnnviz.views import equations
from rnnviz.views import panels as figures

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry
    from rnnviz.terms import Terms


def numbers(trace: Trace, place: Place, sums: "Mapping[str, Terms]") -> None:
    """The equations of the chosen unit with the numbers of the chosen step."""
    step = len(trace) - 1 if place.step is None else place.step
    st.markdown("##### " + words.plain(saying.in_numbers(place.layer, place.unit, step, trace.tokens)))
    st.latex(equations.aligned(equations.numbers(sums, step)))


def letters(entry: "Entry") -> None:
    """The same equations in letters: as torch.nn computes them, and as other books write them."""
    st.markdown("##### In letters, as two schools write them")
    for column, convention, title in zip(
        st.columns(2, gap="medium"),
        equations.CONVENTIONS,
        ("Here, as torch.nn has them", "With U, W, V, as many books have them"),
        strict=True,
    ):
        with column:
            st.caption(title)
            st.latex(equations.aligned(equations.letters(entry.cell, convention)))
    st.caption("\n".join(f"- {words.plain(sentence)}" for sentence in equations.differences(entry.cell)))


def shapes(entry: "Entry", text: str, trace: Trace, place: Place) -> None:
    """The chosen step as matrices with their sizes, one click away: the weights are large."""
    drawer = st.expander("The step as matrices, with their sizes", on_change="rerun", key="shapes")
    if not drawer.open:
        return
    step = len(trace) - 1 if place.step is None else place.step
    with drawer:
        st.caption(words.plain(saying.step_of(place.layer, step, trace.tokens)))
        of = computed.step_matrices(entry, text, place.layer, step)
        panels.show(figures.step(of, entry.cell, tokens=computed.read_tokens(entry, place.layer)), "matrices")
