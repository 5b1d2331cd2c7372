"""A layer written out in numpy, in which any value can be put in by hand as soon as it is there."""

from collections.abc import Callable

import numpy as np

Put = Callable[[int, str, np.ndarray], np.ndarray]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def read(cell: str, weights: dict[str, np.ndarray], rows: np.ndarray, start: dict, put: Put) -> dict:
    """rows (T, D) -> every value, (T, H) each; put(step, letter, value) is asked about each of them."""
    w_ih, w_hh, b_ih, b_hh = (
        weights[f"rnn.{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    prev, steps = dict(start), []
    for t, x in enumerate(rows):
        from_x, from_h = w_ih @ x + b_ih, w_hh @ prev["h"] + b_hh
        v: dict[str, np.ndarray] = {}

        def now(letter: str, value: np.ndarray, t=t, v=v) -> np.ndarray:
            v[letter] = put(t, letter, value)
            return v[letter]

        if cell == "lstm":
            a_i, a_f, a_g, a_o = np.split(from_x + from_h, 4)
            i, f, g, o = now("i", sigmoid(a_i)), now("f", sigmoid(a_f)), now("g", np.tanh(a_g)), sigmoid(a_o)
            o = now("o", o)
            c = now("c", f * prev["c"] + i * g)
            now("h", o * np.tanh(c))
        elif cell == "gru":
            x_r, x_z, x_n = np.split(from_x, 3)
            h_r, h_z, h_n = np.split(from_h, 3)
            n_x, n_h = now("n_x", x_n), now("n_h", h_n)
            r, z = now("r", sigmoid(x_r + h_r)), now("z", sigmoid(x_z + h_z))
            n = now("n", np.tanh(n_x + r * n_h))
            now("h", (1 - z) * n + z * prev["h"])
        else:
            phi = np.tanh if cell == "rnn" else lambda a: np.maximum(a, 0)
            now("h", phi(from_x + from_h))
        prev = v
        steps.append(v)
    return {letter: np.stack([step[letter] for step in steps]) for letter in steps[0]}
