"""Inside a step: where does this number come from?"""

import streamlit as st

from rnnviz.ui import address, computed, equations, explaining, gallery, opening, panels, reading, taking
from rnnviz.views import panels as figures
from rnnviz.views.document import document

shelf = gallery.shelf("Inside a step", gallery.reads_text)
if shelf.first is None:
    explaining.no_models(shelf)
    st.stop()

read = reading.settle(shelf)
trace = gallery.trace(read.entry, read.text)
place = opening.settle(read, trace)
sums = computed.sums(read.entry, read.text, place.layer, place.unit)
back, refused = opening.gradients(read, place)

# The places from top to bottom; the picture that follows each key is drawn into its place first.
top, picture, chooser, opened, taken_apart, foot = (st.container() for _ in range(6))

unrolled = figures.unrolled(
    trace,
    orders={layer: gallery.order(read.entry, layer, "similarity") for layer in opening.layers(trace)},
    layer=place.layer,
    unit=place.unit,
    step=place.step,
    gradients=back.norms if back else None,
    cut=back.cut if back else None,
    folded=place.folded,
)
with picture:
    panels.unrolled(unrolled)
panels.let_through()

circuit = figures.circuit(trace, sums, layer=place.layer, unit=place.unit, step=place.step)
products = figures.products(trace, sums, gate=place.gate, step=place.step)
with opened:
    panels.circuit(circuit)
with taken_apart:
    panels.products(products)
    explaining.step(trace, sums, place.step)
with top:
    explaining.heading("Where does this number come from?")
    reading.ask(shelf)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        reading.facts(read, trace)
    reading.warn(read, trace)
with chooser:
    opening.choose(read, trace, place, back, refused)
with foot:
    equations.numbers(trace, place, sums)
    equations.letters(read.entry)
    equations.shapes(read.entry, read.text, trace, place)
    taking.offer(trace, lambda: document([unrolled, circuit, products], title=opening.title(trace, place)))
    explaining.cell_source(read.entry)
    reading.left_out(shelf)
    address.write(
        reading.choices(read) | opening.choices(place),
        reading.defaults(read, shelf) | opening.defaults(read, trace, place),
    )
