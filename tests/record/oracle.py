"""The models written out a second time, in numpy, one step and one layer at a time, in float64.

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
    cell: str, weights: Weights, place: str, rows: np.ndarray, start: dict
) -> dict[str, np.ndarray]:
    """rows (T, D), start {"h": (H,), ...} -> all its values, (T, H) each; place: "l0", "l0_reverse"."""
    w_ih, w_hh = weights[f"rnn.weight_ih_{place}"], weights[f"rnn.weight_hh_{place}"]
    b_ih, b_hh = weights[f"rnn.bias_ih_{place}"], weights[f"rnn.bias_hh_{place}"]
    blocks = BLOCKS[cell]
    prev, steps = start, []
    for x_t in rows:
        from_x = dict(zip(blocks, np.split(w_ih @ x_t + b_ih, len(blocks)), strict=True))
        from_h = dict(zip(blocks, np.split(w_hh @ prev["h"] + b_hh, len(blocks)), strict=True))
        prev = STEPS[cell](from_x, from_h, prev)
        steps.append(prev)
    return {name: np.stack([step[name] for step in steps]) for name in prev}


def read_layers(
    cell: str, weights: Weights, rows: np.ndarray, start: list[dict] | None = None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """rows (T, D) -> what they are, and every value of every layer, by name; what the last layer shows.

    start: for each layer, and in it for each direction, its state; zeros if None.
    """
    values, starts = {"emb": rows}, iter(start or [])
    layer = 0
    while f"rnn.weight_hh_l{layer}" in weights:
        shown = []
        for suffix in ("", "_reverse"):
            if f"rnn.weight_hh_l{layer}{suffix}" not in weights:
                continue
            hidden = weights[f"rnn.weight_hh_l{layer}{suffix}"].shape[1]
            state = next(starts) if start else {"h": np.zeros(hidden), "c": np.zeros(hidden)}
            order = slice(None, None, -1 if suffix else 1)
            found = read_layer(cell, weights, f"l{layer}{suffix}", rows[order], state)
            prefix = f"l{layer}{suffix[1:2]}"
            values |= {f"{prefix}.{name}": value[order] for name, value in found.items()}
            shown.append(values[f"{prefix}.h"])
        rows = np.concatenate(shown, axis=1)
        layer += 1
    return values, rows


def plain(weights: Weights) -> Weights:
    return {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}


def rows_of(weights: Weights, tokens: int, ids: list[int]) -> np.ndarray:
    """What the first layer reads in place of some ids."""
    return weights["emb.weight"][ids] if "emb.weight" in weights else np.eye(tokens)[ids]


def read(
    cell: str, weights: Weights, ids: list[int], start: list[dict] | None = None
) -> dict[str, np.ndarray]:
    """The ids of a text, read by a language model -> every quantity of a trace by its name.

    weights: by the names of model.safetensors; start: for each layer its state, zeros if None.
    """
    weights = plain(weights)
    vocabulary = len(weights["out.weight"])
    values, shown = read_layers(cell, weights, rows_of(weights, vocabulary, ids), start)
    logits = shown @ weights["out.weight"].T + weights["out.bias"]
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


def tag(cell: str, weights: Weights, rows: np.ndarray, classes: bool) -> dict[str, np.ndarray]:
    """rows (T, D), read by a tagger of classes or of numbers -> every quantity of a trace by its name."""
    weights = plain(weights)
    values, shown = read_layers(cell, weights, rows)
    answers = shown @ weights["out.weight"].T + weights["out.bias"] if "out.weight" in weights else shown
    return values | (chances(answers) if classes else {"out.answer": answers})


def classify(cell: str, weights: Weights, rows: np.ndarray, readout: str) -> dict[str, np.ndarray]:
    """rows (T, D), read by a classifier -> every quantity of a trace by its name.

    Read one way, each answer comes from reading no more than what there was up to its step.
    """
    weights = plain(weights)
    values, _ = read_layers(cell, weights, rows)
    both = "rnn.weight_hh_l0_reverse" in weights
    said = []
    for end in [len(rows)] if both else range(1, len(rows) + 1):
        _, h = read_layers(cell, weights, rows[:end])
        half = h.shape[1] // 2
        last = np.concatenate([h[-1, :half], h[0, half:]]) if both else h[-1]
        said.append(h.mean(axis=0) if readout == "mean" else last)
    logits = np.stack(said) @ weights["out.weight"].T + weights["out.bias"]
    return values | chances(logits[0] if both else logits)


def chances(logits: np.ndarray) -> dict[str, np.ndarray]:
    log_prob = log_softmax(logits)
    prob = np.exp(log_prob)
    entropy = -(prob * log_prob).sum(axis=-1) / np.log(2)
    return {"out.logits": logits, "out.prob": prob, "out.entropy": entropy}
