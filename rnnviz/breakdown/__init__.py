"""A model and its trace -> where each number comes from, down to the products it is the sum of."""

from rnnviz.breakdown.explaining import explain, place_of, terms

__all__ = ["explain", "place_of", "terms"]
