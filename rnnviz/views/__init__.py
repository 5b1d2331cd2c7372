"""Numbers to pictures. Each view takes a `rnnviz.Trace` and gives a Plotly figure; ``.spec`` gives it as a
plain dict.

    views.heatmap(trace, "l0.f")        any quantity, units by steps
    views.unit(trace, 12)               all gates and states of one unit
    views.surprise(trace)               bits of each token
    views.topk(trace, step)             what is expected after a step
    views.curves(events)                how a training went (Altair)
    views.page(trace)                   all of it as one interactive HTML document
    views.panels                        the interactive panels that the page, and any other page, is made of
"""

from rnnviz.views import panels
from rnnviz.views.heatmaps import heatmap
from rnnviz.views.losses import surprise
from rnnviz.views.page import page
from rnnviz.views.predictions import topk
from rnnviz.views.trainings import curves
from rnnviz.views.units import unit

__all__ = ["curves", "heatmap", "page", "panels", "surprise", "topk", "unit"]
