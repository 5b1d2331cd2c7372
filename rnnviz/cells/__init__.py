"""The textbook equations of the RNN, LSTM and GRU cell, one file each, and the loop that unrolls them."""

from rnnviz.cells.base import Cell
from rnnviz.cells.gru import GRUCell
from rnnviz.cells.lstm import LSTMCell
from rnnviz.cells.rnn import RNNCell
from rnnviz.cells.unroll import Step, unroll

__all__ = ["Cell", "GRUCell", "LSTMCell", "RNNCell", "Step", "unroll"]
