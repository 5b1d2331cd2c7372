"""What `import rnnviz` gives: load a model, let it read, let it write."""

from rnnviz.checkpoints import catalogue, load
from rnnviz.models.language import perplexity
from rnnviz.models.sampling import generate, sample
from rnnviz.record import record as trace

__all__ = ["catalogue", "generate", "load", "perplexity", "sample", "trace"]
