"""What all recurrent models share: something is read, step by step, by recurrent layers."""

from abc import ABC
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import one_hot
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnviz.models.base import Model
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.nn import LAYERS, State

INPUTS = ("onehot", "embedding")
MOST_UNITS, MOST_LAYERS = 4096, 8
MOST_NUMBERS = 4096  # that are read or answered at a step


class Reader(Model, ABC):
    """Tokens or numbers -> recurrent layers -> h. Abstract: each model makes its answer of h in its own way.

        x_t = one-hot row or embedding of a token, or numbers as they are
        h_t = RNN, LSTM or GRU (x_t, h_{t-1})

    inputs: the vocabulary of the tokens, or how many numbers a step has. cell: a name in `rnnviz.nn.LAYERS`;
    hidden: units of a layer; layers: how many, one upon the other; directions: 2 reads backwards as well, so
    that h has twice as many units. input: "onehot", or "embedding" of `embedding` numbers a token (`.emb`);
    numbers are always read as "numbers". dropout: of h on its way to the next layer and to the answer, while
    training. Raises ValueError for a setting out of range.
    """

    def __init__(
        self,
        inputs: Vocabulary | int,
        cell: str = "lstm",
        hidden: int = 256,
        layers: int = 1,
        input: str = "onehot",
        embedding: int = 32,
        dropout: float = 0.0,
        directions: int = 1,
    ) -> None:
        super().__init__(inputs)
        check_settings(inputs, cell, hidden, layers, input, embedding, dropout, directions)
        self.input = "numbers" if self.vocabulary is None else input
        self.cell, self.hidden, self.layers, self.directions = cell, hidden, layers, directions
        self.embedding, self.dropout = embedding, dropout
        if self.input == "embedding":
            self.emb = nn.Embedding(self.inputs, embedding)
        width = embedding if self.input == "embedding" else self.inputs
        between = dropout if layers > 1 else 0.0
        self.rnn = LAYERS[cell](
            width, hidden, num_layers=layers, dropout=between, bidirectional=directions == 2
        )

    def config_of(self, type: str) -> dict[str, Any]:
        """What all models write there."""
        return {
            "type": type,
            "cell": self.cell,
            "input": self.input,
            "hidden": self.hidden,
            "layers": self.layers,
            "embedding": self.embedding if self.input == "embedding" else None,
            "bidirectional": self.directions == 2,
        }

    @property
    def width(self) -> int:
        """Units of h: of both directions, where there are two."""
        return self.hidden * self.directions

    def read(self, x: Tensor) -> Tensor:
        """What the layer reads: embedding rows (..., D) of ids (...); else x itself, since the layer takes
        ids for their one-hot rows.
        """
        return self.emb(x) if self.input == "embedding" else x

    def input_rows(self, x: Tensor) -> Tensor:
        """ids (T, B), or numbers (T, B, D) -> (T, B, D): one-hot rows, embedding rows, or the numbers."""
        rows = self.read(x)
        return (
            one_hot(x, self.inputs).to(self.rnn.all_weights[0][0].dtype) if self.input == "onehot" else rows
        )

    def states(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """x, ids (T, B) or numbers (T, B, D) -> h (T, B, width), and the state at the end of each row.

        lengths: steps of each row, (B,), 1 to T; what comes after them is not read, and its h is 0.
        """
        h, state = self.rnn(self._rows(x, lengths), state)
        return h if lengths is None else pad_packed_sequence(h, total_length=len(x))[0], state

    def trace(self, x: Tensor, lengths: Tensor | None = None) -> dict[str, Tensor]:
        """Every value of the layers by name ("l0.f"), each (T, B, H), NaN after a row's end."""
        return self.rnn.trace(self._rows(x, lengths)).values

    def _rows(self, x: Tensor, lengths: Tensor | None) -> Tensor | PackedSequence:
        rows = self.read(x)
        return rows if lengths is None else pack_padded_sequence(rows, lengths.cpu(), enforce_sorted=False)


def as_reader(model: Model, does: str) -> Reader:
    """The model, of which is asked what only a recurrent one `does`. Raises ValueError for another."""
    if not isinstance(model, Reader):
        named = model.name or "This model"
        raise ValueError(f"{named} is a {model.config['type']}, and only a recurrent reader {does}.")
    return model


def check_settings(
    inputs: Any,
    cell: Any,
    hidden: Any,
    layers: Any,
    input: Any,
    embedding: Any,
    dropout: Any,
    directions: Any,
) -> None:
    """Raises ValueError with a sentence that says what is allowed."""
    if not isinstance(cell, str) or cell not in LAYERS:
        raise ValueError(f"The cell is one of {', '.join(LAYERS)}, not {cell!r}.")
    check_whole("hidden", hidden, MOST_UNITS)
    check_whole("layers", layers, MOST_LAYERS)
    if isinstance(inputs, Vocabulary):
        if input not in INPUTS:
            raise ValueError(f"The input is {' or '.join(INPUTS)}, not {input!r}.")
        if input == "embedding":
            check_whole("embedding", embedding, MOST_UNITS)
    else:
        check_whole("inputs", inputs, MOST_NUMBERS)
    check_shared(directions, dropout)


def check_shared(directions: Any, dropout: Any) -> None:
    """Raises ValueError for what no model can have."""
    if isinstance(directions, bool) or directions not in (1, 2):
        raise ValueError(f"directions is 1 or 2, not {directions!r}.")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is a probability below 1, not {dropout!r}.")


def check_whole(name: str, value: Any, most: int) -> None:
    """Raises ValueError for what is no whole number from 1 to the most there may be."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"{name} is a whole number from 1 to {most}, not {value!r:.40}.")
