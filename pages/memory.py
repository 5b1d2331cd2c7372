"""Memory: why does it forget?"""

import streamlit as st

from rnnviz.ui import address, explaining, gallery, panels, reading, taking
from rnnviz.ui.remembering import drawers, numbers, sections, settling
from rnnviz.ui.remembering import taking as tables
from rnnviz.views.document import document

shelf = gallery.shelf("Memory", gallery.reads_text)
if shelf.first is None:
    explaining.no_models(shelf)
    st.stop()

read = reading.settle(shelf)
trace = gallery.trace(read.entry, read.text)
place = settling.settle(read, trace)

# The places from top to bottom; the picture that follows each key is drawn into its place first.
top, chooser, picture, fading, gates, opened, foot = (st.container() for _ in range(7))

with picture:
    moved, pairs = sections.pairs(read, trace, place)
with gates:
    kept = sections.kept(trace, place)
panels.let_through()
with chooser:
    sections.choose(read, trace)
models = numbers.compared(shelf, read)
trained = numbers.decays(models, read.text)
story = sections.story(trace, place, trained)
with top:
    explaining.heading("Why does it forget?")
    reading.ask(shelf)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        reading.facts(read, trace)
    reading.warn(read, trace)
    st.text(story)
with fading:
    untrained = numbers.decays(models, read.text, trained=False)
    sections.fading(trained, untrained, read)
with opened:
    drawers.states(read, trace, place)
    drawers.items(read, trace, place)
    drawers.weights(read, models, place)
    drawers.training(read)
with foot:
    taking.offer(trace, lambda: document([*([moved] if moved else []), *kept], title="Why it forgets"))
    tables.offer(trace, place, pairs, trained)
    reading.left_out(shelf)
    address.write(
        reading.choices(read) | settling.choices(place),
        reading.defaults(read, shelf) | settling.defaults(read, trace, place),
    )
