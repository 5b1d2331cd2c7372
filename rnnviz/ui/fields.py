"""Fields for choices that are made elsewhere on the page as well: by a click on a picture, by a preset.

A browser goes on sending what a field held when it was last in sight: one in a popover that is shut by now,
or one whose new value is still on its way. So a choice that was made elsewhere gets a new field under a new
key; what is sent for the old one no longer counts.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st


def field(widget: Callable[..., Any], *args: Any, key: str, **options: Any) -> None:
    """Draw a widget, such as `st.number_input`, for the choice that the session holds under `key`."""
    state = st.session_state
    serial, last = state.get(_serial(key), (0, state[key]))
    serial += last != state[key]
    own = f"{key}_{serial}"
    state[_serial(key)], state[own] = (serial, state[key]), state[key]
    widget(*args, key=own, on_change=_take, args=(key, own), **options)


def _take(key: str, own: str) -> None:
    state = st.session_state
    state[key] = state[own]
    state[_serial(key)] = state[_serial(key)][0], state[own]


def _serial(key: str) -> str:
    return f"_field_{key}"
