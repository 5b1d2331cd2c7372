"""The address of a page says all that was chosen on it, so that a link or a reload brings the picture back.

Streamlit's own `bind="query-params"` lags a keystroke behind in a live text field and drops values it does
not like without a word, and `st.query_params` leaves an entry in the browser's history for every key. So the
pages read the address once, when a visit begins, and write it with a few lines of script that replace it in
place.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import streamlit as st

from rnnviz.ui import words

Value = TypeVar("Value")

_NOTES = "_address_notes"

_SCRIPT = """
export default function ({data}) {
  const here = new URL(window.location.href)
  if (here.search.slice(1) === data.query) return
  here.search = data.query
  // Browsers refuse more than some hundred changes in half a minute; a later key then brings it up to date.
  try { window.history.replaceState(window.history.state, "", here) } catch (refused) { return }
}
"""
_replace = st.components.v2.component("rnnviz_address", js=_SCRIPT)


def settle(
    name: str,
    default: Value,
    offered: Collection[Any],
    *,
    what: str,
    parse: Callable[[str], Any] = str,
) -> Value:
    """Make sure that the session holds a possible value under `name`, and return it.

    The order of trust: what the visitor chose on the page, what the address says, the default. A value in the
    address that is not `offered` is answered with a sentence (see `notes`) that calls it a `what`. Call this
    before the widget of that key is made.
    """
    state = st.session_state
    if name not in state and name in st.query_params:
        given = st.query_params[name]
        state[name] = _parsed(given, parse, offered)
        if state[name] is None:
            state[name] = default
            note(name, default, words.not_offered(what, given, default, offered))
    elif name not in state or state[name] not in offered:
        state[name] = default
    chosen: Value = state[name]
    return chosen


def put(name: str, value: Any) -> None:
    """Make a choice for the visitor; nothing happens where it stands already.

    What a script assigns is sent to the browser, over all that was typed there meanwhile. For the same reason
    a widget keeps its value over the pages by `persist_state`, not by an assignment in each run.
    """
    state = st.session_state
    if name not in state or state[name] != value:
        state[name] = value


def _parsed(given: str, parse: Callable[[str], Any], offered: Collection[Any]) -> Any:
    """The value that an address gives; None if it is none, or none of those offered."""
    try:
        value = parse(given)
    except ValueError:
        return None
    return value if value in offered else None


def note(name: str, value: Any, sentence: str) -> None:
    """Keep a sentence about the address, to be shown for as long as `name` has this value."""
    st.session_state.setdefault(_NOTES, {})[name] = (value, sentence)


def notes() -> list[str]:
    """What was wrong with the address, as far as it still matters."""
    kept = st.session_state.get(_NOTES, {})
    return [sentence for name, (value, sentence) in kept.items() if st.session_state.get(name) == value]


def write(choices: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Put the choices that differ from their defaults into the address of the page."""
    chosen = {
        name: value for name, value in choices.items() if value is not None and value != defaults.get(name)
    }
    _replace(key="address", data={"query": urlencode(chosen)})
