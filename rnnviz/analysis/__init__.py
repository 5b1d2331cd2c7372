"""Traces to numbers: no torch, no charts."""

from rnnviz.analysis.order import ORDERS, unit_order
from rnnviz.analysis.story import summary

__all__ = ["ORDERS", "summary", "unit_order"]
