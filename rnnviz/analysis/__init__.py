"""Traces to numbers: no torch, no charts."""

from rnnviz.analysis.order import ORDERS, unit_order
from rnnviz.analysis.step_story import step_story
from rnnviz.analysis.story import summary

__all__ = ["ORDERS", "step_story", "summary", "unit_order"]
