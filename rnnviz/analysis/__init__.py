"""Traces and tables to numbers and words: no torch, no charts."""

from rnnviz.analysis.decay import Decay, decay
from rnnviz.analysis.forgetting import HalfLives, half_lives, survival
from rnnviz.analysis.memory import clipping_story, gradient_left, gradient_story, longest_memory, memory_story
from rnnviz.analysis.order import ORDERS, unit_order
from rnnviz.analysis.saturation import Saturation, saturation
from rnnviz.analysis.story import summary

__all__ = [
    "ORDERS", "Decay", "HalfLives", "Saturation", "clipping_story", "decay", "gradient_left", "gradient_story",
    "half_lives", "longest_memory", "memory_story", "saturation", "summary", "survival", "unit_order",
]  # fmt: skip
