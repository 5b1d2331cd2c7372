"""The first steps: toy examples of recurrent networks, small enough to be followed by hand.

Each is a function of the numbers that can be changed; what it returns is frozen and numpy. Its defaults are
those of the tutorials that the project began from. What is random is drawn as torch draws it after
`torch.manual_seed(seed)`, so that a few lines of PyTorch give the same numbers.
"""

from rnnviz.lessons.by_hand import ByHand, by_hand
from rnnviz.lessons.context import Context, context
from rnnviz.lessons.embedding import Embedded, embedded
from rnnviz.lessons.growth import Growth, growth
from rnnviz.lessons.joined import Joined, joined
from rnnviz.lessons.onehot import OneHots, one_hots
from rnnviz.lessons.own_cell import GATES, PRESETS, OwnCell, Preset, Run, preset, run
from rnnviz.lessons.start import Start, start
from rnnviz.lessons.state import Memory, memory
from rnnviz.lessons.stepping import Stepping, stepping

__all__ = [
    "GATES",
    "PRESETS",
    "ByHand",
    "Context",
    "Embedded",
    "Growth",
    "Joined",
    "Memory",
    "OneHots",
    "OwnCell",
    "Preset",
    "Run",
    "Start",
    "Stepping",
    "by_hand",
    "context",
    "embedded",
    "growth",
    "joined",
    "memory",
    "one_hots",
    "preset",
    "run",
    "start",
    "stepping",
]
