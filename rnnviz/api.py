"""What `import rnnviz` gives: load a model, let it read, let it write, ask what moved what."""

from rnnviz.checkpoints import catalogue, load
from rnnviz.gradients import connectivity
from rnnviz.models.language import perplexity
from rnnviz.models.sampling import generate, sample
from rnnviz.record import record as trace

__all__ = ["catalogue", "connectivity", "generate", "load", "perplexity", "sample", "trace"]
