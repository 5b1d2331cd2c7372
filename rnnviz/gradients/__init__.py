"""What moved what: gradients of predictions, losses and states, on the side of torch; numpy comes out."""

from rnnviz.gradients.altered import scaled, spectral_radii, untrained
from rnnviz.gradients.clipping import Clipped, clipped
from rnnviz.gradients.connectivity import connectivity
from rnnviz.gradients.items import Items, itemised
from rnnviz.gradients.jacobians import Jacobian, StateGrowth, pair, state_to_states
from rnnviz.gradients.pairs import Pairs, loss_to_states
from rnnviz.gradients.states import StateGradients, state_gradients
from rnnviz.gradients.weights import WeightGradients, loss_to_weights

__all__ = [
    "Clipped", "Items", "Jacobian", "Pairs", "StateGradients", "StateGrowth", "WeightGradients", "clipped",
    "connectivity", "itemised", "loss_to_states", "loss_to_weights", "pair", "scaled", "spectral_radii",
    "state_gradients", "state_to_states", "untrained",
]  # fmt: skip
