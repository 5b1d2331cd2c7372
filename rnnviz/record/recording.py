"""One sequence, read by a model, with everything that happened on the way."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from rnnviz.cells.unroll import StepEdit
from rnnviz.models.base import Model
from rnnviz.models.language import reading
from rnnviz.models.reader import Reader, as_reader
from rnnviz.models.sampling import sample
from rnnviz.nn import State
from rnnviz.quantities import meaning
from rnnviz.record.answers import ANSWERS
from rnnviz.record.inputs import given
from rnnviz.record.layers import difference_from_torch, listed, start_values
from rnnviz.traces import Quantity, Trace

EACH_STEP = ", were this the last step"


def record(
    model: Model,
    input: str | np.ndarray | Tensor | Sequence[Any],
    state: State | None = None,
    *,
    edit: StepEdit | None = None,
    compare: bool = True,
) -> Trace:
    """Let a model read a sequence, and keep everything that happened on the way.

    input: a text, or for a model that reads numbers an array (T, D) of them, scaled as the model learned
    them: a series of D columns, or an image as T rows of D pixels, 0..1, or as bytes 0..255. state: the start
    state as for the layer, zeros if None.

    edit: `edit(step, "l0.f", value) -> value` may replace any gate or state on its way, see `rnnviz.edits`.

    Every value of every layer is there by name: `l0.h`, `l0.f`, and `l0r.h` in the reverse direction; `emb`
    is what the first layer read; `l0.h0` and `l0.c0`, (unit,), are the state that was given, if one was. What
    is answered depends on the model:

    - A language model: `out.prob[t]` is what it expects after it has read token t; `out.loss[t]` (nats) and
      `out.surprise[t]` (bits) belong to token t, as it was expected after t - 1, so index 0 is NaN;
      perplexity = 2 ** nanmean(surprise).
    - A tagger: at each step `out.logits`, `out.prob` and `out.entropy` over its classes, or the numbers
      `out.answer`; `meta["answer"]` has the likeliest class of each step.
    - A classifier: the same after each step, as if the sequence ended there; of one that reads both ways only
      the answer to the whole sequence, since its states would be others had it ended earlier; and of one with
      attention, since its weights would.
      `meta["answer"]` is its answer, `meta["chance"]` the probability of that.

    `meta["equals_torch"]` is the largest difference from `torch.nn` with the same weights, measured on this
    very input (see `difference_from_torch`); compare: False leaves it out, in less than half the time, for
    who makes a film of many traces. Raises ValueError, with a sentence, for an input that the model cannot
    read.
    """
    model = as_reader(model, "is recorded")
    read = given(model, input)
    kind = model.config["type"]
    with reading(model):
        layer = model.rnn.trace(model.read(read.x), state, edit)
        rows = model.input_rows(read.x)
        hidden = {name: value[:, 0] for name, value in layer.values.items()}
        began = start_values(model.rnn, state)
        said = ANSWERS[kind](model, layer.output, read.x)
        compared = {"equals_torch": difference_from_torch(model.rnn, rows, state, layer)} if compare else {}
    values = {"emb": rows[:, 0]} | listed(hidden, model.cell) | began | said.values
    dims = {"emb": ("step", "input")} | dict.fromkeys(began, ("unit",)) | said.dims
    quantities = {
        name: _quantity(name, value, dims.get(name, ("step", "unit")), model, kind)
        for name, value in values.items()
    }
    meta = {
        "type": kind,
        "model": model.name,
        "cell": model.cell,
        "layers": model.layers,
        "hidden": model.hidden,
        "directions": model.directions,
        "input": model.input,
        **read.facts,
        **said.facts,
        **compared,
    }
    return Trace(read.labels | said.labels, quantities, meta)


def reference(model: Model) -> Trace:
    """A trace of what a language model itself writes: 300 characters at temperature 0.7, always the same.

    What has to stay as it is while a person types, such as the order of the units, is taken from this one.
    """
    return record(model, sample(model, length=300, temperature=0.7, seed=0))


def _quantity(name: str, value: Tensor, dims: tuple[str, ...], model: Reader, kind: str) -> Quantity:
    what = meaning(name, model.cell, kind)
    label = what.label + (EACH_STEP if kind == "classifier" and dims == ("step", "class") else "")
    domain = what.domain
    if domain is None and name in model.ranges:
        domain = (-model.ranges[name], model.ranges[name])
    return Quantity(value.cpu().numpy(), dims, what.symbol, label, what.kind, domain)
