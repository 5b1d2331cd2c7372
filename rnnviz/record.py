"""A model and a text -> a Trace: the border between torch and everything that is looked at."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from rnnviz.models.language import LanguageModel, reading
from rnnviz.models.sampling import sample
from rnnviz.nn import LayerTrace, Recurrent, State, torch_twin
from rnnviz.quantities import CELL_MEANINGS, Meaning, meaning
from rnnviz.recurrence.values import every_value
from rnnviz.traces import Quantity, Trace

MOST_RANKS = 20  # of the likeliest next tokens that a trace keeps
WHOLE_VOCABULARY = 1000  # up to this size a trace keeps the probability of every token as well
BITS = 1 / np.log(2)  # bits in a nat


def record(model: LanguageModel, text: str, state: State | None = None) -> Trace:
    """Let a language model read a text, and keep everything that happened on the way.

    `out.prob[t]` is what the model expects after it has read token t; `out.loss[t]` (nats) and
    `out.surprise[t]` (bits) belong to token t, as it was expected after t - 1, so index 0 is NaN; perplexity
    = 2 ** nanmean(surprise). `meta["equals_torch"]` is the largest difference from `torch.nn` with the same
    weights, measured on this very text (see `difference_from_torch`).

    state: the start state as for the layer, zeros if None. Raises ValueError for an empty text.
    """
    if not text:
        raise ValueError("There is no text to read: give at least one character.")
    with reading(model):
        ids = model.ids(text)
        layer = model.rnn.trace(model.read(ids[:, None]), state)
        rows = model.input_rows(ids[:, None])
        logits = model.out(layer.output)[:, 0]
        hidden = {name: value[:, 0] for name, value in layer.values.items()}
        values = {"emb": rows[:, 0]} | _listed(hidden, model.cell) | _predictions(logits, ids)
        error = difference_from_torch(model.rnn, rows, state, layer)
    quantities = {name: _quantity(name, value, model) for name, value in values.items()}
    vocabulary = model.vocabulary
    meta = {
        "type": "language",
        "model": model.name,
        "cell": model.cell,
        "layers": model.layers,
        "hidden": model.hidden,
        "input": model.input,
        "text": text,
        "unknown": vocabulary.unknown(text),
        "equals_torch": error,
    }
    return Trace({"step": tuple(text), "vocab": vocabulary.tokens}, quantities, meta)


def reference(model: LanguageModel) -> Trace:
    """A trace of what the model itself writes: 300 characters at temperature 0.7, always the same ones.

    What has to stay as it is while a person types, such as the order of the units, is taken from this one.
    """
    return record(model, sample(model, length=300, temperature=0.7, seed=0))


def difference_from_torch(layer: Recurrent, rows: Tensor, state: State | None, trace: LayerTrace) -> float:
    """How far a trace is from `torch.nn`'s layer with the same weights, and from the readable cells.

    max |a - b| / max(1, max |b|), a and b being the output of the trace, (T, B, H), and torch's; and, in each
    layer, h_t of the trace and what the cell's equations make of x_t and of the h_{t-1} that the trace shows.
    So it speaks of every number that is shown, whoever computed it. For a layer that reads one way.
    """
    pairs = [(trace.output, torch_twin(layer)(rows, state)[0])]
    starts = layer.start(state, rows.shape[1])
    x = rows
    for k in range(layer.num_layers):
        shown = trace.values[f"l{k}.h"]
        pairs.append((shown, every_value(layer.cell(k), x, [start[k] for start in starts], shown)["h"]))
        x = shown
    return max(float((a - b).abs().max() / b.abs().max().clamp(min=1)) for a, b in pairs)


def _predictions(logits: Tensor, ids: Tensor) -> dict[str, Tensor]:
    """logits (T, V) and the ids read (T,) -> everything that is said about the next token."""
    log_prob = log_softmax(logits, dim=-1)
    prob = log_prob.exp()
    top = prob.topk(min(MOST_RANKS, prob.shape[-1]), dim=-1)
    came = log_prob[:-1].gather(1, ids[1:, None])[:, 0]
    loss = torch.cat([logits.new_full((1,), torch.nan), -came])
    whole = {"out.prob": prob} if prob.shape[-1] <= WHOLE_VOCABULARY else {}
    return {
        "out.logits": logits,
        **whole,
        "out.topk.prob": top.values,
        "out.topk.id": top.indices,
        "out.loss": loss,
        "out.surprise": loss * BITS,
        "out.entropy": -(prob * log_prob).nan_to_num(0.0).sum(-1) * BITS,
        "out.perplexity": came.mean().neg().exp(),
    }


DIMS: dict[str, tuple[str, ...]] = {
    "emb": ("step", "input"),
    "out.logits": ("step", "vocab"),
    "out.prob": ("step", "vocab"),
    "out.topk.prob": ("step", "rank"),
    "out.topk.id": ("step", "rank"),
    "out.loss": ("step",),
    "out.surprise": ("step",),
    "out.entropy": ("step",),
    "out.perplexity": (),
}


def _listed(values: dict[str, Any], cell: str) -> dict[str, Any]:
    """The values layer by layer, in the order in which they are listed to people."""
    order = list(CELL_MEANINGS[cell])
    return dict(sorted(values.items(), key=lambda item: _place(item[0], order)))


def _place(name: str, order: list[str]) -> tuple[str, int]:
    prefix, _, letter = name.partition(".")
    return prefix, order.index(letter)


def _quantity(name: str, value: Tensor, model: LanguageModel) -> Quantity:
    what: Meaning = meaning(name, model.cell)
    domain = what.domain
    if domain is None and name in model.ranges:
        domain = (-model.ranges[name], model.ranges[name])
    dims = DIMS.get(name, ("step", "unit"))
    return Quantity(value.cpu().numpy(), dims, what.symbol, what.label, what.kind, domain)
