"""The three layers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor

from rnnviz.cells import Cell, GRUCell, LSTMCell, RNNCell
from rnnviz.cells.rnn import NONLINEARITIES
from rnnviz.nn.recurrent import Recurrent


class RNN(Recurrent):
    """A simple recurrent layer, tanh or relu, in place of `torch.nn.RNN`."""

    cell_type = RNNCell

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *rest: Any,
        **settings: Any,
    ) -> None:
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(f"nonlinearity is one of {' and '.join(NONLINEARITIES)}, got {nonlinearity!r}.")
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, *rest, **settings)

    def make_cell(self, *weights: Tensor) -> Cell:
        return RNNCell(*weights, nonlinearity=self.nonlinearity)

    def extra_repr(self) -> str:
        return super().extra_repr() + (", nonlinearity=relu" if self.nonlinearity == "relu" else "")


class LSTM(Recurrent):
    """A long short-term memory layer in place of `torch.nn.LSTM`; its state is the pair (h, c)."""

    cell_type = LSTMCell


class GRU(Recurrent):
    """A gated recurrent layer in place of `torch.nn.GRU`."""

    cell_type = GRUCell


LAYERS: dict[str, Callable[..., Recurrent]] = {
    "rnn": RNN,
    "rnn_relu": partial(RNN, nonlinearity="relu"),
    "lstm": LSTM,
    "gru": GRU,
}
