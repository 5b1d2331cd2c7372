"""The loop that textbooks teach: a matrix for each gate, a step after the other, autograd for the way back.

It is what the readable code of most courses looks like, and the measure of what hand-written code gains. The
equations are torch.nn's, the two biases of a sum added up to one, so all numbers can be compared.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn, sigmoid, tanh

Values = tuple[Tensor, ...]


class NaiveLayer(nn.Module):
    """One layer. Abstract: `steps` is the cell's."""

    letters: str
    """What a step tells; the last is h."""

    def __init__(self, reference: nn.RNNBase, layer: int) -> None:
        """Takes a layer of torch.nn apart: W_x (D, H), W_h (H, H) and b (H,) for each gate."""
        super().__init__()
        w_ih, w_hh, b_ih, b_hh = (weight.detach() for weight in reference.all_weights[layer])
        gates = len(w_hh) // w_hh.shape[1]
        self.W_x = nn.ParameterList(w.t().contiguous() for w in w_ih.chunk(gates))
        self.W_h = nn.ParameterList(w.t().contiguous() for w in w_hh.chunk(gates))
        self.b = nn.ParameterList(self.biases(b_ih, b_hh, gates))

    def biases(self, b_ih: Tensor, b_hh: Tensor, gates: int) -> list[Tensor]:
        return [b.clone() for b in (b_ih + b_hh).chunk(gates)]

    def start(self, X: Tensor) -> Tensor:
        """Zeros, (B, H)."""
        return X.new_zeros(X.shape[1], len(self.W_h[0]))

    def steps(self, X: Tensor) -> Iterator[Values]:
        """X (T, B, D) -> what each step tells, (B, H) each."""
        raise NotImplementedError


class NaiveRNN(NaiveLayer):
    """A simple recurrent layer."""

    letters = "h"

    def steps(self, X: Tensor) -> Iterator[Values]:
        (W_xh,), (W_hh,), (b_h,) = self.W_x, self.W_h, self.b
        H = self.start(X)
        for X_t in X:
            H = tanh(X_t @ W_xh + H @ W_hh + b_h)
            yield (H,)


class NaiveLSTM(NaiveLayer):
    """A long short-term memory layer."""

    letters = "ifgoch"

    def steps(self, X: Tensor) -> Iterator[Values]:
        (W_xi, W_xf, W_xg, W_xo), (W_hi, W_hf, W_hg, W_ho) = self.W_x, self.W_h
        b_i, b_f, b_g, b_o = self.b
        H = C = self.start(X)
        for X_t in X:
            I = sigmoid(X_t @ W_xi + H @ W_hi + b_i)  # noqa: E741
            F = sigmoid(X_t @ W_xf + H @ W_hf + b_f)
            G = tanh(X_t @ W_xg + H @ W_hg + b_g)
            O = sigmoid(X_t @ W_xo + H @ W_ho + b_o)  # noqa: E741
            C = F * C + I * G
            H = O * tanh(C)
            yield I, F, G, O, C, H


class NaiveGRU(NaiveLayer):
    """A gated recurrent layer, r after the product."""

    letters = "rznh"

    def biases(self, b_ih: Tensor, b_hh: Tensor, gates: int) -> list[Tensor]:
        (r, z, n), (h_r, h_z, h_n) = b_ih.chunk(gates), b_hh.chunk(gates)
        return [r + h_r, z + h_z, n.clone(), h_n.clone()]

    def steps(self, X: Tensor) -> Iterator[Values]:
        (W_xr, W_xz, W_xn), (W_hr, W_hz, W_hn) = self.W_x, self.W_h
        b_r, b_z, b_n, b_hn = self.b
        H = self.start(X)
        for X_t in X:
            R = sigmoid(X_t @ W_xr + H @ W_hr + b_r)
            Z = sigmoid(X_t @ W_xz + H @ W_hz + b_z)
            N = tanh(X_t @ W_xn + b_n + R * (H @ W_hn + b_hn))
            H = Z * H + (1 - Z) * N
            yield R, Z, N, H


LAYERS: dict[type[nn.RNNBase], type[NaiveLayer]] = {nn.RNN: NaiveRNN, nn.LSTM: NaiveLSTM, nn.GRU: NaiveGRU}


class Naive(nn.Module):
    """The layers of a module of torch.nn, with its weights, one upon the other."""

    def __init__(self, reference: nn.RNNBase) -> None:
        super().__init__()
        kind = LAYERS[type(reference)]
        self.stack = [kind(reference, layer) for layer in range(reference.num_layers)]
        self.layers = nn.ModuleList(self.stack)  # so that their weights are seen

    def forward(self, X: Tensor) -> Tensor:
        """X (T, B, D) -> h of the last layer, (T, B, H)."""
        for layer in self.stack:
            X = torch.stack([values[-1] for values in layer.steps(X)])
        return X

    def trace(self, X: Tensor) -> dict[str, Tensor]:
        """X (T, B, D) -> everything that the steps tell, (T, B, H) each, as `l0.f`."""
        told: dict[str, Tensor] = {}
        for k, layer in enumerate(self.stack):
            values = [torch.stack(column) for column in zip(*layer.steps(X), strict=True)]
            told |= {f"l{k}.{letter}": value for letter, value in zip(layer.letters, values, strict=True)}
            X = values[-1]
        return told
