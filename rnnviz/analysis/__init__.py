"""Traces to numbers: no torch, no charts."""

from rnnviz.analysis.differences import consequences, difference, parting
from rnnviz.analysis.order import ORDERS, unit_order
from rnnviz.analysis.step_story import step_story
from rnnviz.analysis.story import summary

__all__ = ["ORDERS", "consequences", "difference", "parting", "step_story", "summary", "unit_order"]
