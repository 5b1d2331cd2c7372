"""Which step moved which: every loss with every state before it, or every guess with every character."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.panels.builders import sentence_of
from rnnviz.views.panels.panel import Panel
from rnnviz.views.words import layer_of

if TYPE_CHECKING:
    from rnnviz.gradients import Items, Pairs

DECADES = 4  # powers of ten from the palest colour to the strongest
EDGES = (1, 2, 4, 8, 16, 32)  # the last distance of each band but the last: 1, 2, 3-4, 5-8, ...


def moved(
    trace: Trace,
    values: np.ndarray,
    *,
    loss: int | None = None,
    step: int | None = None,
    only: bool = False,
) -> Panel:
    """How much each character that was read moved each later guess: in the text itself, and as a matrix.

    values: (T, T), as `rnnviz.connectivity` gives it; or of a tagger or classifier `norms["emb"]` of its
    `rnnviz.loss_to_states`, (S, T). loss: the guess that is chosen at first, the last if not given; step: the
    character. only: whether nothing but that guess travels to the browser, where all pairs would be too many.

    Madsen, "Visualizing memorization in RNNs", 2019.
    """
    if "out.surprise" in trace:
        title = "Which characters moved which guess"
        caption = "|d log P(x_s) / dx_t|: s the guess, t a character before it"
        return _pairs(trace, values, title, caption, {"kind": "guess", "state": "x"}, loss, step, only)
    caption = f"|{_loss(values)} / dx_t|: x_t what was read at step t"
    title = "Which characters moved the answer"
    return _pairs(trace, values, title, caption, {"kind": "loss", "state": "x"}, loss, step, only)


def reached(
    trace: Trace,
    pairs: "Pairs",
    layer: str,
    *,
    loss: int | None = None,
    step: int | None = None,
    only: bool = False,
) -> Panel:
    """How much each loss hears of the state at each step, (S, T), as `rnnviz.loss_to_states` gives it.

    layer: such as `l0`, or `l0r`; the state is h, of an LSTM h and c side by side. loss, step: chosen at
    first; only: as for `moved`. Raises ValueError for a layer that does not exist.
    """
    values = pairs.state(layer)
    letter = "[h; c]" if f"{layer}.state" in pairs.norms else "h"
    title = f"Which states each loss hears of, {layer_of(f'{layer}.h')}"
    caption = f"|{_loss(values)} / d{letter}_t|: t a step that was read"
    return _pairs(trace, values, title, caption, {"kind": "loss", "state": letter}, loss, step, only)


def _loss(values: np.ndarray) -> str:
    return "dL" if len(values) == 1 else "dL_s"


def items(trace: Trace, found: "Items", *, step: int | None = None) -> Panel:
    """The gradient that arrives at each state, stacked by how far away the losses are that it comes from.

    found: as `rnnviz.gradients.itemised` gives it. A band is the sum of the lengths of the gradients from
    losses at those distances; the line is the length of their sum, which is shorter, since they pull in
    different directions.

    Cashman, Patterson, Mosca, Watts, Robinson, Chang, "RNNbow", 2018.
    """
    sums, names = bands_of(found.lengths)
    own = {
        "title": f"Where the gradient at each {_letter(found.name)} comes from",
        "caption": "bars: the lengths of what each loss sends, stacked; line: the length of their sum",
        "symbol": _letter(found.name),
        "bands": np.asarray(sums, np.float32),
        "keys": names,
        "whole": np.asarray(found.whole, np.float32),
        "of": found.of,
    }
    return Panel("items", {**sentence_of(trace, step), **own})


def bands_of(lengths: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """What each step hears, summed by the distance of the losses: (bands, T), and the bands in words.

    lengths: (S, T), as `Items` has them. Of one loss for the whole there is one band.
    """
    if len(lengths) == 1:
        return lengths, ["from the one loss"]
    steps = np.arange(lengths.shape[1])
    far = np.abs(steps[:, None] - steps[None, :])
    starts = (0, *(edge + 1 for edge in EDGES))
    ends = (*EDGES, lengths.shape[1])
    sums = np.array(
        [
            np.where((far >= low) & (far <= high), lengths, 0).sum(0)
            for low, high in zip(starts, ends, strict=True)
        ]
    )
    names = [_band(low, high) for low, high in zip(starts[:-1], EDGES, strict=True)]
    return sums, [*names, f"{starts[-1]} or more steps away"]


def _band(low: int, high: int) -> str:
    if high == 1:
        return "at the step or 1 away"
    return f"{high} steps away" if low == high else f"{low} to {high} steps away"


def _letter(name: str) -> str:
    return name.rpartition(".")[2]


def _pairs(
    trace: Trace,
    values: np.ndarray,
    title: str,
    caption: str,
    words: dict[str, Any],
    loss: int | None,
    step: int | None,
    only: bool,
) -> Panel:
    if only:
        loss = len(values) - 1 if loss is None else loss
        values = values[loss : loss + 1]
    high = _decade(values)
    own = {
        "title": title,
        "caption": caption,
        "values": np.asarray(values, dtype=np.float32),
        "high": high,
        "low": high * 10.0**-DECADES,
        "loss": loss,
        "only": loss if only else None,
        **words,
    }
    return Panel("pairs", {**sentence_of(trace, step), **own})


def _decade(values: np.ndarray) -> float:
    """The power of ten at or above the largest: an end of the colours that rests while a person types."""
    finite = values[np.isfinite(values)]
    largest = float(finite.max()) if finite.size else 0.0
    return 10.0 ** math.ceil(math.log10(largest)) if largest > 0 else 1.0
