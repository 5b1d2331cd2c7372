"""A model and what it reads -> a Trace: the border between torch and everything that is looked at."""

from rnnviz.record.layers import difference_from_torch
from rnnviz.record.recording import record, reference

__all__ = ["difference_from_torch", "record", "reference"]
