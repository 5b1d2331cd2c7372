"""A model and its trace -> where each number comes from, down to the products it is the sum of."""

from rnnviz.breakdown.explain import explain, terms

__all__ = ["explain", "terms"]
