"""A trace made of plain numbers: views need no model."""

import numpy as np

from rnnviz.quantities import meaning
from rnnviz.traces import Quantity, Trace

VOCABULARY = ("<unk>", " ", *"abcdefghijklmnopqrstuvwxyz")
RANKS = 8


def make_trace(
    text: str = "time traveller", units: int = 6, layers: int = 1, cell: str = "lstm", seed: int = 0
) -> Trace:
    """A trace as `rnnviz.trace` gives it for a language model, filled with seeded random numbers."""
    random = np.random.default_rng(seed)
    steps = len(text)
    quantities = {}
    for layer in range(layers):
        for letter in ("h", "c", "i", "f", "g", "o", "a_f"):
            what = meaning(f"l{layer}.{letter}", cell)
            low, high = what.domain or (-4.0, 4.0)
            values = random.uniform(low, high, (steps, units)).astype(np.float32)
            domain = (-5.0, 5.0) if letter == "c" else what.domain
            quantities[f"l{layer}.{letter}"] = Quantity(
                values, ("step", "unit"), what.symbol, what.label, what.kind, domain
            )
    probability = random.dirichlet(np.full(len(VOCABULARY), 0.3), steps).astype(np.float32)
    ids = np.argsort(-probability, axis=1)[:, :RANKS]
    read = [VOCABULARY.index(token) if token in VOCABULARY else 0 for token in text]
    surprise = np.full(steps, np.nan, dtype=np.float32)
    surprise[1:] = -np.log2(probability[np.arange(steps - 1), read[1:]] + 1e-9)
    made = {
        "out.prob": (probability, ("step", "vocab")),
        "out.topk.prob": (np.take_along_axis(probability, ids, axis=1), ("step", "rank")),
        "out.topk.id": (ids, ("step", "rank")),
        "out.surprise": (surprise, ("step",)),
        "out.perplexity": (np.float32(2 ** np.nanmean(surprise)) if steps > 1 else np.float32("nan"), ()),
    }
    for name, (values, dims) in made.items():
        what = meaning(name, cell)
        quantities[name] = Quantity(values, dims, what.symbol, what.label, what.kind, what.domain)
    meta = {
        "model": "made-up",
        "cell": cell,
        "layers": layers,
        "hidden": units,
        "unknown": [place for place, token in enumerate(text) if token not in VOCABULARY],
        "equals_torch": 1e-7,
    }
    return Trace({"step": tuple(text), "vocab": VOCABULARY}, quantities, meta)
