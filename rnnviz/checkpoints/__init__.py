"""The gallery. A checkpoint is the folder of a run: config.json, vocab.json, model.safetensors, events.jsonl.

A run is one as soon as it has weights, also while it goes on. A folder may be cut short, edited by hand or
foreign: `load` says in one sentence what is wrong with it, and `catalogue` lists it with that sentence beside
those that are whole.
"""

from rnnviz.checkpoints.entries import Entry, attends, catalogue
from rnnviz.checkpoints.examining import Learned, exam, learned
from rnnviz.checkpoints.finding import CheckpointError, name_of
from rnnviz.checkpoints.loading import kept_steps, load, load_at
from rnnviz.folders import folders

__all__ = [
    "CheckpointError", "Entry", "Learned", "attends", "catalogue", "exam", "folders", "kept_steps", "learned",
    "load", "load_at", "name_of",
]  # fmt: skip
