"""What the model would have gone on to write, as it was and with the edits, with the same random numbers."""

from html import escape

import streamlit as st

from rnnviz.ui import address, computed, words
from rnnviz.ui.reading import Reading
from rnnviz.ui.whatif import Edited
from rnnviz.ui.writing import SEED, TEMPERATURE
from rnnviz.views.tokens import sign

LENGTH = 80
DEFAULTS: dict[str, object] = {TEMPERATURE: 0.7, SEED: 1}


def show(reading: Reading, made: Edited) -> None:
    """Both texts below one another; what is different is marked."""
    if reading.entry.type != "language":
        return
    address.settle(TEMPERATURE, 0.7, words.Between(0.0, 2.0), what="temperature", parse=float)
    address.settle(SEED, 1, range(1_000_000), what="seed", parse=int)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.markdown("##### It goes on writing", width="content")
        st.slider("Temperature", 0.0, 2.0, key=TEMPERATURE, persist_state="session", step=0.05, width=180)
        st.number_input("Seed", 0, 999_999, key=SEED, persist_state="session", width=130)
    state = st.session_state
    was, now = (
        computed.written_on(reading.entry, reading.text, edits, LENGTH, state[TEMPERATURE], state[SEED])
        for edits in ((), made.edits)
    )
    st.html(f"{_line('as it was', was, now)}{_line('as it is now', now, was)}")


def _line(title: str, text: str, other: str) -> str:
    """A text with its words apart from the other one in bold; nothing in it is taken for markup."""
    letters = "".join(
        escape(sign(a)) if a == b else f"<b>{escape(sign(a))}</b>" for a, b in zip(text, other, strict=True)
    )
    look = "font-family: var(--st-code-font, monospace); overflow-wrap: anywhere"
    return f'<div style="opacity: .7">{escape(title)}</div><div style="{look}">{letters}</div>'


def choices() -> dict[str, object]:
    """What belongs into the address."""
    return {name: st.session_state.get(name, usual) for name, usual in DEFAULTS.items()}
