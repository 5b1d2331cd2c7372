"""Traces and tables to numbers and words: no torch, no charts."""

from rnnviz.analysis.alignment import GAP, Alignment, Apart, align, apart, spread
from rnnviz.analysis.decay import Decay, decay
from rnnviz.analysis.differences import consequences, difference, parting
from rnnviz.analysis.forgetting import HalfLives, half_lives, survival
from rnnviz.analysis.lengths import ByLength, by_length
from rnnviz.analysis.memory import clipping_story, gradient_left, gradient_story, longest_memory, memory_story
from rnnviz.analysis.order import ORDERS, unit_order
from rnnviz.analysis.rivals import contest, paid, twins
from rnnviz.analysis.saturation import Saturation, saturation
from rnnviz.analysis.step_story import step_story
from rnnviz.analysis.story import summary

__all__ = [
    "GAP",
    "ORDERS",
    "Alignment",
    "Apart",
    "ByLength",
    "Decay",
    "HalfLives",
    "Saturation",
    "align",
    "apart",
    "by_length",
    "clipping_story",
    "consequences",
    "contest",
    "decay",
    "difference",
    "gradient_left",
    "gradient_story",
    "half_lives",
    "longest_memory",
    "memory_story",
    "paid",
    "parting",
    "saturation",
    "spread",
    "step_story",
    "summary",
    "survival",
    "twins",
    "unit_order",
]
