"""Long short-term memory (Hochreiter, Schmidhuber 1997; forget gate: Gers, Schmidhuber, Cummins 2000)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from torch import Tensor, sigmoid, tanh

from rnnviz.cells.base import Cell, Edit, keep


class Gates(NamedTuple):
    """The four sums a_*, and what their activations make of them.

    i: input gate, how much of the candidate enters the cell; f: forget gate, how much of the old cell stays
    (f = 1 keeps all of it); g: candidate, what could be written; o: output gate, how much of the cell shows.
    """

    a_i: Tensor
    a_f: Tensor
    a_g: Tensor
    a_o: Tensor
    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor


class State(NamedTuple):
    """h: the hidden state, what the cell shows; c: the cell state, what it keeps."""

    h: Tensor
    c: Tensor


@dataclass(frozen=True, eq=False)
class LSTMCell(Cell):
    """One step of an LSTM, gates packed in the order i, f, g, o.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
    i_t = sigmoid(a_i),  f_t = sigmoid(a_f),  g_t = tanh(a_g),  o_t = sigmoid(a_o)
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)

    Books also write the candidate g as c~ or as a, and the weights on x and h as W and U.
    """

    gate_count: ClassVar[int] = 4
    carried: ClassVar[tuple[str, ...]] = ("h", "c")
    editable: ClassVar[tuple[str, ...]] = ("i", "f", "g", "o", "c", "h")

    def start(self, *carried: Tensor) -> State:
        return State(*carried)

    def gates(self, x: Tensor, h: Tensor) -> Gates:
        a_i, a_f, a_g, a_o = (self.from_input(x) + self.from_state(h)).chunk(4, dim=-1)
        i = sigmoid(a_i)
        f = sigmoid(a_f)
        g = tanh(a_g)
        o = sigmoid(a_o)
        return Gates(a_i, a_f, a_g, a_o, i, f, g, o)

    def update(self, gates: Gates, prev: State, edit: Edit = keep) -> State:
        c = edit("c", gates.f * prev.c + gates.i * gates.g)
        h = edit("h", gates.o * tanh(c))
        return State(h, c)
