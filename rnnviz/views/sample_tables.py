"""What samples share that are shown as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from rnnviz.views.markup import Html, tag

WRONG = "✗ "
BARE = "border: 0; padding: 0"
_TABLE = "border-collapse: separate; border-spacing: 2px; border: 0; margin: 0; width: auto"


def colour(wrong: bool, colours: Mapping[str, Any]) -> str:
    """Of words on an answer."""
    return f"{colours['accent']}; font-weight: 600" if wrong else str(colours["faint"])


def table(rows: Sequence[Html], colours: Mapping[str, Any]) -> Html:
    """A table that scrolls by itself where the window is narrow."""
    inside = tag("table", _TABLE, tag("tbody", "", *rows))
    return tag("div", f"overflow-x: auto; color: {colours['ink']}", inside)
