"""Any gate, state or answer of a trace, taken apart: weights are the model's, other numbers the trace's."""

from operator import index

import numpy as np
import pandas as pd

from rnnviz.breakdown.answers import ANSWERS, answer
from rnnviz.breakdown.cells import RULES, Layer
from rnnviz.models.base import Model
from rnnviz.models.reader import Reader, as_reader
from rnnviz.quantities import CELL_MEANINGS
from rnnviz.terms import Terms
from rnnviz.traces import Trace

FACTS = ("cell", "layers", "hidden", "directions", "input")
ROUGH = 2e-3  # a difference that a sum may show, as a share: some processors multiply with 11 bits


def explain(model: Model, trace: Trace, name: str, step: int, unit: int) -> pd.DataFrame:
    """Every product that a number is the sum of, a row for each: source, weight, input, scale, value.

    model, trace: a model, and what `rnnviz.trace` told of it. step: in the sentence, from 0 on, or from the
    end with -1, -2, ... unit: of the layer; of an answer its class, output or token.

    value = weight * input * scale, in float64. What the values add up to, but for rounding, and where the
    terms come from, depends on the name:

    - A gate or candidate, `l0.f`, or its sum, `l0.a_f`: the pre-activation. The terms are the token that was
      read (a one-hot row picks one column of W_ih), or `emb[3]`, or a column of a series, or `l0.h[5]` of the
      layer below at this step; the bias `b_if`; the layer's own `l0.h[5]` at the step before, which in the
      reverse direction is the step after; the bias `b_hf`. In the GRU's `l0.n` the state's half, with `b_hn`,
      has the scale r; `l0.n_x` and `l0.n_h` are the two halves by themselves.
    - `l0.c` of an LSTM: f * c_{t-1} and i * g; its `l0.h`: o * tanh(c). `l0.h` of a GRU: (1 - z) * n and
      z * h_{t-1}; of an RNN: what goes into its activation, as `l0.a`.
    - `out.logits`, `out.answer`: the score or number. The terms are the units of the last layer, or their
      mean over the steps so far, `mean l0.h[5]`, and `b_out`. A classifier that reads both ways answers once,
      at the last step, from the `l0r.h` that the reverse direction has reached at the first.

    Raises ValueError, saying what there is, for another name, unit or step, and for a trace of another model.
    """
    found = terms(model, trace, name, unit)
    return found.at(place_of(found, trace, step))


def terms(model: Model, trace: Trace, name: str, unit: int) -> Terms:
    """The same for all T steps at once, as frozen arrays, with what the activation makes of each sum.

    See `explain` for the names and errors. The answer of a classifier that reads both ways has one step,
    whatever the length of the sequence.
    """
    model = as_reader(model, "is taken apart")
    check_same_model(model, trace)
    unit = _checked_unit(model, trace, name, unit)
    if name in ANSWERS:
        found = answer(model, trace, name, unit)
    else:
        prefix, _, letter = name.partition(".")
        found = RULES[model.cell](Layer(model, trace, prefix, unit), letter)
    total, value = (np.atleast_1d(trace[each].values[..., unit]) for each in (found.total, found.value))
    parts = [part.filled(len(total), total.dtype) for part in found.products]
    made = Terms(
        name=name,
        unit=unit,
        symbol=trace[name].symbol,
        sources=tuple(source for part in parts for source in part.sources),
        tokens=trace.tokens if model.vocabulary and len(total) == len(trace) else (),
        weight=np.concatenate([part.weight for part in parts], axis=1),
        input=np.concatenate([part.input for part in parts], axis=1),
        scale=np.concatenate([part.scale for part in parts], axis=1),
        total=total,
        value=value,
        activation=found.activation,
    )
    _check_adds_up(made)
    return made


def place_of(found: Terms, trace: Trace, step: int) -> int:
    """Where a step of the sentence stands in its terms. Raises ValueError for one that is not there."""
    step, count = index(step), len(trace)
    if not -count <= step < count:
        raise ValueError(f"There is no step {step}: there are {count}, 0 to {count - 1}.")
    if len(found.total) == count:
        return step % count
    if step % count != count - 1:
        raise ValueError(f"A model that reads both ways answers once, at step {count - 1}, not {step}.")
    return 0


def _checked_unit(model: Reader, trace: Trace, name: str, unit: int) -> int:
    names = [each for each in trace.names if each in ANSWERS or _is_of_layer(each, model.cell)]
    if name not in names:
        raise ValueError(f"{name!r} is no sum that can be taken apart; these are: {', '.join(names)}.")
    axis, count = trace[name].dims[-1], trace[name].values.shape[-1]
    if not -count <= index(unit) < count:
        raise ValueError(f"{name} has no {axis} {unit}: there are {count}, 0 to {count - 1}.")
    return index(unit) % count


def _is_of_layer(name: str, cell: str) -> bool:
    prefix, _, letter = name.partition(".")
    return prefix[:1] == "l" and prefix[1:].removesuffix("r").isdigit() and letter in CELL_MEANINGS[cell]


def check_same_model(model: Reader, trace: Trace) -> None:
    """Raises ValueError for a trace whose facts or sizes are not the model's."""
    if not len(trace):
        raise ValueError("A step goes on from the one before it: give the whole trace, not one step of it.")
    pairs = [("type", trace.meta.get("type"), model.config["type"])]
    pairs += [(fact, trace.meta.get(fact), getattr(model, fact)) for fact in FACTS]
    pairs.append(("inputs", trace["emb"].values.shape[1], model.rnn.input_size))
    for fact, told, own in pairs:
        if told != own:
            raise ValueError(f"This trace is of another model: its {fact} is {told!r}, the model's {own!r}.")


def _check_adds_up(made: Terms) -> None:
    """Whether the trace's total is the sum of the products, but for rounding: else its weights were others.

    However n numbers are added up, the sum is off by at most n eps times the sum of their magnitudes.
    """
    with np.errstate(all="ignore"):  # what is beyond all bounds is not compared
        products = made.weight.astype(np.float64) * made.input * made.scale
        share = max(ROUGH, (products.shape[1] + 1) * np.finfo(made.total.dtype).eps)
        error = np.abs(made.total - products.sum(axis=1))
        wrong = np.flatnonzero(error > share * (np.abs(products).sum(axis=1) + 1))
    if len(wrong):
        step = wrong[0]
        raise ValueError(
            f"This trace is of other weights: its {made.name} of unit {made.unit} comes from the sum "
            f"{made.total[step]:.6g} at step {step}; the model's products add up to "
            f"{products[step].sum():.6g}."
        )
