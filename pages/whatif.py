"""What if: what happens to all that follows if this gate is shut, this unit is dead?"""

import streamlit as st

from rnnviz.analysis import consequences
from rnnviz.ui import address, explaining, gallery, looking, panels, reading, taking, whatif, writing_on
from rnnviz.views import panels as figures
from rnnviz.views.document import document

shelf = gallery.shelf("What if", gallery.reads_text)
if shelf.first is None:
    explaining.no_models(shelf)
    st.stop()

read = reading.settle(shelf)
made = whatif.settle(read)
look = looking.settle(read, made.original)

# The places from top to bottom; the picture that follows each key is drawn into its place first.
top, ribbons, chooser, picture, story, foot = (st.container() for _ in range(6))

with picture:
    heatmap = figures.heatmap(
        whatif.shown(made),
        look.quantity,
        order=look.rows,
        ordered=look.ordered,
        unit=look.unit,
        step=look.step,
    )
    panels.heatmap(heatmap)
panels.let_through()
with ribbons:
    pictures = whatif.ribbons(made, look.step)
with top:
    explaining.heading("What if this gate were shut, this unit dead?")
    reading.ask(shelf)
    reading.warn(read, made.edited)
    whatif.ask(read, made)
with chooser:
    whatif.choose_view()
    looking.choose(read, made.original, look)
with story:
    st.text(consequences(made.original, made.edited))
    writing_on.show(read, made)
    whatif.worth(read)
with foot:
    taking.offer(made.edited, lambda: document([*pictures, heatmap], title="What if"))
    reading.left_out(shelf)
    address.write(
        reading.choices(read) | looking.choices(look) | whatif.choices() | writing_on.choices(),
        reading.defaults(read, shelf) | looking.defaults(read, look) | whatif.DEFAULTS | writing_on.DEFAULTS,
    )
