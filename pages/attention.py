"""Attention: where does it look, as it reads, as it writes?"""

import streamlit as st

from rnnviz.ui import address, alongside, attending, exams, explaining, gallery, panels, reading, taking
from rnnviz.views.document import document

shelf = gallery.shelf("Attention", gallery.attends)
if shelf.first is None:
    explaining.no_models(shelf)
    st.stop()

read = reading.settle(shelf)
seen = attending.settle(read)
aside = alongside.settle(shelf, read, seen)

top, picture, story, weight, beside, exam, foot = (st.container() for _ in range(7))

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
if aside:
    with beside:
        alongside.ask(aside)
        drawn += alongside.draw(aside, seen)
with foot:
    taking.offer(seen.trace, lambda: document(drawn, title="Where it looks"))
    reading.left_out(shelf)
    address.write(
        reading.choices(read) | attending.choices(seen) | alongside.choices(aside),
        reading.defaults(read, shelf) | attending.defaults(seen) | alongside.defaults(aside),
    )
if aside:
    with exam:  # last, since it takes a while: all else is on the page by then
        exams.draw(aside)
