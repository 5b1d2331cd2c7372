"""The models that attend, written out a second time in numpy, a query, a head and a layer at a time.

As `oracle`, it shares nothing with the library but the names of the weights.
"""

from typing import Any

import numpy as np

from tests.record.oracle import Weights, chances, log_softmax, plain, read_layers


def softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(log_softmax(scores))


# --- an encoder and a decoder


def side(cell: str, weights: Weights, prefix: str, rows: np.ndarray, start: list[dict] | None):
    """What the encoder or the decoder does, as `oracle.read_layers` tells it."""
    own = {f"rnn.{name[8:]}": value for name, value in weights.items() if name.startswith(prefix)}
    return read_layers(cell, own, rows, start)


def table(weights: Weights, name: str, tokens: int) -> np.ndarray:
    return weights.get(name, np.eye(tokens))


def translate(
    cell: str, attention: str, weights: Weights, tokens: int, source: list[int], target: list[int], told: bool
) -> dict[str, np.ndarray]:
    """Ids are read, ids are written (told: by somebody else) -> every quantity of a trace by its name."""
    weights = plain(weights)
    outputs = len(weights["out.weight"])
    rows = table(weights, "source_emb.weight", tokens)[source]
    encoder, states = side(cell, weights, "encoder.", rows, None)
    start, carried = [], "hc" if cell == "lstm" else "h"
    for layer in range(99):
        if f"l{layer}.h" not in encoder:
            break
        ways = [way for way in ("", "r") if f"l{layer}{way}.h" in encoder]
        ends = {
            letter: np.concatenate([encoder[f"l{layer}{way}.{letter}"][0 if way else -1] for way in ways])
            for letter in carried
        }
        start.append({"c": np.zeros(0)} | ends)
    rows = table(weights, "target_emb.weight", outputs)[[0, *target[:-1]]]
    decoder, h = side(cell, weights, "decoder.", rows, start)
    values = {f"enc.{name}": value for name, value in encoder.items()}
    values |= {f"dec.{name}": value for name, value in decoder.items()}
    values |= {f"dec.l{k}.{letter}0": part[letter] for k, part in enumerate(start) for letter in carried}
    if attention != "none":
        looked = look(attention, weights, h, states)
        h = looked["attn.joined"] = np.tanh(np.hstack([looked["attn.context"], h]) @ weights["join.weight"].T)
        values |= looked
    logits = h @ weights["out.weight"].T + weights["out.bias"]
    return values | expected(logits, -log_softmax(logits)[np.arange(len(target)), target] if told else None)


def look(attention: str, weights: Weights, queries: np.ndarray, states: np.ndarray) -> dict[str, np.ndarray]:
    """queries (T, W), states (S, W) -> what is looked at, a pair of steps at a time."""
    values: dict[str, np.ndarray] = {}
    q, k = queries, states
    if attention == "general":
        k = np.stack([weights["attn.weight"] @ state for state in states])
    if attention == "additive":
        q = np.stack([weights["attn.weight_q"] @ query for query in queries])
        k = np.stack([weights["attn.weight_k"] @ state for state in states])
        values["attn.w"] = weights["attn.weight"]
    scores = np.zeros((len(q), len(k)))
    for t, query in enumerate(q):
        for s, key in enumerate(k):
            if attention == "additive":
                scores[t, s] = values["attn.w"] @ np.tanh(query + key)
            else:
                scores[t, s] = query @ key / (np.sqrt(len(key)) if attention == "scaled_dot" else 1)
    found = softmax(scores)
    values |= {"attn.q": q, "attn.k": k, "attn.v": states, "attn.scores": scores, "attn.masked": scores}
    return values | {"attn.weights": found, "attn.context": found @ states}


def expected(logits: np.ndarray, loss: np.ndarray | None) -> dict[str, np.ndarray]:
    """What is expected of tokens, and what it costs."""
    values = chances(logits)
    prob = values["out.prob"]
    ranks = np.argsort(-prob, axis=-1, kind="stable")[:, :20]
    values |= {"out.topk.id": ranks, "out.topk.prob": np.take_along_axis(prob, ranks, axis=-1)}
    if loss is not None:
        mean = np.exp(np.nanmean(loss)) if np.isfinite(loss).any() else np.array(np.nan)
        values |= {"out.loss": loss, "out.surprise": loss / np.log(2), "out.perplexity": mean}
    return values


# --- a classifier that pools


def pool(weights: Weights, h: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """h (T, H) -> what is looked at for one answer, and the summary (H,)."""
    weight = weights["attn.weight"]
    if len(weight) == 1:
        scores = np.array([weight[0] @ state for state in h])
        found = softmax(scores)
        summary = sum(share * state for share, state in zip(found, h, strict=True))
        values = {"attn.q": weight[0]}
    else:
        scores = np.stack([weight @ state for state in h]).T
        found = softmax(scores)
        summary = np.array([found[unit] @ h[:, unit] for unit in range(h.shape[1])])
        values = {}
    values |= {"attn.k": h, "attn.v": h, "attn.scores": scores, "attn.weights": found}
    return values | {"attn.context": summary}, summary


def pooled(cell: str, weights: Weights, rows: np.ndarray) -> dict[str, np.ndarray]:
    """rows (T, D), read by a classifier that pools -> every quantity of a trace by its name; read one way, as
    if the sequence had ended at each step.
    """
    weights = plain(weights)
    values, h = read_layers(cell, weights, rows)
    looked, summary = pool(weights, h)
    if "rnn.weight_hh_l0_reverse" not in weights:
        summary = np.stack([pool(weights, h[:end])[1] for end in range(1, len(h) + 1)])
    return values | looked | chances(summary @ weights["out.weight"].T + weights["out.bias"])


# --- a transformer that writes


def rewrite(
    model: Any, weights: Weights, source: list[int], target: list[int], told: bool
) -> dict[str, np.ndarray]:
    """Ids are read, ids are written (told: by somebody else), by a transformer with the settings of a model
    -> every quantity of a trace by its name.
    """
    weights = plain(weights)
    heads, pre, waves = model.heads, model.norm == "pre", model.positions == "sinusoidal"
    values: dict[str, np.ndarray] = {}
    memory = None
    for side, name, ids in (("enc", "source", source), ("dec", "target", [0, *target[:-1]])):
        own = {each.removeprefix(f"{side}oder."): value for each, value in weights.items()}
        rows = weights[f"{name}_emb.weight"][ids]
        places = sinusoids(*rows.shape) if waves else weights[f"{name}_pos.weight"][: len(ids)]
        found = {"emb.token": rows, "emb.place": places, "emb": rows + places}
        x = rows + places
        for layer in range(model.layers):
            start = f"{side}oder.layers.{layer}."
            w = {each.removeprefix(start): value for each, value in weights.items() if each.startswith(start)}
            told_of_layer = (
                transform_layer(w, x, heads, False, pre)
                if memory is None
                else write_layer(w, x, memory, heads, pre)
            )
            found |= {f"l{layer}.{each}": value for each, value in told_of_layer[0].items()}
            x = told_of_layer[1]
        if pre:
            x = found["h"] = norm(x, own["norm.weight"], own["norm.bias"])
        values |= {f"{side}.{each}": value for each, value in found.items()}
        memory = x
    logits = x @ weights["out.weight"].T + weights["out.bias"]
    return values | expected(logits, -log_softmax(logits)[np.arange(len(target)), target] if told else None)


def write_layer(w: Weights, x: np.ndarray, memory: np.ndarray, heads: int, pre: bool):
    """A layer of the decoder: it looks back, it looks across, it thinks."""

    def normed(number: int, value: np.ndarray) -> np.ndarray:
        return norm(value, w[f"norm{number}.weight"], w[f"norm{number}.bias"])

    values = {"norm1": normed(1, x)} if pre else {}
    values |= attend(w, values.get("norm1", x), heads, True)
    looked = x + values["attn.output"]
    looked = values["looked"] = looked if pre else normed(1, looked)
    if pre:
        values["norm2"] = normed(2, looked)
    across = attend(w, values.get("norm2", looked), heads, False, memory, "multihead_attn")
    values |= {each.replace("attn.", "cross."): value for each, value in across.items()}
    mid = looked + values["cross.output"]
    mid = values["mid"] = mid if pre else normed(2, mid)
    if pre:
        values["norm3"] = normed(3, mid)
    a = values["a"] = values.get("norm3", mid) @ w["linear1.weight"].T + w["linear1.bias"]
    hidden = values["hidden"] = np.maximum(a, 0)
    ff = values["ff"] = hidden @ w["linear2.weight"].T + w["linear2.bias"]
    values["h"] = mid + ff if pre else normed(3, mid + ff)
    return values, values["h"]


# --- a transformer


def transformed(model: Any, weights: Weights, read: Any) -> dict[str, np.ndarray]:
    """A text or numbers, read by a transformer with the settings of a model -> every quantity of a trace."""
    weights = plain(weights)
    ids, causal = model.vocabulary.encode(read) if model.vocabulary else [], model.directions == 1
    rows = weights["emb.weight"][ids] if ids else read @ weights["emb.weight"].T + weights["emb.bias"]
    settings = model.heads, causal, model.norm == "pre", model.positions == "sinusoidal"
    values, h = transform(weights, rows, *settings)
    values |= {} if ids else {"x": read}
    if model.config["type"] == "transformer_language":
        logits = h @ weights["out.weight"].T + weights["out.bias"]
        came = -log_softmax(logits)[np.arange(len(ids) - 1), ids[1:]]
        return values | expected(logits, np.array([np.nan, *came]))
    looked: dict[str, np.ndarray] = {}
    said = []
    for end in range(1 if causal else len(h), len(h) + 1):
        part = h[:end]
        if model.readout.startswith("attention"):
            looked, summary = pool(weights, part)
        else:
            summary = part[-1] if model.readout == "last" else part.mean(axis=0)
        said.append(summary)
    logits = np.stack(said) @ weights["out.weight"].T + weights["out.bias"]
    return values | looked | chances(logits if causal else logits[0])


def transform(
    weights: Weights, rows: np.ndarray, heads: int, causal: bool, pre: bool, waves: bool
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """rows (T, E), what stands for each token -> every quantity but the answers, and h after all layers."""
    weights = plain(weights)
    count, width = rows.shape
    places = sinusoids(count, width) if waves else weights["pos.weight"][:count]
    values = {"emb.token": rows, "emb.place": places, "emb": rows + places}
    x, layer = rows + places, 0
    while f"encoder.layers.{layer}.linear1.weight" in weights:
        start = f"encoder.layers.{layer}."
        own = {name.removeprefix(start): value for name, value in weights.items() if name.startswith(start)}
        found, x = transform_layer(own, x, heads, causal, pre)
        values |= {f"l{layer}.{name}": value for name, value in found.items()}
        layer += 1
    if pre:
        x = values["h"] = norm(x, weights["encoder.norm.weight"], weights["encoder.norm.bias"])
    return values, x


def transform_layer(w: Weights, x: np.ndarray, heads: int, causal: bool, pre: bool):
    def normed(number: int, value: np.ndarray) -> np.ndarray:
        return norm(value, w[f"norm{number}.weight"], w[f"norm{number}.bias"])

    values = {"norm1": normed(1, x)} if pre else {}
    values |= attend(w, values.get("norm1", x), heads, causal)
    mid = x + values["attn.output"]
    mid = values["mid"] = mid if pre else normed(1, mid)
    if pre:
        values["norm2"] = normed(2, mid)
    a = values["a"] = values.get("norm2", mid) @ w["linear1.weight"].T + w["linear1.bias"]
    hidden = values["hidden"] = np.maximum(a, 0)
    ff = values["ff"] = hidden @ w["linear2.weight"].T + w["linear2.bias"]
    values["h"] = mid + ff if pre else normed(2, mid + ff)
    return values, values["h"]


def attend(
    w: Weights, x: np.ndarray, heads: int, causal: bool, at: np.ndarray | None = None, name: str = "self_attn"
) -> dict[str, np.ndarray]:
    """x (T, E) looks at another sequence (S, E), or at itself -> what each head looks at, and what they say
    together.
    """
    count, width = x.shape
    size = width // heads
    matrices, biases = w[f"{name}.in_proj_weight"], w[f"{name}.in_proj_bias"]
    sides = (x, x if at is None else at, x if at is None else at)
    parts = [slice(part * width, (part + 1) * width) for part in range(3)]
    projected = [side @ matrices[part].T + biases[part] for side, part in zip(sides, parts, strict=True)]
    told: dict[str, list[np.ndarray]] = {
        name: [] for name in ["q", "k", "v", "scores", "masked", "weights", "context"]
    }
    for head in range(heads):
        q, k, v = (side[:, head * size : (head + 1) * size] for side in projected)
        scores = q @ k.T / np.sqrt(size)
        masked = scores.copy()
        if causal:
            masked[np.triu_indices(count, 1)] = -np.inf
        found = np.exp(masked) / np.exp(masked).sum(axis=1, keepdims=True)
        for part, value in zip(told, (q, k, v, scores, masked, found, found @ v), strict=True):
            told[part].append(value)
    joined = np.hstack(told["context"])
    output = joined @ w[f"{name}.out_proj.weight"].T + w[f"{name}.out_proj.bias"]
    return {f"attn.{part}": np.stack(values) for part, values in told.items()} | {"attn.output": output}


def norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    apart = x - x.mean(axis=-1, keepdims=True)
    return apart / np.sqrt((apart**2).mean(axis=-1, keepdims=True) + 1e-5) * weight + bias


def sinusoids(count: int, width: int) -> np.ndarray:
    places = np.zeros((count, width))
    for t in range(count):
        for i in range(width):
            angle = t / 10_000 ** (2 * (i // 2) / width)
            places[t, i] = np.cos(angle) if i % 2 else np.sin(angle)
    return places
