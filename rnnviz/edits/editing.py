"""A model reads a text while something is changed."""

from collections.abc import Sequence
from dataclasses import replace

from rnnviz.edits.grammar import Edit, Start, Swap, parse
from rnnviz.edits.hooks import check, hook_of
from rnnviz.models.base import Model
from rnnviz.models.reader import Reader, as_reader
from rnnviz.models.speaker import reading
from rnnviz.nn import State
from rnnviz.record import record
from rnnviz.traces import Trace


def edit(model: Model, text: str, edits: str | Edit | Sequence[str | Edit] = ()) -> Trace:
    """The trace of a text as it would have been, had something been otherwise. Later steps follow from it.

    edits: one or several, as `parse` reads them; they are made in their order. Whatever can be edited is
    asked about before it is used: a gate before it acts, c before h is computed from it, h before it leaves
    the step; the sum before an edited gate is shown as it was computed. With no edits, the original, computed
    in the same way: where nothing is changed, every difference from it is exactly 0.

    `trace.meta["edits"]` names them. Raises ValueError for an edit that does not fit the model or the text.
    """
    reader = as_reader(model, "is edited")
    made = fitting(reader, text, edits)
    state = start_of(reader, made)
    hook = hook_of(reader, made, state)
    trace = record(reader, swapped(text, made), state, edit=hook, compare=False)
    return replace(trace, meta={**trace.meta, "edits": tuple(str(each) for each in made)})


def fitting(
    model: Reader, text: str, edits: str | Edit | Sequence[str | Edit], endless: bool = False
) -> tuple[Edit, ...]:
    """Some edits, read and found to fit a model and a text, before anything is computed. endless: their steps
    may lie beyond the text. Raises ValueError, with what there is, for one that does not fit.
    """
    made = parse(edits)
    if not text:
        raise ValueError("There is no text to read: give at least one character.")
    check(model, made, None if endless else len(text))
    swapped(text, made)
    if model.directions == 2 and any(isinstance(each, Start) for each in made):
        raise ValueError("A model that reads both ways begins at both ends: no text leaves it a state.")
    return made


def swapped(text: str, edits: Sequence[Edit]) -> str:
    """The text with its characters exchanged. Raises ValueError for a place that it does not have."""
    tokens = list(text)
    for each in edits:
        if isinstance(each, Swap):
            if each.step >= len(tokens):
                raise ValueError(f"{each}: there are {len(tokens)} steps, 0 to {len(tokens) - 1}.")
            tokens[each.step] = each.token
    return "".join(tokens)


def start_of(model: Reader, edits: Sequence[Edit]) -> State | None:
    """The state to begin with: what the last of the given texts has left; None for zeros."""
    texts = [each.text for each in edits if isinstance(each, Start)]
    if not texts:
        return None
    with reading(model):
        state: State = model.rnn(model.read(model.ids(texts[-1])[:, None]))[1]
    return state
