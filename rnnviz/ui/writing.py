"""Going on writing: the model continues the sentence; what it wrote is marked, and can be taken back."""

import streamlit as st

import rnnviz
from rnnviz.ui import address, gallery, words
from rnnviz.ui.fields import field
from rnnviz.ui.reading import LIMIT, TEXT, Reading

TEMPERATURE, TOP_K, SEED, LENGTH = "temperature", "top_k", "seed", "length"
DEFAULTS: dict[str, float] = {TEMPERATURE: 0.7, TOP_K: 10, SEED: 1, LENGTH: 60}
OFFERED = {
    TEMPERATURE: words.Between(0.0, 2.0),
    TOP_K: range(1, 101),
    SEED: range(1_000_000),
    LENGTH: range(10, 401),
}
WRITTEN = "written"

_OWN = "_own_text"


def settle(reading: Reading) -> tuple[int, int] | None:
    """Settle the settings; return where the model's own part of the text begins and ends, None for none.

    The mark lasts for as long as the text up to its end is what it was: who types on behind it keeps it, who
    changes something before it has a text of their own again.
    """
    for name, offered in OFFERED.items():
        parse = float if name == TEMPERATURE else int
        address.settle(name, DEFAULTS[name], offered, what=name.replace("_", " "), parse=parse)
    state = st.session_state
    if WRITTEN not in state:
        state[WRITTEN] = _from_address(st.query_params.get(WRITTEN, ""), len(reading.text))
        state[_OWN] = state[WRITTEN] and reading.typed[: state[WRITTEN][1]]
    if state[WRITTEN] and reading.typed[: state[WRITTEN][1]] != state[_OWN]:
        state[WRITTEN] = None
    span: tuple[int, int] | None = state[WRITTEN]
    return span


def _from_address(given: str, length: int) -> tuple[int, int] | None:
    """`12-72` -> (12, 72); None for anything that does not fit the text."""
    start, _, end = given.partition("-")
    if start.isdecimal() and end.isdecimal() and int(start) < int(end) <= length:
        return int(start), int(end)
    return None


def offer(reading: Reading, written: tuple[int, int] | None) -> None:
    """Draw the button, the settings, and the way back."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        if written:
            st.button(
                "Take it back", key="undo", icon=":material/undo:", type="tertiary", on_click=_take_back
            )
        with st.popover(_settings_in_words(), type="tertiary"):
            _settings()
        st.button(
            "Go on writing",
            key="go_on",
            icon=":material/edit:",
            on_click=_go_on,
            args=(reading,),
            disabled=len(reading.text) >= LIMIT,
            help=f"The model continues the sentence, up to {LIMIT:,} characters in all.",
        )


_HELP = {
    TEMPERATURE: "0 always takes the likeliest character; 1 draws as the model believes; more is wilder.",
    TOP_K: "Characters are drawn from that many of the likeliest.",
    SEED: "The same seed writes the same text; another number, another text.",
}


def _settings() -> None:
    ends = {name: (offered[0], offered[-1]) for name, offered in OFFERED.items()}
    field(st.slider, "Temperature", *ends[TEMPERATURE], key=TEMPERATURE, step=0.05, help=_HELP[TEMPERATURE])
    field(st.number_input, "Only the likeliest", *ends[TOP_K], key=TOP_K, help=_HELP[TOP_K])
    field(st.number_input, "Seed", *ends[SEED], key=SEED, help=_HELP[SEED])
    field(st.number_input, "Characters", *ends[LENGTH], key=LENGTH)


def _settings_in_words() -> str:
    state = st.session_state
    return f"temperature {state[TEMPERATURE]:g}, top {state[TOP_K]}, seed {state[SEED]}"


def _go_on(reading: Reading) -> None:
    state, text = st.session_state, reading.text
    length = min(state[LENGTH], LIMIT - len(text))
    try:
        own = rnnviz.sample(
            gallery.model(reading.entry), text, length, state[TEMPERATURE], state[TOP_K], state[SEED]
        )
    except ValueError as error:  # a model whose outputs are not numbers
        address.note(TEXT, text, str(error))
        return
    before = state.get(WRITTEN)
    start = before[0] if before and before[1] == len(text) else len(text)
    state[TEXT] = text + own
    state[WRITTEN], state[_OWN] = (start, len(text) + len(own)), text + own


def _take_back() -> None:
    state = st.session_state
    start, end = state[WRITTEN]
    state[TEXT] = state[TEXT][:start] + state[TEXT][end:]
    state[WRITTEN] = None


def choices(written: tuple[int, int] | None) -> dict[str, object]:
    """What belongs into the address."""
    state = st.session_state
    settings = {name: state[name] for name in DEFAULTS}
    return settings | {WRITTEN: "-".join(map(str, written)) if written else None}
