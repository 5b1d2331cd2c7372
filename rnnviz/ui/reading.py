"""The top of a page: the sentence, the model that reads it, and what there is to say about the two."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.traces import Trace
from rnnviz.ui import address, gallery, words
from rnnviz.ui.gallery import Shelf
from rnnviz.views.tokens import quoted

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

TEXT, MODEL = "text", "model"
LIMIT = 2000
"""The longest text that is read, in characters."""

_LAST_MODEL = "_last_model"
_HELP = "The picture follows each key. The field has one line: new lines that you paste become spaces."


@dataclass(frozen=True)
class Reading:
    """Who reads what: `text` is what the model is given, `typed` what stands in the field."""

    entry: "Entry"
    text: str
    typed: str


def settle(shelf: Shelf) -> Reading:
    """Who reads what, as the session says, or else the address, or else the shelf's first and its example."""
    entry = shelf.working[settle_model(shelf)]
    typed = settle_text(shelf.working, entry)
    return Reading(entry, typed[:LIMIT] or entry.example, typed)


def ask(shelf: Shelf) -> None:
    """Draw the field and the picker."""
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    left.text_input(
        "Type a sentence, the network reads along",
        key=TEXT,
        live="100ms",
        help=_HELP,
        persist_state="session",
    )
    right.selectbox(
        "Model",
        list(shelf.working),
        key=MODEL,
        persist_state="session",
        format_func=words.titles(shelf.working).__getitem__,
        filter_mode=None,
    )


def settle_model(shelf: Shelf) -> str:
    """The name of the chosen model; one in the address that is broken, unknown or not for this page is
    answered with a sentence.
    """
    first = first_name(shelf)
    refused = {entry.name: words.broken(quoted(entry.name), str(entry.error)) for entry in shelf.broken}
    refused |= {name: words.not_shown([entry], shelf.page)[0] for name, entry in shelf.others.items()}
    asked = st.query_params.get(MODEL, "")
    if MODEL not in st.session_state and asked in refused and asked not in shelf.working:
        st.session_state[MODEL] = first
        address.note(MODEL, first, f"{refused[asked]} This is {first} instead.")
    return address.settle(MODEL, first, shelf.working, what="model")


def first_name(shelf: Shelf) -> str:
    """The name of the model to begin with, on a shelf that has one."""
    return shelf.first.name if shelf.first else ""


def settle_text(working: "dict[str, Entry]", entry: "Entry") -> str:
    """The text of the visit, to begin with the model's example.

    Another model brings its own example, unless the visitor has written something.
    """
    state = st.session_state
    last = working.get(state.get(_LAST_MODEL, ""))
    if last and last != entry and state.get(TEXT) == last.example:
        state[TEXT] = entry.example
    state[_LAST_MODEL] = entry.name
    if TEXT not in state:
        state[TEXT] = st.query_params.get(TEXT, entry.example)
    address.put(TEXT, one_line(state[TEXT]))
    text: str = state[TEXT]
    return text


def one_line(text: str | None) -> str:
    """The text as the field can hold it: new lines become spaces."""
    return (text or "").replace("\r\n", " ").replace("\n", " ").replace("\r", " ")


def facts(reading: Reading, trace: Trace) -> None:
    """What the model is, and that its numbers are right."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.caption(words.plain(words.facts(reading.entry)), width="content")
        if "equals_torch" not in trace.meta:  # of a reading that somebody changed there is nothing to compare
            return
        st.badge(
            words.equal(trace.meta["equals_torch"]),
            icon=":material/check:",
            color="green",
            help="The largest difference between the outputs on this page and those of torch.nn with "
            "the same weights, measured just now on this very text.",
        )


def warn(reading: Reading, trace: Trace) -> None:
    """Say what the model cannot know of the text, and what was wrong with the address."""
    for sentence in warnings(reading, trace):
        st.caption(":orange[:material/info:] " + words.plain(sentence))


def warnings(reading: Reading, trace: Trace) -> list[str]:
    """What a visitor should know before trusting the picture; usually nothing."""
    sentences = address.notes()
    shown = len(trace.meta.get("text", reading.text))  # a page that reads less says so itself
    if len(reading.typed) > LIMIT <= shown:
        sentences.append(words.too_long(len(reading.typed), LIMIT))
    if not reading.typed:
        sentences.append(words.nothing_typed())
    read = len(trace.labels.get("source", trace.tokens))
    sentences.append(words.unknown(gallery.unknown(trace), read))
    return [sentence for sentence in sentences if sentence]


def left_out(shelf: Shelf) -> None:
    """List the models that are not offered, with the reason: those of another kind, and the broken ones."""
    for sentence in words.not_shown(list(shelf.others.values()), shelf.page):
        st.caption(":material/info: " + words.plain(sentence))
    for entry in shelf.broken:
        st.caption(":orange[:material/warning:] " + words.plain(words.broken(entry.name, str(entry.error))))


def choices(reading: Reading) -> dict[str, object]:
    """What belongs into the address."""
    return {MODEL: reading.entry.name, TEXT: reading.typed[:LIMIT]}


def defaults(reading: Reading, shelf: Shelf) -> dict[str, object]:
    """What needs not be said there."""
    return {MODEL: first_name(shelf), TEXT: reading.entry.example}
