"""What if? Something is changed while a model reads, and everything that follows is as it would have been."""

from rnnviz.edits.ablation import Ablation, ablate
from rnnviz.edits.editing import edit
from rnnviz.edits.grammar import Change, Edit, Start, Swap, parse
from rnnviz.edits.writing import write_on

__all__ = ["Ablation", "Change", "Edit", "Start", "Swap", "ablate", "edit", "parse", "write_on"]
