"""The same task, side by side: without attention, with it, and the transformer, on the text of the page."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.folders import runs_folder
from rnnviz.ui import address, computed, panels, words
from rnnviz.ui.attending import Seen
from rnnviz.ui.gallery import Shelf
from rnnviz.ui.reading import Reading
from rnnviz.ui.ways import Way, ways
from rnnviz.views import panels as figures
from rnnviz.views.panels import Beside
from rnnviz.views.tokens import quoted

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry
    from rnnviz.traces import Trace

BESIDE, EXAM = "beside", "exam"
"""The models that are shown, by name, and the number of the exam that they take."""

ANSWERS = ("classifier", "transformer_classifier")
MOST = 6  # models side by side
MOST_EXAMS = 1000
QUESTIONS = 800
BETWEEN = ","
_TASK = "_beside_of"


@dataclass(frozen=True)
class Aside:
    """What stands side by side. chosen: the page's model; alike: all that learned what it did, the simplest
    first; shown: those of them that are looked at; ways: what they are, by name; text: what they read; seed:
    of the exam.
    """

    chosen: "Entry"
    alike: "tuple[Entry, ...]"
    shown: "tuple[Entry, ...]"
    ways: dict[str, Way]
    text: str
    seed: int

    @property
    def places(self) -> dict[str, int]:
        """A place among the colours for each model that is shown, the same while others come and go."""
        taken: dict[str, int] = {}
        for entry in self.shown:
            place = self.alike.index(entry) % MOST
            while place in taken.values():
                place = (place + 1) % MOST
            taken[entry.name] = place
        return taken


def settle(shelf: Shelf, read: Reading, seen: Seen) -> Aside | None:
    """Who is shown, as the session says, or else the address; None for a model that gives no answers that
    are right or wrong, such as a language model, and for one of a task that is not ours and stands alone.
    """
    chosen = read.entry
    if not (chosen.writes or chosen.type in ANSWERS):
        return None
    there = {**shelf.working, **shelf.others}.values()
    found = ways([entry for entry in there if entry == chosen or _alike(entry, chosen)])
    by_name = {entry.name: entry for entry in there}
    alike = tuple(by_name[name] for name in found)
    usual = _usual(chosen, alike, found)
    if len(alike) < 2 and computed.task_of(chosen) is None:
        return None
    names = _settle_shown(chosen, found, usual)
    seed = address.settle(EXAM, 0, range(MOST_EXAMS), what="exam", parse=int)
    shown = tuple(entry for entry in alike if entry.name in names)
    return Aside(chosen, alike, shown, found, seen.original.meta["text"], seed)


def _alike(entry: "Entry", chosen: "Entry") -> bool:
    """Whether a model learned the same from the same data, and has finished: one that still learns would
    take another exam every few seconds.
    """
    finished = entry.trained is not None or entry.path.parent != runs_folder()
    same = (entry.task, entry.data, entry.kind) == (chosen.task, chosen.data, chosen.kind)
    return bool(entry.task) and same and finished and (entry.writes or entry.type in ANSWERS)


def _settle_shown(chosen: "Entry", found: dict[str, Way], usual: list[str]) -> list[str]:
    """The names of those that are shown: the chosen one always, with another task the usual ones again."""
    state = st.session_state
    task = (chosen.task, chosen.data)
    if BESIDE not in state and st.query_params.get(BESIDE):
        given = [*dict.fromkeys(filter(None, st.query_params[BESIDE].split(BETWEEN)))]
        state[BESIDE] = [name for name in given if name in found] or usual
        missing = [name for name in given if name not in found]
        if missing:
            address.note(_TASK, task, _not_there(missing, chosen, found))
    elif BESIDE not in state or state.get(_TASK) != task:
        state[BESIDE] = usual
    state[_TASK] = task
    kept = [name for name in state[BESIDE] or () if name in found and name != chosen.name]
    address.put(BESIDE, [chosen.name, *kept][:MOST])
    names: list[str] = state[BESIDE]
    return names


def _usual(chosen: "Entry", alike: "tuple[Entry, ...]", found: dict[str, Way]) -> list[str]:
    """The chosen one, and of each other kind the first, if possible of the same cell."""
    kinds = {found[chosen.name].kind: chosen.name}
    for entry in sorted(alike, key=lambda entry: entry.cell != chosen.cell):
        kinds.setdefault(found[entry.name].kind, entry.name)
    return [kinds[kind] for kind in sorted(kinds)]


def _not_there(missing: list[str], chosen: "Entry", found: dict[str, Way]) -> str:
    named = ", ".join(quoted(name[:40]) for name in missing[:MOST])
    return f"There is no model {named} that learned what {chosen.name} did; there are: {', '.join(found)}."


def ask(aside: Aside) -> None:
    """The heading, and the choice of models."""
    st.markdown("##### The same task, side by side")
    if len(aside.alike) < 2:
        st.caption(
            f"No other model here has learned what {words.plain(aside.chosen.name)} did. Train one on Train, "
            "without attention or a transformer: it will stand beside this one."
        )
        return
    st.pills(
        "Models", list(aside.ways), key=BESIDE, selection_mode="multi", label_visibility="collapsed",
        persist_state="session",
        format_func=lambda name: words.plain(aside.ways[name].name), wrap=True,
    )  # fmt: skip


def draw(aside: Aside, seen: Seen) -> list[figures.Panel]:
    """What each writes and where it looked; nothing where there is only the one that stands above."""
    if len(aside.alike) < 2:
        return []
    places = aside.places
    columns = [_beside(aside, entry, places[entry.name], seen) for entry in aside.shown]
    panel = figures.alongside(columns, _right(aside))
    panels.show(panel, "alongside")
    return [panel]


def _right(aside: Aside) -> tuple[str, ...]:
    """All that would be right, as far as the task knows it, or the text is one of those that are asked."""
    if aside.chosen.writes:
        return computed.right(aside.chosen, aside.text)
    pairs = computed.questions(aside.chosen, QUESTIONS, aside.seed)
    found = next((pair for pair in pairs if pair.source == aside.text), None)
    return (found.target, *found.others) if found else ()


def _beside(aside: Aside, entry: "Entry", place: int, seen: Seen) -> Beside:
    way = aside.ways[entry.name]
    facts = f"{entry.parameters:,} parameters · {entry.name}"
    try:
        trace = _trace(aside, entry, seen)
    except ValueError as error:  # longer than it can look at, or a checkpoint that went bad meanwhile
        return Beside(way.name, facts, place, None, problem=str(error))
    unknown = words.unknown(len(trace.meta["unknown"]), len(aside.text))
    return Beside(way.name, facts, place, trace, why=way.why, note=unknown)


def _trace(aside: Aside, entry: "Entry", seen: Seen) -> "Trace":
    """What a model does with the text; the chosen one without what was put into its mouth."""
    if entry == aside.chosen and not seen.original.meta.get("begin"):
        return seen.original
    return computed.read_by(entry, aside.text)


def choices(aside: Aside | None) -> dict[str, object]:
    """What belongs into the address."""
    if aside is None:
        return {}
    return {BESIDE: BETWEEN.join(entry.name for entry in aside.shown), EXAM: aside.seed}


def defaults(aside: Aside | None) -> dict[str, object]:
    """What needs not be said there."""
    if aside is None:
        return {}
    usual = _usual(aside.chosen, aside.alike, aside.ways)
    return {BESIDE: BETWEEN.join(name for name in aside.ways if name in usual), EXAM: 0}
