"""Fields in a popover.

A browser goes on sending what a field held when it was last in sight, however long its popover has been shut.
So a choice that was made elsewhere, by a click or a preset, gets a new field under a new key, and what is
sent for the old one no longer counts. And a field that was never in sight has been told nothing yet: in each
run it is told its value. (Neither is good for a field in sight: old and new would stand side by side for a
moment, and what is told overwrites what is being typed.)
"""

from collections.abc import Callable
from typing import Any

import streamlit as st


def field(
    widget: Callable[..., Any], *args: Any, key: str, then: Callable[[], object] | None = None, **options: Any
) -> None:
    """Draw a widget, such as `st.number_input`, for the choice that the session holds under `key`.

    then: called after somebody has changed it there.
    """
    state = st.session_state
    serial, last = state.get(_serial(key), (0, state[key]))
    serial += last != state[key]
    own = f"{key}_{serial}"
    state[_serial(key)] = serial, state[key]
    state[own] = state[key]
    widget(*args, key=own, on_change=_take, args=(key, own, then), **options)


def _take(key: str, own: str, then: Callable[[], object] | None) -> None:
    state = st.session_state
    state[key] = state[own]
    state[_serial(key)] = state[_serial(key)][0], state[own]
    if then:
        then()


def _serial(key: str) -> str:
    return f"_field_{key}"
