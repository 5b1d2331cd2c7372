"""Panels of two sentences in common columns: where one has something put in, the other has a gap."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnviz.views.panels.panel import Panel

GAP = -1
HELD = "a gap: only the other sentence has a character here"


def aligned(panel: Panel, places: Sequence[int] | np.ndarray, both: Sequence[Sequence[str]]) -> Panel:
    """A ribbon or heatmap of a sentence with a column for each place of an alignment, empty in a gap.

    places: (C,) the step of the sentence in each column, -1 in a gap. both: the tokens of the two sentences,
    which name the columns, so that the panels of both go together. A column that does not have the number of
    its step says so under the pointer.
    """
    where = np.asarray(places, dtype=int)
    data = dict(panel.data)
    name = hashlib.blake2b(repr(tuple(both)).encode("ascii", "backslashreplace"), digest_size=8).hexdigest()
    data |= {
        "tokens": [data["tokens"][place] if place != GAP else "" for place in where],
        "names": _names(data["names"], where),
        "text": name,
    }
    for key in ("z", "surprise"):
        if key in data:
            data[key] = _spread(data[key], where)
    if "unknown" in data:
        data["unknown"] = [int(column) for column in np.flatnonzero(np.isin(where, data["unknown"]))]
    if "guess" in data:
        data |= _guesses(data, where)
    return Panel(panel.name, data)


def _names(names: dict[str, str], where: np.ndarray) -> dict[str, str]:
    """What is said of a column beside its token."""
    said = {}
    for column, place in enumerate(where):
        if place == GAP:
            said[str(column)] = HELD
        elif place != column or str(place) in names:
            own = [f"(its own step {place})"] if place != column else []
            said[str(column)] = " ".join([*filter(None, [names.get(str(place))]), *own])
    return said


def _spread(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(..., T) -> (..., C), nothing in a gap."""
    taken = values.take(where, axis=-1)
    taken[..., where == GAP] = np.nan
    return taken


def _guesses(data: dict[str, Any], where: np.ndarray) -> dict[str, Any]:
    """What is expected in the column after each: of a token, what was expected after the token before it;
    of a gap nothing.
    """
    guess, chance = data["guess"], data["chance"]
    following = np.append(where[1:], GAP) - 1  # the step whose guesses are for the next column
    known = following >= 0
    spread = np.where(known[:, None], guess[following], len(data["signs"])).astype(guess.dtype)
    chances = np.where(known[:, None], chance[following], np.nan).astype(chance.dtype)
    came = [data["came"][place] if place != GAP else -1 for place in where]
    return {"guess": spread, "chance": chances, "signs": [*data["signs"], ""], "came": came}
