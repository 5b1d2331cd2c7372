"""A lesson: a question, numbers to change, a picture, and the code that does the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st

from rnnviz.ui import address, words
from rnnviz.ui.lessons.controls import Control
from rnnviz.views.panels import Panel

_GOOD = "_lessons_good"


class Shown(NamedTuple):
    """What a lesson comes to: a picture, and a sentence that is true of these numbers. chart: from a theme to
    the spec of a Vega-Lite chart, where there is one.
    """

    picture: Panel
    said: str
    chart: Callable[..., dict[str, Any]] | None = None


@dataclass(frozen=True)
class Lesson:
    """One lesson. name: in links; title: in the list; look: what to look at.

    show, code: from the values of the controls, by name, to what is seen and to Python that runs. show raises
    ValueError, a sentence, for values that do not go together.
    """

    name: str
    title: str
    question: str
    look: str
    controls: tuple[Control, ...]
    show: Callable[..., Shown]
    code: Callable[..., str]

    def settle(self, given: Mapping[str, str]) -> None:
        """Give each control what the visitor typed, else what the address says, else the usual."""
        state = st.session_state
        for control in self.controls:
            key, name = self.key(control.name), control.name
            if key not in state:
                state[key] = self._given(control, given[name]) if name in given else control.usual

    def _given(self, control: Control, text: str) -> Any:
        try:
            value = control.read(text)
        except ValueError as error:
            address.note(self.key(control.name), control.usual, f"{error} So this is {control.usual}.")
            return control.usual
        return text if isinstance(control.usual, str) and isinstance(value, tuple) else value

    def ask(self) -> None:
        """Draw the controls."""
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            for control in self.controls:
                control.draw(self.key(control.name))
            if self.changed():
                st.button(
                    "as in the article",
                    key="as_in_the_article",
                    icon=":material/undo:",
                    type="tertiary",
                    on_click=self.reset,
                )

    def reset(self) -> None:
        """All controls to what the articles have."""
        for control in self.controls:
            st.session_state[self.key(control.name)] = control.usual

    def draw(self) -> tuple[Shown, str]:
        """What is seen, and the code; of the last values that could be read where one cannot be."""
        good = st.session_state.setdefault(_GOOD, {})
        try:
            values = self._values()
            told = self.show(**values), self.code(**values)
            good[self.name] = told
        except ValueError as error:
            problem(str(error))
            usual = {control.name: control.read(control.usual) for control in self.controls}
            told = good.get(self.name) or (self.show(**usual), self.code(**usual))
        return told

    def _values(self) -> dict[str, Any]:
        state = st.session_state
        return {control.name: control.read(state[self.key(control.name)]) for control in self.controls}

    def choices(self) -> dict[str, str]:
        """What belongs into the address."""
        return {c.name: c.said(st.session_state[self.key(c.name)]) for c in self.controls}

    def defaults(self) -> dict[str, str]:
        """What needs not be said there."""
        return {control.name: control.said(control.usual) for control in self.controls}

    def changed(self) -> bool:
        """Whether anything is not as in the articles."""
        return self.choices() != self.defaults()

    def key(self, name: str) -> str:
        """Under which the session holds a control's value."""
        return f"{self.name}_{name}".replace("-", "_")


def problem(sentence: str) -> None:
    """Say what cannot be; nobody loses what was typed."""
    st.caption(":orange[:material/warning:] " + words.plain(sentence))
