"""Traces with attention, made of plain numbers: a translation, a sequence that looks at itself, an answer."""

import math
from collections.abc import Sequence

import numpy as np

from rnnviz.traces import Quantity, Trace

VOCABULARY = ("<end>", *"0123456789-")
RANKS = 8
SIDES = {"q": 0, "k": 1, "v": 1, "context": 0}


def softmax(scores: np.ndarray) -> np.ndarray:
    """Over the last axis; a row in which nothing is open is 0."""
    shifted = np.exp(scores - np.maximum(scores.max(-1, keepdims=True), -1e30))
    return shifted / np.maximum(shifted.sum(-1, keepdims=True), 1e-300)


def attention(
    rows: int,
    columns: int,
    *,
    form: str = "dot",
    heads: int = 0,
    width: int = 6,
    causal: bool = False,
    vector: np.ndarray | None = None,
    seed: int = 0,
    dtype: str = "float32",
) -> dict[str, np.ndarray]:
    """All numbers of an attention, (rows, ...) and (columns, ...), with an axis of heads before if any."""
    random = np.random.default_rng(seed)
    front = (heads,) if heads else ()
    q, k, v = (random.normal(size=(*front, length, width)) for length in (rows, columns, columns))
    scores = q @ k.swapaxes(-1, -2) / (math.sqrt(width) if form == "scaled_dot" else 1)
    if form == "additive":
        scores = np.tanh(q[..., :, None, :] + k[..., None, :, :]) @ vector
    masked = np.where(np.tri(rows, columns, dtype=bool), scores, -np.inf) if causal else scores
    weights = softmax(masked)
    made = dict(q=q, k=k, v=v, scores=scores, masked=masked, weights=weights, context=weights @ v)
    return {name: values.astype(dtype) for name, values in made.items()}


def quantities(
    numbers: dict[str, np.ndarray], sides: Sequence[str], prefix: str = "attn.", heads: bool = False
) -> dict[str, Quantity]:
    """With the names that a trace has for them; sides: the axes of who looks, and of what is looked at."""
    front = ("head",) if heads else ()
    return {
        prefix + name: Quantity(
            values, (*front, *((sides[SIDES[name]], "unit") if name in SIDES else sides)), name, name
        )
        for name, values in numbers.items()
    }


def translation(source: str = "6 Nov 2025", written: str = "2025-11-06", **options) -> Trace:
    """As of a model that reads a text and writes another, with its guesses."""
    steps = (*written, "<end>")
    random = np.random.default_rng(options.get("seed", 0) + 100)
    chances = random.dirichlet(np.full(len(VOCABULARY), 0.3), len(steps)).astype(np.float32)
    ids = np.argsort(-chances, axis=1)[:, :RANKS]
    made = quantities(attention(len(steps), len(source), **options), ("step", "source"))
    made["out.topk.id"] = Quantity(ids, ("step", "rank"))
    made["out.topk.prob"] = Quantity(np.take_along_axis(chances, ids, axis=1), ("step", "rank"))
    labels = {"source": tuple(source), "step": steps, "vocab": VOCABULARY}
    return Trace(labels, made, {"attention": options.get("form", "dot")})


def transformer(text: str = "time traveller", layers: int = 2, heads: int = 3, causal: bool = True) -> Trace:
    """As of a transformer that reads a text."""
    made = {}
    for layer in range(layers):
        numbers = attention(len(text), len(text), form="scaled_dot", heads=heads, causal=causal, seed=layer)
        made |= quantities(numbers, ("query", "key"), f"l{layer}.attn.", heads=True)
    return Trace({axis: tuple(text) for axis in ("step", "query", "key")}, made, {"cell": "transformer"})


def rewriting(
    source: str = "6 Nov 2025", written: str = "2025-11-06", layers: int = 2, heads: int = 3
) -> Trace:
    """As of a transformer with an encoder, that reads a text, and a decoder, that writes another."""
    plain = translation(source, written)
    made = {name: plain[name] for name in ("out.topk.id", "out.topk.prob")}
    read, wrote = len(source), len(plain)
    kinds = {
        "enc.l{}.attn.": (read, read, "query", "key", False),
        "dec.l{}.attn.": (wrote, wrote, "step", "written", True),
        "dec.l{}.cross.": (wrote, read, "step", "source", False),
    }
    for place, (prefix, (rows, columns, *sides, causal)) in enumerate(kinds.items()):
        for layer in range(layers):
            seed = 10 * place + layer
            numbers = attention(rows, columns, form="scaled_dot", heads=heads, causal=causal, seed=seed)
            made |= quantities(numbers, sides, prefix.format(layer), heads=True)
    before = (plain.tokens[-1], *plain.tokens[:-1])
    both = dict.fromkeys(("source", "query", "key"), tuple(source))
    return Trace({**plain.labels, **both, "written": before}, made, {"cell": "transformer"})


def pooling(words: Sequence[str] = tuple("not bad at all")) -> Trace:
    """As of a classifier that looks once for its answer."""
    numbers = attention(1, len(words), seed=5)
    made = {}
    for name, values in numbers.items():
        alone = name in ("q", "context", "scores", "masked", "weights")
        dims = ("unit",) if name in ("q", "context") else ("step",) if alone else ("step", "unit")
        made[f"attn.{name}"] = Quantity(values[0] if alone else values, dims, name, name)
    return Trace({"step": tuple(words)}, made, {})
