"""What the contenders are given: the same rows and the same weights."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from benchmarks.plan import Case
from rnnviz.nn import LAYERS, Recurrent

REFERENCES: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Problem:
    """Random characters to read, others to expect, and the weights to start with; the same each time.

    ids (T, B); rows (T, B, V), their one-hot rows; targets (T*B,); reference, head: torch.nn's layers.
    """

    def __init__(self, case: Case) -> None:
        _, batch, steps, vocabulary, hidden, layers = case.setting
        torch.manual_seed(0)
        self.cell = case.cell
        self.ids = torch.randint(vocabulary, (steps, batch))
        self.rows = one_hot(self.ids, vocabulary).float()
        self.targets = torch.randint(vocabulary, (steps * batch,))
        self.reference = REFERENCES[case.cell](vocabulary, hidden, num_layers=layers)
        self.head = nn.Linear(hidden, vocabulary)

    def layer(self, engine: str | None = None) -> Recurrent:
        """rnnviz's layer with the weights of the reference."""
        size = self.reference
        layer = LAYERS[self.cell](
            size.input_size, size.hidden_size, num_layers=size.num_layers, engine=engine
        )
        layer.load_state_dict(size.state_dict())
        return layer

    def expected(self) -> Tensor:
        """The targets as (T, B)."""
        return self.targets.view_as(self.ids)
