"""The interactive panels: the same pictures, drawn in the browser, in step with each other.

A panel is a name and its data; what draws it is an ES module, ``<name>.js`` beside this file, in the form

    export default function ({data, parentElement, setStateValue, setTriggerValue}) { ... return cleanup }

that is run again whenever the data change, and then changes what is there in place. `source` gives it with
the helpers that all panels share. A Streamlit component and the page that stands alone (`rnnviz.views.page`)
run the same.
"""

from rnnviz.views.panels.aligned import aligned
from rnnviz.views.panels.alongside import Beside, alongside
from rnnviz.views.panels.attending import attending
from rnnviz.views.panels.builders import figure, heatmap, player, ribbon, unit
from rnnviz.views.panels.circuit import circuit
from rnnviz.views.panels.films import film
from rnnviz.views.panels.heads import heads
from rnnviz.views.panels.inside import gates, gradients, layers_of, weights
from rnnviz.views.panels.keeping import keeping
from rnnviz.views.panels.looks import names_of as attention_names
from rnnviz.views.panels.matrices import Line, Matrix, Sum, matrices
from rnnviz.views.panels.pairs import items, moved, reached
from rnnviz.views.panels.panel import PANELS, Panel, source
from rnnviz.views.panels.products import products
from rnnviz.views.panels.rivals import Reader, Series, lines, rivals
from rnnviz.views.panels.step import step
from rnnviz.views.panels.unrolled import unrolled
from rnnviz.views.panels.weight import weight

__all__ = [
    "PANELS",
    "Beside",
    "Line",
    "Matrix",
    "Panel",
    "Reader",
    "Series",
    "Sum",
    "aligned",
    "alongside",
    "attending",
    "attention_names",
    "circuit",
    "figure",
    "film",
    "gates",
    "gradients",
    "heads",
    "heatmap",
    "items",
    "keeping",
    "layers_of",
    "lines",
    "matrices",
    "moved",
    "player",
    "products",
    "reached",
    "ribbon",
    "rivals",
    "source",
    "step",
    "unit",
    "unrolled",
    "weight",
    "weights",
]
