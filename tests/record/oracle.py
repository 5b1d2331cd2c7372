"""A language model written out a second time, in numpy, one step and one layer at a time, in float64.

It shares nothing with the library but the names of the weights, so that a trace can be held against it.
"""

from collections.abc import Mapping

import numpy as np

Weights = Mapping[str, np.ndarray]
BLOCKS = {"rnn": "h", "rnn_relu": "h", "lstm": "ifgo", "gru": "rzn"}


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def rnn_step(x: dict, h: dict, prev: dict, phi) -> dict:
    a = x["h"] + h["h"]
    return {"a": a, "h": phi(a)}


def lstm_step(x: dict, h: dict, prev: dict) -> dict:
    a = {gate: x[gate] + h[gate] for gate in "ifgo"}
    i, f, g, o = sigmoid(a["i"]), sigmoid(a["f"]), np.tanh(a["g"]), sigmoid(a["o"])
    c = f * prev["c"] + i * g
    sums = {f"a_{gate}": value for gate, value in a.items()}
    return sums | {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * np.tanh(c)}


def gru_step(x: dict, h: dict, prev: dict) -> dict:
    a_r, a_z = x["r"] + h["r"], x["z"] + h["z"]
    r, z = sigmoid(a_r), sigmoid(a_z)
    a_n = x["n"] + r * h["n"]
    n = np.tanh(a_n)
    values = {"a_r": a_r, "a_z": a_z, "n_x": x["n"], "n_h": h["n"], "a_n": a_n, "r": r, "z": z, "n": n}
    return values | {"h": (1 - z) * n + z * prev["h"]}


STEPS = {
    "rnn": lambda x, h, prev: rnn_step(x, h, prev, np.tanh),
    "rnn_relu": lambda x, h, prev: rnn_step(x, h, prev, lambda a: np.maximum(a, 0)),
    "lstm": lstm_step,
    "gru": gru_step,
}


def read_layer(
    cell: str, weights: Weights, layer: int, rows: np.ndarray, start: dict
) -> dict[str, np.ndarray]:
    """rows (T, D), start {"h": (H,), ...} -> every value of the layer, (T, H) each."""
    w_ih, w_hh = weights[f"rnn.weight_ih_l{layer}"], weights[f"rnn.weight_hh_l{layer}"]
    b_ih, b_hh = weights[f"rnn.bias_ih_l{layer}"], weights[f"rnn.bias_hh_l{layer}"]
    blocks = BLOCKS[cell]
    prev, steps = start, []
    for x_t in rows:
        from_x = dict(zip(blocks, np.split(w_ih @ x_t + b_ih, len(blocks)), strict=True))
        from_h = dict(zip(blocks, np.split(w_hh @ prev["h"] + b_hh, len(blocks)), strict=True))
        prev = STEPS[cell](from_x, from_h, prev)
        steps.append(prev)
    return {name: np.stack([step[name] for step in steps]) for name in prev}


def read(
    cell: str, weights: Weights, ids: list[int], start: list[dict] | None = None
) -> dict[str, np.ndarray]:
    """The ids of a text -> every quantity of a trace by its name.

    weights: by the names of model.safetensors; start: for each layer its state, zeros if None.
    """
    weights = {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}
    vocabulary, hidden = weights["out.weight"].shape
    rows = weights["emb.weight"][ids] if "emb.weight" in weights else np.eye(vocabulary)[ids]
    values = {"emb": rows}
    layers = sum(name.startswith("rnn.weight_hh_l") for name in weights)
    for layer in range(layers):
        state = start[layer] if start else {"h": np.zeros(hidden), "c": np.zeros(hidden)}
        layer_values = read_layer(cell, weights, layer, rows, state)
        values |= {f"l{layer}.{name}": value for name, value in layer_values.items()}
        rows = layer_values["h"]
    logits = rows @ weights["out.weight"].T + weights["out.bias"]
    log_prob = log_softmax(logits)
    prob = np.exp(log_prob)
    ranks = np.argsort(-prob, axis=-1, kind="stable")[:, : min(20, vocabulary)]
    loss = np.array([np.nan] + [-log_prob[t - 1, ids[t]] for t in range(1, len(ids))])
    values |= {
        "out.logits": logits,
        "out.topk.id": ranks,
        "out.topk.prob": np.take_along_axis(prob, ranks, axis=-1),
        "out.loss": loss,
        "out.surprise": loss / np.log(2),
        "out.entropy": -(prob * log_prob).sum(axis=-1) / np.log(2),
        "out.perplexity": np.exp(np.mean(loss[1:])) if len(ids) > 1 else np.array(np.nan),
    }
    return values | ({"out.prob": prob} if vocabulary <= 1000 else {})
