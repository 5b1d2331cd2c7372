"""What moved what: gradients of predictions, losses and states, on the side of torch; numpy comes out."""

from rnnviz.gradients.connectivity import connectivity
from rnnviz.gradients.states import StateGradients, state_gradients

__all__ = ["StateGradients", "connectivity", "state_gradients"]
