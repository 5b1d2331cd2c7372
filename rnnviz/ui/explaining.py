"""Words around the pictures: what to see, where the numbers come from, what to do if there is nothing."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.analysis import step_story
from rnnviz.traces import Trace
from rnnviz.ui import address, gallery, words

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry
    from rnnviz.terms import Terms

CODE = re.compile(r"`([^`]+)`")  # as it stands in a model's card


def heading(question: str) -> None:
    """The question that a page answers, and whose page it is."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", gap="xxsmall"
    ):
        st.markdown(f"#### {question}", width="content")
        st.caption("rnnviz, a microscope for recurrent networks", width="content")


def what_to_see(sentence: str, entry: "Entry") -> None:
    """A computed sentence about the picture, and what was found in the model when it was trained.

    The sentence quotes what was typed, so it is drawn as plain text and never read as markup.
    """
    st.text(sentence)
    if entry.findings:
        st.caption(words.plain(CODE.sub(r"“\1”", " ".join(entry.findings))))


def step(trace: Trace, sums: "Mapping[str, Terms]", step: int | None) -> None:
    """A computed sentence about one unit at one step, None for the last; as plain text, for it quotes."""
    st.text(step_story(trace, sums, len(trace) - 1 if step is None else step))


def cell_source(entry: "Entry") -> None:
    """The file with the equations, one click away."""
    drawer = st.expander(f"The equations: the file that computed this {words.cell(entry)}", on_change="rerun")
    if drawer.open:
        path = gallery.cell_source(entry)
        drawer.code(path.read_text(encoding="utf-8"), language="python")


def notes() -> None:
    """What was wrong with the address, as far as it still matters."""
    for sentence in address.notes():
        st.caption(":orange[:material/info:] " + words.plain(sentence))


def no_runs() -> None:
    """What there will be to see once something is learned."""
    st.text("Nothing has been trained here yet. Press Start, and watch it learn.")


def no_models(shelf: "gallery.Shelf") -> None:
    """What to do where there is not a single model that the page can show."""
    st.markdown("#### There is no trained model to look at yet")
    st.text("Train one with  python -m rnnviz train  and reload this page.")
    for sentence in words.not_shown(list(shelf.others.values()), shelf.page):
        st.caption(words.plain(sentence))
    for entry in shelf.broken:
        st.caption(words.plain(words.broken(entry.name, str(entry.error))))
