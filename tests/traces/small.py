"""A trace of a made-up layer, and when two of them are the same."""

import json

import numpy as np

from rnnviz.traces import Quantity, Trace

STEPS, UNITS = 3, 2
TOKENS = ("a", "\n", "é")


def small(tokens=TOKENS) -> Trace:
    """Three steps of a made-up layer of two units."""
    steps = len(tokens)
    h = np.arange(steps * UNITS, dtype=np.float32).reshape(steps, UNITS)
    loss = np.arange(steps, dtype=np.float64)
    loss[:1] = np.nan
    quantities = {
        "l0.h": Quantity(h, ("step", "unit"), "h", "hidden state", "state", (-1.0, 1.0)),
        "l0.f": Quantity(h / 10, ("step", "unit"), "f", "forget gate", "gate", (0.0, 1.0)),
        "out.loss": Quantity(loss, ("step",), "L", "loss in nats", "loss"),
        "out.perplexity": Quantity(np.float64(4.5), (), "PPL", "perplexity", "loss"),
    }
    return Trace({"step": tokens}, quantities, {"model": "made-up", "text": "".join(tokens), "unknown": [1]})


def same(a: Trace, b: Trace) -> None:
    """Everything equal: names, values and their types, facts."""
    assert a.names == b.names
    assert dict(a.labels) == dict(b.labels)
    assert json.dumps(dict(a.meta)) == json.dumps(dict(b.meta))
    for name in a.names:
        x, y = a[name], b[name]
        assert x.values.dtype == y.values.dtype
        np.testing.assert_array_equal(x.values, y.values)
        for field in ("dims", "symbol", "label", "kind", "domain"):
            assert getattr(x, field) == getattr(y, field), field
