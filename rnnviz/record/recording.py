"""One sequence, read by a model, with everything that happened on the way."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from rnnviz.cells.unroll import StepEdit
from rnnviz.models.base import Model
from rnnviz.models.decoding import LONGEST, as_writer
from rnnviz.models.reader import as_reader
from rnnviz.models.sampling import sample
from rnnviz.models.speaker import reading
from rnnviz.models.transformer import Transformer
from rnnviz.models.writer import Writer
from rnnviz.nn import State
from rnnviz.quantities import meaning
from rnnviz.record.inputs import Given, given
from rnnviz.record.readers import of_reader
from rnnviz.record.told import Told, together
from rnnviz.record.transformers import of_transformer
from rnnviz.record.writers import of_writer
from rnnviz.traces import Quantity, Trace

EACH_STEP = ", were this the last step"
REFERENCE = 300  # characters


def record(
    model: Model,
    input: str | np.ndarray | Tensor | Sequence[Any],
    state: State | None = None,
    *,
    target: str | None = None,
    begin: str = "",
    longest: int = LONGEST,
    edit: StepEdit | None = None,
    compare: bool = True,
) -> Trace:
    """Let a model read a sequence, and keep everything that happened on the way.

    input: a text, or for a model that reads numbers an array (T, D) of them, scaled as the model learned
    them: a series of D columns, or an image as T rows of D pixels, 0..1, or as bytes 0..255. state: what a
    recurrent layer starts from, zeros if None. target, begin: of a sequence-to-sequence model, what is to be
    written, told step by step whatever the model says; or what it has to begin with, before it writes on by
    itself. (To force one token is to begin with what was written before it, and the token.) longest: the
    most tokens that it writes by itself.

    edit: `edit(step, "l0.f", value) -> value` may replace any gate or state on its way, (1, H), see
    `rnnviz.edits`; and what is looked at, before the context is made of it: "attn.weights" (1, S) of step t
    of a decoder, "l0.attn.weights" (1, K, T) of step t of a transformer, of one with both sides
    "enc.l0.attn.weights" (1, K, S) of token s, "dec.l0.attn.weights" (1, K, T) and "dec.l0.cross.weights"
    (1, K, S) of step t; "attn.weights" (1, T) of a classifier that pools, at step 0, or by unit at as many
    steps as there are units. What it changes changes what comes after it, and what is written.

    Every value of every layer is there by name: `l0.h`, `l0.f`, and `l0r.h` in the reverse direction; `emb`
    is what the first layer read; `l0.h0` and `l0.c0`, (unit,), are the state that was given, if one was. What
    is answered depends on the model:

    - A language model: `out.prob[t]` is what it expects after it has read token t; `out.loss[t]` (nats) and
      `out.surprise[t]` (bits) belong to token t, as it was expected after t - 1, so index 0 is NaN;
      perplexity = 2 ** nanmean(surprise).
    - A tagger: at each step `out.logits`, `out.prob` and `out.entropy` over its classes, or the numbers
      `out.answer`; `meta["answer"]` has the likeliest class of each step.
    - A classifier: the same after each step, as if the sequence ended there; of one that reads both ways only
      the answer to the whole sequence, since its states would be others had it ended earlier.
      `meta["answer"]` is its answer, `meta["chance"]` the probability of that. If it pools by attention,
      `attn.weights` are those of the whole sequence.
    - A sequence-to-sequence model: the axis source is what it reads, `enc.l0.h`; the axis step what is
      written, `dec.l0.h`, the end included. Row t is what led to token t, of `attn.weights` and `out.prob`
      too: the decoder had read token t - 1. `meta["answer"]` is what the model wrote. With a target,
      `out.loss[t]` is that of its token t, and the answer is the likeliest token of each step, the right
      ones having been written before it.
    - A transformer: `l0.attn.weights` and so on of each head of each layer, the axes query and key being the
      steps. One with an encoder and a decoder: all that was said of a sequence-to-sequence model, and of each
      head `enc.l0.attn.weights`, query and key being the tokens that are read; `dec.l0.attn.weights` (head,
      step, written), written being what stood there before each step, END first; and `dec.l0.cross.weights`
      (head, step, source), by which the decoder looks at what was read.

    `meta["equals_torch"]` is the largest difference from `torch.nn` with the same weights, measured on this
    very input: of recurrent layers see `difference_from_torch`, of attention the weights and contexts (of a
    transformer the outputs of its layers). compare: False leaves it out, in less than half the time, for who
    makes a film of many traces; an edited reading is never compared. Raises ValueError, with a sentence, for
    an input that the model cannot read.
    """
    if isinstance(state, str):
        raise ValueError("A state is no text: what is to be written is given by name, as the target.")
    if state is not None:
        as_reader(model, "begins in a state")
    if target is not None or begin:
        as_writer(model, "is told what to write")
    if target is not None and begin:
        raise ValueError("A target says all that is written, and a beginning leaves the rest to the model.")
    read = given(model, input)
    with reading(model):
        told = _read(model, read, state, target, begin, longest, edit, compare and edit is None)
    kind = model.config["type"]
    quantities = {
        name: _quantity(name, value, told.dims[name], model, kind) for name, value in told.values.items()
    }
    meta = {
        "type": kind,
        "model": model.name,
        "cell": model.cell,
        "layers": model.layers,
        "hidden": model.hidden,
        "directions": model.directions,
        "input": model.input,
        **told.facts,
    }
    return Trace(told.labels, quantities, meta)


def _read(
    model: Model,
    read: Given,
    state: State | None,
    target: str | None,
    begin: str,
    longest: int,
    edit: StepEdit | None,
    compare: bool,
) -> Told:
    facts = Told({}, {}, {}, read.facts)
    if isinstance(model, Writer):
        text = read.facts["text"]
        return together(facts, of_writer(model, text, target, begin, longest, edit, compare))
    named = Told({}, {}, read.labels, {})
    if isinstance(model, Transformer):
        return together(named, facts, of_transformer(model, read.x, read.labels, edit, compare))
    reader = as_reader(model, "is recorded")
    return together(named, facts, of_reader(reader, read.x, state, edit, compare))


def reference(model: Model) -> Trace:
    """A trace of what a language model itself writes: 300 characters at temperature 0.7, always the same, or
    as many as a transformer looks at together.

    What has to stay as it is while a person types, such as the order of the units, is taken from this one.
    """
    length = min(REFERENCE, model.context) if isinstance(model, Transformer) else REFERENCE
    return record(model, sample(model, length=length, temperature=0.7, seed=0))


def _quantity(name: str, value: Tensor, dims: tuple[str, ...], model: Model, kind: str) -> Quantity:
    what = meaning(name, model.cell, kind)
    each = kind in ("classifier", "transformer_classifier") and dims == ("step", "class")
    domain = what.domain
    if domain is None and name in model.ranges:
        domain = (-model.ranges[name], model.ranges[name])
    label = what.label + (EACH_STEP if each else "")
    return Quantity(value.detach().cpu().numpy(), dims, what.symbol, label, what.kind, domain)
