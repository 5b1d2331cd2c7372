"""The sections of the page Memory that are computed when they are opened."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz.analysis import clipping_story, decay, gradient_story
from rnnviz.files import read_json
from rnnviz.traces import Trace
from rnnviz.training.run import CONFIG, EVENTS, MOST_CONFIG
from rnnviz.training.status import Status
from rnnviz.ui import panels, saying, words
from rnnviz.ui.reading import Reading
from rnnviz.ui.remembering import numbers
from rnnviz.ui.remembering import settling as of
from rnnviz.ui.remembering.sections import chart, theme, warn
from rnnviz.ui.runs import Followed
from rnnviz.views import panels as figures
from rnnviz.views import trainings
from rnnviz.views.clippings import clippings
from rnnviz.views.decays import decays
from rnnviz.views.jacobians import jacobian
from rnnviz.views.tokens import number, per_cent, quoted

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

CARRIED = (
    "Of an LSTM the lower right quarter is c in c. What stands out on its diagonal is carried by f alone, "
    "each unit for itself: on that way a gradient fades no faster than f says."
)


def states(read: Reading, trace: Trace, place: of.Place) -> None:
    """|dstate_s / dstate_t| for the chosen s, and the Jacobian of the chosen pair, unit by unit."""

    def draw() -> None:
        reverse = place.layer.endswith("r")
        since = _since(place, len(trace), reverse)
        letter = "[h; c]" if read.entry.cell == "lstm" else "h"
        st.segmented_control(
            "How large a matrix is", list(of.NORMS), key=of.NORM, persist_state="session", required=True,
            format_func=of.NORMS.__getitem__,
            help="In the mean: the Frobenius norm, by the root of its size. At most: the largest singular "
            "value.",
        )  # fmt: skip
        found = numbers.growth(read.entry, read.text, place.loss, place.layer, place.norm)
        later, before = (f"step {t} {quoted(trace.tokens[t])}" for t in (place.loss, since))
        share = float(found.left[since])
        left = per_cent(share) if share < 1.005 else f"{number(share)} times as much"
        st.text(
            f"Of a change of {letter} at {before}, {left} is left in {letter} at {later}, "
            f"{of.NORMS[place.norm]}: the {of.SIZES[place.norm]} of the Jacobian is "
            f"{number(float(found.values[since]))}."
        )
        faded = decay(found.values[None], [place.loss], reverse)
        title = f"How much of a change of the state is left at step {place.loss}"
        named = f"{words.cell(read.entry)}, {saying.layer(place.layer)}"
        if len(faded.left) > 1:
            chart(
                "growth",
                decays.spec({named: faded}, title=title, subtitle=of.NORMS[place.norm], theme=theme()),
            )
        unit_by_unit = numbers.jacobian(read.entry, read.text, place.loss, since, place.layer)
        spec = jacobian.spec(unit_by_unit, theme=theme())
        drawn = spec["layout"]
        title, caption = (part["text"] for part in (drawn["title"], drawn["title"]["subtitle"]))
        panels.show(figures.figure(spec, title=title, caption=caption), "jacobian")
        if read.entry.cell == "lstm":
            st.caption(CARRIED)

    _drawer("states", "One state in another: |dh_s/dh_t| for the chosen pair, and its Jacobian", draw)


def _since(place: of.Place, steps: int, reverse: bool) -> int:
    """The step t of the chosen pair; the neighbour where none was chosen that s depends on."""
    if place.step is not None and (place.step >= place.loss if reverse else place.step <= place.loss):
        return place.step
    return min(place.loss + 1, steps - 1) if reverse else max(place.loss - 1, 0)


def items(read: Reading, trace: Trace, place: of.Place) -> None:
    """The gradient at each step, stacked by where it came from."""

    def draw() -> None:
        if read.entry.cell == "lstm":
            st.segmented_control(
                "At which state",
                ["h", "c"],
                key=of.ITEM,
                persist_state="session",
                required=True,
                format_func="${}$".format,
            )
        found = numbers.items(read, f"{place.layer}.{place.item}")
        picture = figures.items(trace, found, step=place.step)
        panels.show(picture, "items")
        if len(found.lengths) > 1:
            _pulls(read, place, picture)

    _drawer("items", "Itemised: from which losses the gradient at each step comes", draw)


def _pulls(read: Reading, place: of.Place, picture: figures.Panel) -> None:
    """How hard each loss pulls at the weights, and what clipping would leave of them all."""
    found = numbers.pulls(read.entry, read.text)
    each = figures.Series("|dL_s/dW|", np.where(found.shares > 0, found.norms, np.nan))
    drawn = figures.lines(
        [each],
        picture,
        title="How hard each loss pulls at the weights",
        caption="the length of its gradient of all weights",
        unit="",
        bars=True,
        step=place.step,
    )
    panels.show(drawn, "pulls")
    seen = numbers.clipping(read.entry, read.text, True, 1, place.clip, place.by)
    mean = float((found.shares * found.norms).sum())
    st.text(
        f"One by one they are {number(mean)} long in the mean; together, pulling in different directions, "
        f"{number(found.whole)}. Clipped {of.CLIPPED[place.by]} to {number(place.clip)}: "
        f"{clipping_story(seen.norm_before, seen.norm_after, place.by)}"
    )


def weights(read: Reading, models: "dict[str, Entry]", place: of.Place) -> None:
    """Weights from step to step made larger or smaller: exploding, vanishing; and clipping."""

    def draw() -> None:
        trained = place.scaled == "after"
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            st.segmented_control(
                "Models",
                list(of.WHEN),
                key=of.SCALED,
                persist_state="session",
                required=True,
                format_func=of.WHEN.__getitem__,
            )
            st.select_slider(
                "W_hh times", of.FACTORS, key=of.FACTOR, persist_state="session", format_func="{:g}".format,
                help="All weights that read the state at the step before, of all gates, times this.",
            )  # fmt: skip
        as_is = numbers.decays(models, read.text, trained=trained)
        other = numbers.decays(models, read.text, trained=trained, factor=place.factor)
        named = (f"W_hh × {place.factor:g}", of.WHEN[place.scaled])
        title = f"What is left with W_hh × {place.factor:g}"
        st.text(gradient_story(other))
        if any(len(each.left) > 1 for each in other.values()):
            chart("scaled", decays.spec(other, as_is, names=named, title=title, theme=theme()))
        told = (_radii(name, numbers.radii(entry, trained), place.factor) for name, entry in models.items())
        st.caption(words.plain(f"Spectral radii of W_hh × {place.factor:g}: {'; '.join(told)}."))
        _clipping(read, models, place)

    _drawer("weights", "Exploding and vanishing: larger or smaller weights, and clipping", draw)


def _radii(name: str, radii: dict[str, float], factor: float) -> str:
    """The spectral radii of the first layer, in words."""
    first = {key.removeprefix("l0."): value for key, value in radii.items() if key.startswith("l0.")}
    return f"{name} {', '.join(f'{gate} {number(factor * radius)}' for gate, radius in first.items())}"


def _clipping(read: Reading, models: "dict[str, Entry]", place: of.Place) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            "Clip the gradient",
            list(of.CLIPPED),
            key=of.BY,
            persist_state="session",
            required=True,
            format_func=of.CLIPPED.__getitem__,
        )
        st.number_input("to", 1e-6, 1e6, key=of.CLIP, persist_state="session", format="%g", width=160)
    chosen = (place.scaled == "after", place.factor, place.clip, place.by)
    found = {name: numbers.clipping(entry, read.text, *chosen) for name, entry in models.items()}
    chart("clippings", clippings.spec(found, theme=theme()))
    told = (
        f"{name}: {clipping_story(one.norm_before, one.norm_after, place.by)}" for name, one in found.items()
    )
    st.text("\n".join(told))
    st.caption(
        "Clipping holds a gradient that explodes. It gives nothing back of one that has vanished: for that "
        "there are gates, which keep a state by multiplying it with a number near 1."
    )


def training(read: Reading) -> None:
    """How long the gradient was while the model learned, from the log of its training."""

    def draw() -> None:
        folder = read.entry.path
        if not (folder / EVENTS).is_file():
            st.text("This model came without the log of its training.")
            return
        run = Followed(folder.name, folder, Status("finished"), read_json(folder / CONFIG, MOST_CONFIG))
        events = run.events()
        if not any(event["kind"] == "step" and event.get("norm_before") for event in events):
            st.text("The log of its training does not tell of gradients.")
            return
        clip = run.settings.get("clip")
        spec = trainings.curves.spec(
            events, "norm", clip=clip if clip and clip < 1e6 else None, theme=theme()
        )
        chart("norms", spec)

    _drawer("training", "How long the gradient was while it learned", draw)


def _drawer(name: str, label: str, draw: Callable[[], None]) -> None:
    """A section that is computed once it is opened; what cannot be computed is said in it."""
    drawer = st.expander(label, key=f"drawer_{name}", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        try:
            draw()
        except ValueError as error:
            warn(str(error))
