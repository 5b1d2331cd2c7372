"""The lessons of First steps: which there are, which is on the page, and what belongs into its address."""

from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.ui import address, explaining, panels, words
from rnnviz.ui.lessons.by_hand import BY_HAND
from rnnviz.ui.lessons.own_cell import OWN_CELL
from rnnviz.ui.lessons.reading import CONTEXT, GROWTH, STEPPING
from rnnviz.ui.lessons.states import JOINED, START, STATE
from rnnviz.ui.lessons.tokens import EMBEDDING, ONE_HOT

if TYPE_CHECKING:
    from rnnviz.ui.lessons.lesson import Lesson
    from rnnviz.ui.lessons.own_cell import OwnCellLesson

LESSON = "lesson"
LESSONS: "dict[str, Lesson | OwnCellLesson]" = {
    lesson.name: lesson
    for lesson in (
        BY_HAND, CONTEXT, STATE, JOINED, STEPPING, START, GROWTH, ONE_HOT, EMBEDDING, OWN_CELL,
    )
}  # fmt: skip
"""In the order in which they are best read."""

_READ, _LAST = "_lessons_address", "_lessons_last"


def settle() -> "Lesson | OwnCellLesson":
    """The lesson that was chosen, or that the address names, with its numbers."""
    state = st.session_state
    last = state.get(_LAST, BY_HAND.name)  # of an earlier visit to this page
    lesson = LESSONS[address.settle(LESSON, last, LESSONS, what="lesson")]
    # The address speaks of the lesson that it names, and once: afterwards it follows the page.
    given = {} if _READ in state else dict(st.query_params)
    state[_READ], state[_LAST] = True, lesson.name
    lesson.settle(given)
    return lesson


def choose() -> None:
    """Draw the list."""
    st.segmented_control(
        "Lesson",
        list(LESSONS),
        key=LESSON,
        persist_state="session",
        required=True,
        format_func=lambda name: LESSONS[name].title,
        label_visibility="collapsed",
        wrap=True,
    )


def draw(lesson: "Lesson | OwnCellLesson") -> None:
    """What to look at, the controls, the picture, what is true of it, and the code."""
    st.caption(words.plain(lesson.look))
    explaining.notes()
    lesson.ask()
    shown, code = lesson.draw()
    panels.show(shown.picture, "lesson_picture")
    if shown.chart:
        spec = shown.chart(theme=st.context.theme.type or "light")
        st.vega_lite_chart(spec=spec, key="lesson_chart", theme=None, width="stretch")
    st.text(shown.said)
    st.caption("The same in Python:")
    st.code(code, language="python")
    address.write({LESSON: lesson.name, **lesson.choices()}, {LESSON: BY_HAND.name, **lesson.defaults()})
