"""Watch: what does the network hold in mind after each character of my sentence?"""

import streamlit as st

from rnnviz.analysis import summary
from rnnviz.ui import address, explaining, gallery, looking, panels, reading, taking, writing
from rnnviz.views import page
from rnnviz.views import panels as figures

shelf = gallery.shelf("Watch", gallery.predicts)
if shelf.first is None:
    explaining.no_models(shelf)
    st.stop()

read = reading.settle(shelf)
trace = gallery.trace(read.entry, read.text)
look = looking.settle(read, trace)
written = writing.settle(read)
own = written and written[0]

# The places from top to bottom; what everybody waits for is drawn into its place first, and sent ahead.
top, ribbon, player, picker, picture, story, foot = (st.container() for _ in range(7))

with picture:
    panels.heatmap(
        figures.heatmap(
            trace, look.quantity, order=look.rows, ordered=look.ordered, unit=look.unit, step=look.step
        )
    )
with ribbon:
    panels.ribbon(figures.ribbon(trace, step=look.step, written_from=own))
panels.let_through()
with player:
    panels.player(figures.player(trace, step=look.step))
with story:
    explaining.what_to_see(summary(trace), read.entry)
    panels.unit(
        figures.unit(
            trace,
            look.unit,
            layer=look.layer,
            preactivations=look.sums,
            step=look.step,
            lead=look.quantity,
        )
    )
    looking.open_step(look)
with top:
    explaining.heading("What does the network hold in mind after each character?")
    reading.ask(shelf)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
    ):
        reading.facts(read, trace)
        writing.offer(read, written)
    reading.warn(read, trace)
with picker:
    looking.choose(read, trace, look)
with foot:
    taking.offer(trace, lambda: page(trace, order=look.rows, ordered=look.ordered, written_from=own))
    explaining.cell_source(read.entry)
    reading.left_out(shelf)
    address.write(
        reading.choices(read) | looking.choices(look) | writing.choices(written),
        reading.defaults(read, shelf) | looking.defaults(read, look) | writing.DEFAULTS,
    )
