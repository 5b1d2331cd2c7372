"""The film strip: any sentence, read by the model as it was at each step whose weights were kept."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
import streamlit as st

from rnnviz.analysis import unit_order
from rnnviz.models import WRITERS
from rnnviz.tasks import task_of
from rnnviz.tasks.pairs import PairsTask
from rnnviz.traces import Trace
from rnnviz.training.film import name_of
from rnnviz.training.run import STEPS
from rnnviz.ui import address, panels, saying, words
from rnnviz.ui.reading import one_line
from rnnviz.ui.runs import Followed
from rnnviz.views import panels as figures
from rnnviz.views.panels.looks import first_of, names_of
from rnnviz.views.words import gate_of, layer_of

Made = TypeVar("Made")

TEXT, SHOW, FRAME = "film_text", "film_show", "frame"
FIRST = ("l0.h", "dec.l0.h")
LONGEST = 200  # characters of a sentence: each costs a column in every frame
MOST_FRAMES = 24
NEWEST = -1
DIGITS = 4  # a number of that many digits is no place of a frame
MATRICES = (("head", "query", "key"), ("head", "step", "written"), ("head", "step", "source"))
FILMED = ("weight", "state", "gate", "candidate", "probability", "answer")


def settle() -> None:
    """The sentence of the film and its frame, as the session says or else the address."""
    state = st.session_state
    address.put(TEXT, one_line(state.get(TEXT, st.query_params.get(TEXT, ""))))
    if SHOW not in state:
        state[SHOW] = st.query_params.get(SHOW)
    if FRAME not in state:
        given = st.query_params.get(FRAME, "")
        state[FRAME] = int(given) if given.isdecimal() and len(given) < DIGITS else NEWEST


def choices() -> dict[str, Any]:
    """What belongs into the address."""
    state = st.session_state
    frame = state.get(FRAME, NEWEST)
    text = (state.get(TEXT) or "")[:LONGEST]
    return {TEXT: text or None, SHOW: state.get(SHOW), FRAME: None if frame == NEWEST else frame}


def heading(run: Followed) -> None:
    """What the film is of, and what to look for in it."""
    what = {"series": "series", "image": "picture"}.get(str(run.task.get("kind")), "sentence")
    st.markdown(f"##### The same {what}, while it learns")
    st.caption(saying.film(str(run.task.get("kind")), run.type))


def ask(run: Followed) -> None:
    """The field for the sentence, where one is read; the strip follows each key."""
    if run.example:
        st.text_input(
            "Type a sentence, every network of the film reads it", key=TEXT, live="200ms",
            persist_state="session",
            placeholder=run.example,
        )  # fmt: skip


def strip(run: Followed) -> None:
    """The strip itself, with what the steps reached below their frames."""
    try:
        kept = tuple(_kept(run))
        given = _input(run)
        frames = Frames(str(run.folder), kept, given, _target(run, kept, given))
        traces = _as_before("_traces", frames, frames.traces)
    except (ValueError, OSError) as error:
        st.caption(":orange[:material/warning:] " + words.plain(str(error)))
        return
    if not traces:
        st.caption("The film begins as soon as the run does.")
        return
    newest = traces[max(traces)]
    offered = _offered(newest)
    state = st.session_state
    if state.get(SHOW) not in offered:
        state[SHOW] = _first(newest, offered)
    st.segmented_control(
        "Show", offered, key=SHOW, required=True, label_visibility="collapsed", wrap=True,
        persist_state="session",
        format_func=lambda name: saying.quantity(
            name, several=sum(gate_of(each) == gate_of(name) and layer_of(each) != "" for each in offered) > 1
        ),
    )  # fmt: skip
    name, measured, chosen = state[SHOW], _held_out(run), state.get(FRAME, NEWEST)
    chosen = chosen if chosen < len(traces) else NEWEST

    def made() -> figures.Panel:
        order = _order(newest, name)
        return figures.film(traces, name, measured=measured, metric=run.metric, chosen=chosen, **order)

    panels.film(_as_before("_film", (frames, name, measured, run.metric, chosen), made))
    _expected(traces)
    _warn(run, newest)


def _warn(run: Followed, trace: Trace) -> None:
    """What of the sentence is not read as it stands; below the film, which would jump otherwise."""
    typed, most = len(st.session_state.get(TEXT) or "") if run.example else 0, _longest(run)
    too_long = words.too_long(typed, most) if typed > most else ""
    read = len(trace.labels.get("source", trace.labels["step"]))
    unknown = words.unknown(int(np.size(trace.meta.get("unknown", ()))), read)
    for sentence in filter(None, (too_long, unknown)):
        st.caption(":orange[:material/info:] " + words.plain(sentence))


class Frames(NamedTuple):
    """What the frames of a film are made of: steps with the state of their files, what is read, and of a
    model that writes what it is told to write, so that all frames have the same steps.
    """

    folder: str
    kept: tuple[tuple[int, int], ...]
    given: Any
    target: str | None = None

    def traces(self) -> dict[int, Trace]:
        """By step of training. Raises ValueError or OSError where a step cannot be read."""
        return {step: _trace(self.folder, step, state, self.given, self.target) for step, state in self.kept}


def _as_before(key: str, of: Any, make: Callable[[], Made]) -> Made:
    """What was made last in this session under a key, if it was made of the same; else it is made now.

    A look at a run that has kept nothing new since costs no more than comparing: a cache would take the sum
    of all parts first.
    """
    before = st.session_state.get(key)
    if before is None or before[0] != of:
        before = st.session_state[key] = (of, make())
    made: Made = before[1]
    return made


def _expected(frames: dict[int, Trace]) -> None:
    """What a language model expected at the chosen frame, character by character."""
    place, steps = st.session_state.get(FRAME, NEWEST), sorted(frames)
    trace = frames[steps[place if -len(steps) <= place < len(steps) else NEWEST]]
    if "out.surprise" in trace.names and "source" not in trace.labels:
        panels.show(figures.ribbon(trace), "film_ribbon")
        panels.show(figures.player(trace), "film_player")


def _offered(trace: Trace) -> list[str]:
    """What can be filmed: the values of each unit, what is answered or expected at each step, and what each
    step looks at. Of what a layer has in parts, as a transformer's, the part that leaves it.
    """
    return [
        name
        for name, quantity in trace.quantities.items()
        if quantity.kind in FILMED
        and (quantity.dims in MATRICES or (quantity.dims[:1] == ("step",) and len(quantity.dims) == 2))
        and quantity.dims[1] != "rank"
        and ("query" not in trace.labels or name.rpartition(".")[2] in ("h", "weights", "prob"))
    ]


def _first(trace: Trace, offered: list[str]) -> str:
    """What is filmed before anybody has chosen: where a model that writes looks, else a state."""
    looks = [first_of(trace)] if "source" in trace.labels and names_of(trace) else []
    return next((name for name in (*looks, *FIRST) if name in offered), offered[0])


def _kept(run: Followed) -> list[tuple[int, int]]:
    """The kept steps that are shown, and the times of their files: all, or of very many evenly picked ones,
    the first and the last too.
    """
    kept = sorted({int(event["step"]) for event in run.events() if event["kind"] == "kept"})
    if len(kept) > MOST_FRAMES:
        picked = np.linspace(0, len(kept) - 1, MOST_FRAMES).round().astype(int)
        kept = [kept[place] for place in picked]
    return [(step, (run.folder / STEPS / name_of(step)).stat().st_mtime_ns) for step in kept]


def _held_out(run: Followed) -> dict[int, float | None]:
    """The held-out metric at each kept step; None where there was no evaluation."""
    events = run.events()
    evaluated = {event["step"]: event.get("held_out") for event in events if event["kind"] == "evaluated"}
    return {event["step"]: evaluated.get(event["step"]) for event in events if event["kind"] == "kept"}


def _input(run: Followed) -> Any:
    """What is read: the sentence, or what the task shows of its numbers, as a tuple that can be a key."""
    shown = run.task.get("shown")
    if shown:
        return tuple(tuple(float(number) for number in row) for row in shown)
    return ((st.session_state.get(TEXT) or "") or run.example)[: _longest(run)]


def _longest(run: Followed) -> int:
    """How many characters its model reads for a film."""
    return min(LONGEST, _context(run))


def _context(run: Followed) -> int:
    """How many tokens a transformer reads together, and writes at most; others know no end."""
    model = run.config.get("model")
    context = model.get("context") if isinstance(model, dict) else None
    return context if isinstance(context, int) else sys.maxsize


def _target(run: Followed, kept: tuple[tuple[int, int], ...], given: Any) -> str | None:
    """What is written in every frame of a model that writes: what is right, where the task knows it, else
    what the newest frame writes by itself.
    """
    if run.type not in WRITERS or not kept:
        return None
    task = task_of(run.task)
    right = task.right(given) if isinstance(task, PairsTask) else ()
    outputs = set(run.config["model"].get("outputs", ()))
    if right and len(right[0]) < _context(run) and set(right[0]) <= outputs:  # the end is written as well
        return right[0]
    trace = _trace(str(run.folder), *kept[-1], given, None)
    return str(trace.meta["answer"])


@st.cache_resource(show_spinner=False, max_entries=400)
def _trace(folder: str, step: int, state: int, given: Any, target: str | None) -> Trace:
    from rnnviz.record import record

    read = given if isinstance(given, str) else np.array(given, dtype=np.float32)
    return record(_model(folder, step, state), read, target=target, compare=False)


@st.cache_resource(show_spinner=False, max_entries=200)
def _model(folder: str, step: int, state: int) -> Any:
    from rnnviz.checkpoints import load_at

    return load_at(folder, step)


def _order(trace: Trace, name: str) -> dict[str, Any]:
    """Units that are alike stand together, as in the other pictures; answers stay in their order."""
    if trace[name].dims[1] != "unit":
        return {}
    with np.errstate(all="ignore"):  # of a network that explodes, likeness may be no number either
        order = [int(unit) for unit in unit_order(trace[name], "similarity")]
    return {"order": order, "ordered": "alike together"}
