"""What `import rnnviz` gives: load a model as it is or as it was, let it read, let it write, examine it,
ask what moved what, take any number apart, change one and see what follows.
"""

from rnnviz.breakdown import explain
from rnnviz.checkpoints import catalogue, exam, kept_steps, load, load_at
from rnnviz.edits import ablate, edit, write_on
from rnnviz.gradients import connectivity, loss_to_states, state_gradients, state_to_states
from rnnviz.models.language import perplexity
from rnnviz.models.sampling import generate, sample
from rnnviz.record import record as trace

__all__ = [
    "ablate",
    "catalogue",
    "connectivity",
    "edit",
    "exam",
    "explain",
    "generate",
    "kept_steps",
    "load",
    "load_at",
    "loss_to_states",
    "perplexity",
    "sample",
    "state_gradients",
    "state_to_states",
    "trace",
    "write_on",
]
