"""Who is compared with whom: the switch, the models, the sentences, and what is ready to click."""

from typing import TYPE_CHECKING

import streamlit as st

from rnnviz.ui import address, gallery, reading, words
from rnnviz.ui.comparing import presets, sides
from rnnviz.ui.comparing.sides import MODELS, SENTENCES, Comparison
from rnnviz.ui.gallery import Shelf
from rnnviz.ui.reading import LIMIT, MODEL, TEXT
from rnnviz.views.tokens import quoted

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

MODE, CHOSEN, SECOND = "compare", "models", "second"
MODES = {MODELS: "models on one sentence", SENTENCES: "two sentences on one model"}
MOST = 4
BETWEEN = ","


def settle(shelf: Shelf, begin: "Entry") -> Comparison:
    """Who is compared, as the session says, or else the address, or else the shelf's first."""
    mode = address.settle(MODE, MODELS, MODES, what="comparison")
    if mode == MODELS:
        entries = [shelf.working[name] for name in _settle_models(shelf, begin)]
        text = reading.settle_text(shelf.working, entries[0])
        return sides.of_models(entries, text[:LIMIT] or entries[0].example)
    _begin_with_a_pair(shelf)
    entry = shelf.working[reading.settle_model(shelf)]
    first = reading.settle_text(shelf.working, entry)
    second = _settle_second(first)
    return sides.of_sentences(entry, first[:LIMIT] or entry.example, second[:LIMIT] or entry.example)


def _settle_models(shelf: Shelf, begin: "Entry") -> tuple[str, ...]:
    """The names of the models; one in the address that is not there is answered with a sentence."""
    state = st.session_state
    usual = presets.first(shelf.working, begin)
    if CHOSEN not in state:
        given = [name for name in st.query_params.get(CHOSEN, "").split(BETWEEN) if name]
        there = list(dict.fromkeys(name for name in given if name in shelf.working))[:MOST]
        state[CHOSEN] = there or list(usual)
        missing = [name for name in given if name not in shelf.working]
        if missing:
            address.note(CHOSEN, list(state[CHOSEN]), _not_there(missing, shelf))
    address.put(CHOSEN, [name for name in state[CHOSEN] if name in shelf.working])
    return tuple(state[CHOSEN]) or usual


def _not_there(missing: list[str], shelf: Shelf) -> str:
    named = ", ".join(quoted(name[:40]) for name in missing[:MOST])
    others = [shelf.others[name] for name in missing if name in shelf.others]
    told = " ".join(words.not_shown(others, shelf.page))
    return f"There is no model {named} to compare here; possible: {', '.join(shelf.working)}. {told}".strip()


def _settle_second(first: str) -> str:
    """The second sentence; to begin with it is the first."""
    state = st.session_state
    if SECOND not in state:
        state[SECOND] = st.query_params.get(SECOND, first)
    address.put(SECOND, reading.one_line(state[SECOND]))
    second: str = state[SECOND]
    return second


def _begin_with_a_pair(shelf: Shelf) -> None:
    """Something to compare, where nobody has chosen or written anything yet."""
    ready = presets.pairs(shelf.working)
    untouched = SECOND not in st.session_state and not {SECOND, TEXT, MODEL} & set(st.query_params)
    wrote = st.session_state.get(TEXT)
    if ready and untouched and (wrote is None or wrote in {e.example for e in shelf.working.values()}):
        _take_pair(ready[0], presets.reader(ready[0], shelf.working))


def question() -> str:
    """What the page asks."""
    if st.session_state[MODE] == MODELS:
        return "How do they differ on the same sentence?"
    return "Where do two sentences part in its mind?"


def ask(shelf: Shelf) -> None:
    """Draw the switch, the fields, the pickers, and what is ready to click."""
    st.segmented_control(
        "Compare", list(MODES), key=MODE, required=True, format_func=MODES.__getitem__,
        persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    mode = st.session_state[MODE]
    titles = words.titles(shelf.working)
    if mode == MODELS:
        st.text_input(
            "Type a sentence, all of them read along", key=TEXT, live="100ms", persist_state="session"
        )
        st.multiselect(
            "Models",
            list(shelf.working),
            key=CHOSEN,
            persist_state="session",
            max_selections=MOST,
            format_func=titles.__getitem__,
        )
        _presets(shelf)
        return
    left, middle, right = st.columns([5, 5, 4], vertical_alignment="bottom")
    left.text_input("One sentence", key=TEXT, live="100ms", persist_state="session")
    middle.text_input("and another", key=SECOND, live="100ms", persist_state="session")
    right.selectbox(
        "Model",
        list(shelf.working),
        key=MODEL,
        persist_state="session",
        format_func=titles.__getitem__,
        filter_mode=None,
    )
    _pairs(shelf)


def _presets(shelf: Shelf) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try", width="content")
        for each in presets.presets(shelf.working):
            st.button(
                each.title, key=f"preset_{each.name}", help=words.plain(each.look), type="tertiary",
                on_click=_take_models, args=(each.models,),
            )  # fmt: skip


def _pairs(shelf: Shelf) -> None:
    now = st.session_state[MODEL]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try", width="content")
        for pair in presets.pairs(shelf.working):
            st.button(
                words.plain(f"{pair.first} / {pair.second}"), key=f"pair_{pair.name}", type="tertiary",
                on_click=_take_pair, args=(pair, presets.reader(pair, shelf.working, now)),
            )  # fmt: skip


def _take_models(models: tuple[str, ...]) -> None:
    st.session_state[CHOSEN] = list(models)


def _take_pair(pair: presets.Pair, model: str) -> None:
    state = st.session_state
    state[MODEL], state[TEXT], state[SECOND] = model, pair.first, pair.second


def warn(compared: Comparison) -> None:
    """Say what cannot be compared, what the models cannot know of the text, what was wrong in the address."""
    for sentence in _warnings(compared):
        st.caption(":orange[:material/info:] " + words.plain(sentence))


def _warnings(compared: Comparison) -> list[str]:
    state = st.session_state
    told = [*address.notes(), *compared.problems]
    typed = [state[TEXT]] + ([state[SECOND]] if compared.mode == SENTENCES else [])
    told += [words.too_long(len(text), LIMIT) for text in typed if len(text) > LIMIT]
    if not all(typed):
        told.append("A field is empty, so an example is read in its place. Type a few characters and watch.")
    if compared.mode == MODELS and not state[CHOSEN]:
        told.append("No model is chosen, so these are the first ones. Choose two to four.")
    elif compared.mode == MODELS and len(compared.sides) < 2:
        told.append("One model alone is compared with nobody. Choose a second one.")
    for side in compared.sides:
        unknown = words.unknown(gallery.unknown(side.trace), len(side.trace))
        told += [f"{side.name}: {unknown}"] if unknown else []
    return told


def choices(compared: Comparison) -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    common = {MODE: compared.mode, TEXT: state[TEXT][:LIMIT]}
    if compared.mode == MODELS:
        return common | {CHOSEN: BETWEEN.join(state[CHOSEN])}
    return common | {MODEL: state[MODEL], SECOND: state[SECOND][:LIMIT]}


def defaults(compared: Comparison, shelf: Shelf, begin: "Entry") -> dict[str, object]:
    """What needs not be said there."""
    if compared.mode == SENTENCES:  # a pair is always told in full: what one begins with may change
        return {MODE: MODELS}
    chosen = BETWEEN.join(presets.first(shelf.working, begin))
    return {MODE: MODELS, CHOSEN: chosen, TEXT: compared.sides[0].entry.example}
