"""Attention: where does it look, as it reads, as it writes?"""

import streamlit as st

from rnnviz.ui import address, attending, explaining, gallery, panels, reading, taking
from rnnviz.views.document import document

shelf = gallery.shelf("Attention", gallery.attends)
if shelf.first is None:
    explaining.no_models(shelf)
    st.stop()

read = reading.settle(shelf)
seen = attending.settle(read)

top, picture, story, weight, foot = (st.container() for _ in range(5))

with picture:
    drawn = attending.draw(seen)
panels.let_through()
with top:
    explaining.heading("Where does it look?")
    reading.ask(shelf)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        reading.facts(read, seen.trace)
    reading.warn(read, seen.trace)
    attending.ask(read, seen)
with story:
    explaining.what_to_see(attending.said(read, seen), read.entry)
with weight:
    drawn += attending.opened(read, seen)
with foot:
    taking.offer(seen.trace, lambda: document(drawn, title="Where it looks"))
    reading.left_out(shelf)
    address.write(
        reading.choices(read) | attending.choices(seen),
        reading.defaults(read, shelf) | attending.defaults(seen),
    )
