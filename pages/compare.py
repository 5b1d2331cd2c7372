"""Compare: how do two models read one sentence, and how does one model read two?"""

import streamlit as st

from rnnviz.ui import address, explaining, gallery, panels, reading, taking
from rnnviz.ui.comparing import choosing, picturing, telling
from rnnviz.views import panels as figures
from rnnviz.views.document import document

shelf = gallery.shelf("Compare", gallery.reads_text)
if shelf.first is None:
    explaining.no_models(shelf)
    st.stop()

compared = choosing.settle(shelf, shelf.first)
look = picturing.settle(compared)

# The places from top to bottom; the pictures that follow each key are drawn into their places first.
top, ribbons, players, apart, chooser, pictures, costs, table, foot = (st.container() for _ in range(9))

heatmaps = picturing.heatmaps(compared, look)
common = telling.columns(heatmaps)
with ribbons:
    drawn = picturing.ribbons(compared, look)
    for place, ribbon in enumerate(drawn):
        panels.show(ribbon, f"ribbon_{place}")
with players:
    rivals = telling.rivals(compared, common, look.step)
    picturing.show_rivals(rivals)
with pictures:
    for place, (picture, side) in enumerate(zip(heatmaps, compared.sides, strict=True)):
        if isinstance(picture, figures.Panel):
            picturing.show_heatmap(picture, place, side)
        else:
            picturing.lacks(picture)
panels.let_through()

distances = telling.found(compared)
moved = picturing.moved(compared, look)
lines = telling.lines(compared, distances, common, look.step)
with apart:
    if "distance" in lines:
        panels.show(lines["distance"], "distance")
with pictures:
    if moved:
        picturing.show_heatmap(moved, len(heatmaps), compared.sides[-1])
with costs:
    for key, panel in lines.items():
        if key != "distance":
            panels.show(panel, key)
with top:
    explaining.heading(choosing.question())
    choosing.ask(shelf)
    choosing.warn(compared)
    st.text(telling.story(compared, distances))
with chooser:
    picturing.choose(compared, look)
with table:
    telling.table(compared)
with foot:
    shown = [*drawn, rivals, *(p for p in heatmaps if isinstance(p, figures.Panel)), *filter(None, [moved])]
    taking.offer_all(
        {side.name: side.trace for side in compared.sides},
        lambda: document([*shown, *lines.values()], title="Compare"),
    )
    reading.left_out(shelf)
    address.write(
        choosing.choices(compared) | picturing.choices(compared, look),
        choosing.defaults(compared, shelf, shelf.first) | picturing.DEFAULTS,
    )
