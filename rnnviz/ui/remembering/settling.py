"""What is looked at on the page Memory; all of it stands in the address."""

from dataclasses import dataclass

import streamlit as st

from rnnviz.traces import Trace
from rnnviz.ui import address, gallery, opening
from rnnviz.ui.looking import settle_step
from rnnviz.ui.panels import STEP, UNIT, WHERE
from rnnviz.ui.reading import Reading
from rnnviz.ui.words import Between

MOVED, LOSS, NORM, ITEM = "moved", "loss", "norm", "item"
FACTOR, SCALED, CLIP, BY = "factor", "scaled", "clip", "by"
OPEN = "open"
DRAWERS = ("states", "items", "weights", "training")
MOVERS = {"characters": "the characters it read", "states": "its states"}
NORMS = {"frobenius": "in the mean of all directions", "spectral": "in the direction that grows most"}
SIZES = {"frobenius": "Frobenius norm", "spectral": "largest singular value"}
FACTORS = (0.25, 0.5, 0.7, 1.0, 1.2, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0)
FACTOR_AT_FIRST = 3.0
WHEN = {"before": "before training", "after": "as trained"}
CLIPPED = {"norm": "by norm", "value": "by value"}


@dataclass(frozen=True)
class Place:
    """What is looked at. moved: whether "characters" or "states" moved a loss; layer: such as `l0`; loss,
    step: the pair, step None for what moved the loss most; unit: for the gates; norm, item, factor,
    scaled, clip, by: what the drawers show.
    """

    moved: str
    layer: str
    loss: int
    step: int | None
    unit: int
    norm: str
    item: str
    factor: float
    scaled: str
    clip: float
    by: str


def settle(read: Reading, trace: Trace) -> Place:
    """Every choice, from the session or else the address."""
    entry, steps = read.entry, len(trace)
    _forget_pair(read, steps)
    movers = list(MOVERS) if entry.directions == 1 else ["states"]
    letters = ("h", "c") if entry.cell == "lstm" else ("h",)
    layer = address.settle(WHERE, "l0", opening.layers(trace), what="layer")
    loss = address.settle(LOSS, steps - 1, range(steps), what="loss", parse=int)
    unit = address.settle(UNIT, gallery.liveliest(entry, layer), range(entry.hidden), what="unit", parse=int)
    _settle_drawers()
    return Place(
        moved=address.settle(MOVED, movers[0], movers, what="way to move it"),
        layer=layer,
        loss=loss,
        step=settle_step(steps),
        unit=unit,
        norm=address.settle(NORM, "frobenius", NORMS, what="norm"),
        item=address.settle(ITEM, "h", letters, what="state"),
        factor=address.settle(FACTOR, FACTOR_AT_FIRST, FACTORS, what="factor", parse=float),
        scaled=address.settle(SCALED, "before", WHEN, what="time"),
        clip=address.settle(CLIP, 1.0, Between(1e-6, 1e6), what="limit", parse=float),
        by=address.settle(BY, "norm", CLIPPED, what="way to clip"),
    )


def _forget_pair(read: Reading, steps: int) -> None:
    """While somebody types, the last character stays the one that is looked at."""
    state = st.session_state
    last = state.get("_memory_text")
    if last is not None and last != read.text and state.get(LOSS) in (len(last) - 1, None):
        state[LOSS], state[STEP] = steps - 1, None
    state["_memory_text"] = read.text


def _settle_drawers() -> None:
    state = st.session_state
    asked = st.query_params.get(OPEN, "").split(",")
    for name in DRAWERS:
        key = f"drawer_{name}"
        state[key] = bool(state[key]) if key in state else name in asked


def choices(place: Place) -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    opened = ",".join(name for name in DRAWERS if state.get(f"drawer_{name}"))
    named = (MOVED, WHERE, LOSS, UNIT, NORM, ITEM, FACTOR, SCALED, CLIP, BY)
    return {name: state[name] for name in named} | {STEP: place.step, OPEN: opened}


def defaults(read: Reading, trace: Trace, place: Place) -> dict[str, object]:
    """What needs not be said there."""
    return {
        MOVED: "characters" if read.entry.directions == 1 else "states",
        WHERE: "l0",
        LOSS: len(trace) - 1,
        UNIT: gallery.liveliest(read.entry, place.layer),
        NORM: "frobenius",
        ITEM: "h",
        FACTOR: FACTOR_AT_FIRST,
        SCALED: "before",
        CLIP: 1.0,
        BY: "norm",
        STEP: None,
        OPEN: "",
    }
