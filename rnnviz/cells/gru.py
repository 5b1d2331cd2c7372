"""The gated recurrent unit (Cho et al. 2014), in the form that cuDNN and `torch.nn` compute."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from torch import Tensor, sigmoid, tanh

from rnnviz.cells.base import Cell, Edit, keep


class Gates(NamedTuple):
    """The two gates with their sums a_*, and the two halves of the candidate.

    r: reset gate, how much of the past the candidate hears; z: update gate, how much of the past stays
    (z = 1 keeps all of it); n_x = W_in x + b_in and n_h = W_hn h + b_hn, which `update` joins.
    """

    a_r: Tensor
    a_z: Tensor
    n_x: Tensor
    n_h: Tensor
    r: Tensor
    z: Tensor


class State(NamedTuple):
    """h: the hidden state; a_n, n: the candidate's sum and the candidate, which no later step reads."""

    h: Tensor
    a_n: Tensor | None = None
    n: Tensor | None = None


@dataclass(frozen=True, eq=False)
class GRUCell(Cell):
    """One step of a GRU, gates packed in the order r, z, n.

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
    z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
    n_t = tanh(n_x + r_t * n_h),  n_x = W_in x_t + b_in,  n_h = W_hn h_{t-1} + b_hn
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

    Two conventions differ between books. Here r multiplies after the matrix product, r * (W_hn h + b_hn), as
    in version 1 of the paper (arXiv 1406.1078); version 3 and d2l multiply before it, W_hn (r * h). And z = 1
    keeps the past (some books swap z and 1 - z).
    """

    gate_count: ClassVar[int] = 3
    carried: ClassVar[tuple[str, ...]] = ("h",)
    editable: ClassVar[tuple[str, ...]] = ("n_x", "n_h", "r", "z", "n", "h")

    def start(self, *carried: Tensor) -> State:
        return State(*carried)

    def gates(self, x: Tensor, h: Tensor) -> Gates:
        x_r, x_z, n_x = self.from_input(x).chunk(3, dim=-1)
        h_r, h_z, n_h = self.from_state(h).chunk(3, dim=-1)
        a_r = x_r + h_r
        a_z = x_z + h_z
        r = sigmoid(a_r)
        z = sigmoid(a_z)
        return Gates(a_r, a_z, n_x, n_h, r, z)

    def update(self, gates: Gates, prev: State, edit: Edit = keep) -> State:
        a_n = gates.n_x + gates.r * gates.n_h
        n = edit("n", tanh(a_n))
        h = edit("h", (1 - gates.z) * n + gates.z * prev.h)
        return State(h, a_n, n)
