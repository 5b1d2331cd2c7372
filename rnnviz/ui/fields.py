"""Fields in a popover, for choices that are made elsewhere on the page as well: by a click, by a preset.

A browser goes on sending what a field held when it was last in sight, however long its popover has been shut.
So a choice that was made elsewhere gets a new field under a new key, and what is sent for the old one no
longer counts. (Not for fields that are always in sight: both would stand side by side for a moment.)
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from rnnviz.ui.address import put


def field(widget: Callable[..., Any], *args: Any, key: str, **options: Any) -> None:
    """Draw a widget, such as `st.number_input`, for the choice that the session holds under `key`."""
    state = st.session_state
    serial, last = state.get(_serial(key), (0, state[key]))
    serial += last != state[key]
    own = f"{key}_{serial}"
    state[_serial(key)] = serial, state[key]
    put(own, state[key])
    widget(*args, key=own, on_change=_take, args=(key, own), **options | {"persist_state": "session"})


def _take(key: str, own: str) -> None:
    state = st.session_state
    state[key] = state[own]
    state[_serial(key)] = state[_serial(key)][0], state[own]


def _serial(key: str) -> str:
    return f"_field_{key}"
