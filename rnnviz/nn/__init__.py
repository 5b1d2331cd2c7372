"""RNN, LSTM and GRU layers that replace `torch.nn`'s and can also tell every gate.

The same constructor, call, state and state_dict as `torch.nn.RNN`, `LSTM` and `GRU`, the same start weights
from the same seed, and one method more:

    layer = rnnviz.nn.LSTM(28, 256, num_layers=2)
    output, (h, c) = layer(x)
    layer.trace(x).values["l1.f"]        # the forget gate of the second layer, (T, B, 256)

Whole numbers are read as ids: each stands for the one-hot row of its number, at the price of a row lookup.
`layer.engine` says who computes: see `recurrence.engines`.

Names: `l0.` is the first layer, `l0r.` its reverse direction; then comes the letter of the cell's equations.
"""

from rnnviz.nn.layers import GRU, LAYERS, LSTM, RNN
from rnnviz.nn.recurrent import LayerTrace, Recurrent, State
from rnnviz.nn.twin import torch_twin

__all__ = ["GRU", "LAYERS", "LSTM", "RNN", "LayerTrace", "Recurrent", "State", "torch_twin"]
