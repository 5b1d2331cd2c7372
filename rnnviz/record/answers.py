"""What a model says, step by step: the quantities `out.`, for each type of model."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from rnnviz.cells.unroll import StepEdit
from rnnviz.record.pooling import pooled
from rnnviz.record.told import Told, together

MOST_RANKS = 20  # of the likeliest next tokens that a trace keeps
WHOLE_VOCABULARY = 1000  # up to this size a trace keeps the probability of every token as well
BITS = 1 / math.log(2)  # bits in a nat

TOKEN_DIMS: dict[str, tuple[str, ...]] = {
    "out.logits": ("step", "vocab"),
    "out.prob": ("step", "vocab"),
    "out.topk.prob": ("step", "rank"),
    "out.topk.id": ("step", "rank"),
    "out.loss": ("step",),
    "out.surprise": ("step",),
    "out.entropy": ("step",),
    "out.perplexity": (),
}


def of_language_model(model: Any, h: Tensor, x: Tensor, edit: StepEdit | None = None) -> Told:
    """h (T, 1, H), the ids read (T, 1) -> everything that is said about the next token."""
    logits, ids = model.out(h)[:, 0], x[:, 0]
    came = log_softmax(logits, dim=-1)[:-1].gather(1, ids[1:, None])[:, 0]
    loss = torch.cat([logits.new_full((1,), torch.nan), -came])
    return of_tokens(logits, model.vocabulary.tokens, loss)


def of_tokens(logits: Tensor, tokens: tuple[str, ...], loss: Tensor | None) -> Told:
    """logits (T, V) of some tokens -> what is expected at each step, and what it costs where tokens came:
    loss (T,), NaN where none was expected.
    """
    log_prob = log_softmax(logits, dim=-1)
    prob = log_prob.exp()
    top = prob.topk(min(MOST_RANKS, prob.shape[-1]), dim=-1)
    values = {"out.logits": logits}
    if prob.shape[-1] <= WHOLE_VOCABULARY:
        values["out.prob"] = prob
    values |= {"out.topk.prob": top.values, "out.topk.id": top.indices}
    if loss is not None:
        values |= {"out.loss": loss, "out.surprise": loss * BITS}
    values["out.entropy"] = _entropy(log_prob)
    if loss is not None:
        values["out.perplexity"] = loss.nanmean().exp()
    return Told(values, {name: TOKEN_DIMS[name] for name in values}, {"vocab": tokens}, {})


def of_tagger(model: Any, h: Tensor, x: Tensor, edit: StepEdit | None = None) -> Told:
    """h (T, 1, width) -> what is answered at each step: chances of classes, or numbers."""
    answers = model.out(h)[:, 0]
    if model.classes is None:
        return Told({"out.answer": answers}, {"out.answer": ("step", "output")}, {}, {})
    axis = "class" if model.own_classes else "vocab"
    likeliest = tuple(model.classes[best] for best in answers.argmax(-1).tolist())
    return _of_classes(answers, ("step",), axis, model.classes, {"answer": likeliest})


def of_classifier(model: Any, h: Tensor, x: Tensor, edit: StepEdit | None = None) -> Told:
    """h (T, 1, width) -> the classes' chances after each step, as if the sequence ended there; if it is read
    both ways, after the whole of it. With attention, what it looked at in the whole of it.
    """
    looks = model.readout.startswith("attention")
    found, context = pooled(model.attn, h, edit) if looks else (Told({}, {}, {}, {}), None)
    whole = model.summary(h) if context is None else context
    once = model.directions == 2
    if once:
        said = whole
    elif model.readout == "last":
        said = h[:, 0]
    elif model.readout == "mean":
        said = h[:, 0].cumsum(0) / torch.arange(1, len(h) + 1, device=h.device)[:, None]
    else:
        said = torch.cat([*(model.summary(h[:end]) for end in range(1, len(h))), whole])
    logits = model.out(said)
    chance, best = logits[-1].softmax(-1).max(-1)
    facts = {"answer": model.classes[int(best)], "chance": float(chance), "readout": model.readout}
    answers = (
        _of_classes(logits[0], (), "class", model.classes, facts)
        if once
        else _of_classes(logits, ("step",), "class", model.classes, facts)
    )
    return together(found, answers)


def _of_classes(
    logits: Tensor, steps: tuple[str, ...], axis: str, classes: tuple[str, ...], facts: dict[str, Any]
) -> Told:
    log_prob = log_softmax(logits, dim=-1)
    values = {"out.logits": logits, "out.prob": log_prob.exp(), "out.entropy": _entropy(log_prob)}
    dims = {"out.logits": (*steps, axis), "out.prob": (*steps, axis), "out.entropy": steps}
    return Told(values, dims, {axis: classes}, facts)


def _entropy(log_prob: Tensor) -> Tensor:
    """In bits. What has no chance at all adds nothing, though its logarithm is no number."""
    return -(log_prob.exp() * log_prob).nan_to_num(0.0).sum(-1) * BITS


ANSWERS = {
    "language": of_language_model,
    "transformer_language": of_language_model,
    "tagger": of_tagger,
    "classifier": of_classifier,
    "transformer_classifier": of_classifier,
}
