"""From a trace to the small multiples of its heads: a matrix for each head of each layer, and their means."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.panels.builders import sentence_of
from rnnviz.views.panels.looks import (
    Looks,
    called,
    checked_head,
    first_of,
    looks_of,
    matrix_of,
    names_of,
    shut_of,
    steps_of,
    where_of,
)
from rnnviz.views.panels.panel import Panel
from rnnviz.views.tokens import number

MOST = 110  # pixels of a small matrix; of a longer sentence each is the largest of its neighbours
PLAIN = 0.3  # what a head must give a place on average to be named by it


def heads(
    trace: Trace,
    layers: Sequence[str] | None = None,
    *,
    layer: str | None = None,
    head: int | None = None,
    step: int | None = None,
) -> Panel:
    """A small matrix of weights for each head of each layer, then the mean of the layer; the chosen one is
    emphasised. Under it stands where the head looks on average.

    layers: such as ("l0", "l1"), or of an encoder and a decoder ("enc.l0", "dec.l0", "dec.l0.cross"); all if
    not given. layer, head: the chosen one; the one that `first_of` shows first, or the first of `layers`, and
    None for the mean. A click is told as the state ``head``: {"layer", "head"}. Raises ValueError where there
    are no heads, or no such layer or head.
    """
    found = {each.layer: each for each in (looks_of(trace, name) for name in names_of(trace)) if each.heads}
    if not found:
        raise ValueError("Nothing in this trace has heads.")
    chosen = list(found) if layers is None else list(layers)
    for each in [*chosen, *([] if layer is None else [layer])]:
        if each not in found:
            raise ValueError(f"There are no heads in {each!r}; there are in: {', '.join(map(str, found))}.")
    if layer is None:
        first = looks_of(trace, first_of(trace)).layer
        layer = first if first in chosen else chosen[0]
    checked_head(found[layer], head)
    rows = [_row(trace, found[each]) for each in chosen]
    return Panel(
        "heads",
        {
            **sentence_of(steps_of(trace, found[layer]), step),
            "layers": rows,
            "chosen": {"layer": layer, "head": head},
        },
    )


def _row(trace: Trace, looks: Looks) -> dict[str, Any]:
    """One layer: its heads, then their mean where there are several."""
    each: list[int | None] = [*range(looks.heads), *([None] if looks.heads > 1 else [])]
    shut = shut_of(trace, looks)
    return {
        "layer": looks.layer,
        "name": called(looks.layer),
        "pictures": [_picture(looks, head, matrix_of(trace, looks, "weights", head), shut) for head in each],
    }


def _picture(looks: Looks, head: int | None, weights: np.ndarray, shut: np.ndarray | None) -> dict[str, Any]:
    places = _places(looks, weights, shut)
    spread = _spread(weights)
    best = max(places, key=lambda place: places[place], default="")
    plain = best if best and places[best] >= PLAIN else ""
    where = where_of(looks, head) or "the only head"
    told = [f"{number(share)} on {words}" for words, share in sorted(places.items(), key=lambda p: -p[1])]
    told.append(f"spread as if evenly over {number(spread)} of {len(looks.columns)} tokens")
    small, each = _small(weights)
    return {
        "head": head,
        "name": "mean" if head is None else f"head {head + 1}",
        "values": small,
        "each": each,
        "said": f"{where[:1].upper()}{where[1:]}, on average over the sentence: {', '.join(told)}.",
        "short": f"{plain} {number(places[plain])}" if plain else f"over {number(spread)}",
    }


def _places(looks: Looks, weights: np.ndarray, shut: np.ndarray | None) -> dict[str, float]:
    """How much weight falls on certain places, on average over the rows that have such a place."""
    if looks.kind not in ("asked", "back") or len(weights) < 2:
        return {}
    if looks.kind == "back":  # the column of a row is what was written just before
        return {
            "the last": float(np.diagonal(weights).mean()),
            "the last but one": float(np.diagonal(weights, -1).mean()),
            "the start": float(weights[1:, 0].mean()),
        }
    ahead = shut is None or not shut[0, -1]
    return {
        "itself": float(np.diagonal(weights).mean()),
        "the one before": float(np.diagonal(weights, -1).mean()),
        **({"the one after": float(np.diagonal(weights, 1).mean())} if ahead else {}),
        "the first": float(weights[1:, 0].mean()),
    }


def _spread(weights: np.ndarray) -> float:
    """Over how many tokens a row spreads, on average: e to its entropy, 1 if all weight is on one."""
    exact = weights.astype(np.float64)
    logs = np.log(exact, where=exact > 0, out=np.zeros_like(exact))
    return float(np.exp(-(exact * logs).sum(1)).mean()) if len(weights) else 0.0


def _small(weights: np.ndarray) -> tuple[np.ndarray, int]:
    """At most MOST pixels each way, as shares of 255; and how many cells on a side each stands for."""
    each = max(1, -(-max(weights.shape) // MOST))
    rows, columns = (-(-length // each) for length in weights.shape)
    padded = np.zeros((rows * each, columns * each), weights.dtype)
    padded[: weights.shape[0], : weights.shape[1]] = weights
    largest = padded.reshape(rows, each, columns, each).max((1, 3))
    return np.round(255 * largest).astype(np.uint8), each
