"""A model and its trace -> where each number comes from, down to the products it is the sum of."""

from rnnviz.breakdown.explaining import explain, place_of, terms
from rnnviz.breakdown.matrices import StepMatrices, step_matrices

__all__ = ["StepMatrices", "explain", "place_of", "step_matrices", "terms"]
