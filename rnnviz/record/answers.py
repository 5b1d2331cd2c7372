"""What a model says, step by step: the quantities `out.`, for each type of model."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

MOST_RANKS = 20  # of the likeliest next tokens that a trace keeps
WHOLE_VOCABULARY = 1000  # up to this size a trace keeps the probability of every token as well
BITS = 1 / math.log(2)  # bits in a nat


class Answers(NamedTuple):
    """values, dims: of the quantities by name; labels: of their axes; facts: for `Trace.meta`."""

    values: dict[str, Tensor]
    dims: dict[str, tuple[str, ...]]
    labels: dict[str, tuple[str, ...]]
    facts: dict[str, Any]


def of_language_model(model: Any, h: Tensor, x: Tensor) -> Answers:
    """h (T, 1, H), the ids read (T, 1) -> everything that is said about the next token."""
    logits, ids = model.out(h)[:, 0], x[:, 0]
    log_prob = log_softmax(logits, dim=-1)
    prob = log_prob.exp()
    top = prob.topk(min(MOST_RANKS, prob.shape[-1]), dim=-1)
    came = log_prob[:-1].gather(1, ids[1:, None])[:, 0]
    loss = torch.cat([logits.new_full((1,), torch.nan), -came])
    whole = {"out.prob": prob} if prob.shape[-1] <= WHOLE_VOCABULARY else {}
    values = {
        "out.logits": logits,
        **whole,
        "out.topk.prob": top.values,
        "out.topk.id": top.indices,
        "out.loss": loss,
        "out.surprise": loss * BITS,
        "out.entropy": _entropy(log_prob),
        "out.perplexity": came.mean().neg().exp(),
    }
    return Answers(values, LANGUAGE_DIMS, {"vocab": model.vocabulary.tokens}, {})


LANGUAGE_DIMS: dict[str, tuple[str, ...]] = {
    "out.logits": ("step", "vocab"),
    "out.prob": ("step", "vocab"),
    "out.topk.prob": ("step", "rank"),
    "out.topk.id": ("step", "rank"),
    "out.loss": ("step",),
    "out.surprise": ("step",),
    "out.entropy": ("step",),
    "out.perplexity": (),
}


def of_tagger(model: Any, h: Tensor, x: Tensor) -> Answers:
    """h (T, 1, width) -> what is answered at each step: chances of classes, or numbers."""
    answers = model.out(h)[:, 0]
    if model.classes is None:
        return Answers({"out.answer": answers}, {"out.answer": ("step", "output")}, {}, {})
    axis = "class" if model.own_classes else "vocab"
    likeliest = tuple(model.classes[best] for best in answers.argmax(-1).tolist())
    return _of_classes(answers, ("step",), axis, model.classes, {"answer": likeliest})


def of_classifier(model: Any, h: Tensor, x: Tensor) -> Answers:
    """h (T, 1, width) -> the classes' chances after each step, as if the sequence ended there; if it is read
    both ways, or looked over by attention, after the whole of it.
    """
    once = model.directions == 2 or model.readout not in ("last", "mean")
    if once:
        said = model.summary(h)
    elif model.readout == "mean":
        said = h[:, 0].cumsum(0) / torch.arange(1, len(h) + 1, device=h.device)[:, None]
    else:
        said = h[:, 0]
    logits = model.out(said)
    chance, best = logits[-1].softmax(-1).max(-1)
    facts = {"answer": model.classes[int(best)], "chance": float(chance), "readout": model.readout}
    if once:
        return _of_classes(logits[0], (), "class", model.classes, facts)
    return _of_classes(logits, ("step",), "class", model.classes, facts)


def _of_classes(
    logits: Tensor, steps: tuple[str, ...], axis: str, classes: tuple[str, ...], facts: dict[str, Any]
) -> Answers:
    log_prob = log_softmax(logits, dim=-1)
    values = {"out.logits": logits, "out.prob": log_prob.exp(), "out.entropy": _entropy(log_prob)}
    dims = {"out.logits": (*steps, axis), "out.prob": (*steps, axis), "out.entropy": steps}
    return Answers(values, dims, {axis: classes}, facts)


def _entropy(log_prob: Tensor) -> Tensor:
    """In bits. What has no chance at all adds nothing, though its logarithm is no number."""
    return -(log_prob.exp() * log_prob).nan_to_num(0.0).sum(-1) * BITS


ANSWERS = {"language": of_language_model, "tagger": of_tagger, "classifier": of_classifier}
