"""Models of one task side by side: what each makes of the same text, and where it looked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.panels.judged import SAME, judged, verdict
from rnnviz.views.panels.looks import END, Looks, looks_of, matrix_of, names_of, shut_of, side, where_of
from rnnviz.views.panels.panel import Panel
from rnnviz.views.tokens import per_cent, prose, sign
from rnnviz.views.vega import both_themes

TITLE = "The same text, other ways to look back"


class Beside(NamedTuple):
    """A model among others.

    name: what it is in a few words; facts: more of it, in smaller letters; place: of its colour; trace: what
    it did with the text, None where it could do nothing, as `problem` says. why: of a model that does not
    look back, the reason, as a sentence; note: what else has to be known, such as letters unknown to it.
    """

    name: str
    facts: str
    place: int
    trace: Trace | None
    problem: str = ""
    why: str = ""
    note: str = ""


def alongside(models: Sequence[Beside], right: Sequence[str] = ()) -> Panel:
    """A column for each model: what it is, what it writes or answers, and a small matrix of where it looked,
    a row for each token that is written (or that asks), a column for each that is read. A letter under the
    pointer is told of in all of them.

    right: everything that would have been right, () where nobody knows. Of several layers and heads it is the
    mean of the last layer's heads; of a decoder that of its looks at what was read.
    """
    return Panel("alongside", {"title": TITLE, "models": [_model(each, tuple(right)) for each in models]})


def _model(each: Beside, right: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": each.name, "facts": each.facts, "colours": both_themes(each.place), "problem": each.problem,
        "why": each.why, "note": each.note, "looks": None,
    }  # fmt: skip
    if each.trace is None:
        return told
    return told | _said(each.trace, right) | {"looks": _looks(each.trace)}


def _said(trace: Trace, right: tuple[str, ...]) -> dict[str, Any]:
    """What is written, or answered; whether it is right (None where nobody knows), and that in words."""
    if "chance" in trace.meta:
        return _answered(trace, right)
    steps = trace.labels["step"]
    written = [token for token in steps if token != END]
    said = {"writes": True, "chances": _chances(trace), "steps": side(steps)}
    if not right:
        letters = [(token, SAME, place) for place, token in enumerate(written)]
        return said | {"letters": _letters(letters), "right": None, "verdict": ""}
    found, ended = judged(written, right), bool(trace.meta["ended"])
    return said | {
        "letters": _letters(found.letters),
        "right": found.right and ended,
        "verdict": verdict(found, ended),
    }


def _answered(trace: Trace, right: tuple[str, ...]) -> dict[str, Any]:
    """The answer of a classifier, with its chance."""
    answer, chance = str(trace.meta["answer"]), f"sure to {per_cent(float(trace.meta['chance']))}"
    fits = answer in right if right else None
    judgement = "" if fits is None else "right, " if fits else f"wrong: it is {' or '.join(right)}; "
    return {
        "writes": False, "chances": [], "steps": side(()), "right": fits, "verdict": judgement + chance,
        "letters": [{"sign": prose(answer), "kind": SAME, "row": None}],
    }  # fmt: skip


def _letters(letters: Sequence[tuple[str, str, int | None]]) -> list[dict[str, Any]]:
    return [{"sign": sign(text), "kind": kind, "row": place} for text, kind, place in letters]


def _chances(trace: Trace) -> np.ndarray:
    """How likely the model took each token that it wrote, (T,)."""
    ids = {token: place for place, token in enumerate(trace.labels["vocab"])}
    came = np.array([ids[token] for token in trace.labels["step"]])
    at = trace["out.topk.id"].values == came[:, None]
    return np.asarray((trace["out.topk.prob"].values * at).sum(1), dtype=np.float32)


def _looks(trace: Trace) -> dict[str, Any] | None:
    """Where a model looked, as one matrix; None for one that does not look."""
    names = names_of(trace)
    if not names:
        return None
    looks = looks_of(trace, _last(names))
    weights = matrix_of(trace, looks, "weights", None)
    where = where_of(looks, None)
    if looks.kind == "by unit":
        where = f"mean of {len(looks.rows)} units"
        weights = weights.mean(0, dtype=np.float64, keepdims=True).astype(weights.dtype)
        looks = Looks(looks.name, "pooled", 0, ("",), looks.columns)
    return {
        "kind": looks.kind, "rows": side(looks.rows), "columns": side(looks.columns), "where": where,
        "ends": looks.kind == "written" and looks.rows[-1:] == (END,), "forced": [],
        "weights": np.asarray(weights, dtype=np.float32), "shut": shut_of(trace, looks),
    }  # fmt: skip


def _last(names: Sequence[str]) -> str:
    """The weights that answer for a model: of a decoder those by which it looks at what was read, of a mean
    with weights these; else the last layer's.
    """
    crossed = [name for name in names if name.endswith("cross.weights")]
    if crossed:
        return crossed[-1]
    return "attn.weights" if "attn.weights" in names else names[-1]
