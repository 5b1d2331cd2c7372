"""Readers against one another, in words: who pays least for a text, and where they are farthest apart."""

from collections.abc import Mapping

import numpy as np

from rnnviz.analysis.alignment import GAP, Alignment, Apart
from rnnviz.traces import Trace

AFTER = 20  # characters after which is said what each has paid


def paid(trace: Trace) -> np.ndarray:
    """(T,) bits that a language model has paid up to and with each step; the first character is free."""
    return np.cumsum(np.nan_to_num(trace["out.surprise"].values.astype(float)))


def contest(traces: Mapping[str, Trace]) -> str:
    """Who is least surprised by a text that all have read, and where two are farthest apart; in plain text.

    traces: what language models made of the same tokens, by name; one that foretells nothing is left out.
    Empty where fewer than two are left, or nothing was to be foretold. Quotes tokens as they were read.
    """
    telling = {name: trace for name, trace in traces.items() if "out.surprise" in trace and len(trace) > 1}
    if len(telling) < 2:
        return ""
    bits = np.array([trace["out.surprise"].values.astype(float) for trace in telling.values()])
    names, means = list(telling), np.nanmean(bits, axis=1)
    order = np.argsort(means, kind="stable")
    best, *others = (int(place) for place in order)
    more = _listed([f"{names[k]} {_bits(means[k] - means[best])} more" for k in others])
    steps = bits.shape[1]
    told = [f"{names[best]} reads this text best: {_bits(means[best])} bits a character; {more}."]
    if steps > AFTER:
        sums = np.nansum(bits[:, : AFTER + 1], axis=1)
        first, *rest = (f"{names[k]} {_bits(sums[k])}" for k in order)
        shares = _listed([first.replace(names[best], f"{names[best]} has paid", 1), *rest])
        told.append(f"After {AFTER} characters {shares} bits.")
    return " ".join([*told, _largest(bits, names, next(iter(telling.values())))])


def _largest(bits: np.ndarray, names: list[str], trace: Trace) -> str:
    """Where two are farthest apart on one character."""
    gaps = np.nan_to_num(bits.max(axis=0) - bits.min(axis=0))
    step = int(gaps.argmax())
    if not gaps[step]:
        return "They are never apart."
    low, high = int(bits[:, step].argmin()), int(bits[:, step].argmax())
    return (
        f"They are farthest apart at step {step} “{trace.tokens[step]}”: {_bits(bits[low, step])} bits for "
        f"{names[low]}, {_bits(bits[high, step])} for {names[high]}."
    )


def twins(first: Trace, second: Trace, alignment: Alignment, found: Apart) -> str:
    """Where two sentences part in a model's mind, how far apart they stay, what it answers; in plain text."""
    put_in = np.flatnonzero(~alignment.shared)
    if found.first is None and not put_in.size:
        return "The two sentences are the same, and so is every number. Change a word in one of them."
    told = [_parts(first, second, alignment, found), _stays(alignment, found)]
    told += [_costs(first, second, alignment, found), _answers(first, second)]
    return " ".join(filter(None, told))


def _stays(alignment: Alignment, found: Apart) -> str:
    """How far apart the states are where they part, at most, and in the end."""
    if found.first is None:
        return ""
    most, end = int(np.nanargmax(found.distance)), int(alignment.shared.nonzero()[0][-1])
    told = f"They are {_bits(found.distance[found.first])} apart there"
    if most not in (found.first, end):
        told += f", {_bits(found.distance[most])} at most, at step {most}"
    if end != found.first:
        told += f", and {_bits(found.distance[end])} at the last character of both"
    if np.isfinite(found.usual):
        told += f"; two steps of one sentence are {_bits(found.usual)} apart on average"
    return f"{told}."


def _parts(first: Trace, second: Trace, alignment: Alignment, found: Apart) -> str:
    if found.first is None:
        return "Wherever both have a character, their states are equal."
    i, j = alignment.first[found.first], alignment.second[found.first]
    before, after = (trace.tokens[place] for trace, place in ((first, i), (second, j)))
    read = f"both read “{before}”" if before == after else f"one reads “{before}”, the other “{after}”"
    return f"The states part at step {found.first}, where {read}."


def _costs(first: Trace, second: Trace, alignment: Alignment, found: Apart) -> str:
    """What the same characters cost after the sentences parted, in one and in the other."""
    if "out.surprise" not in first or found.first is None:
        return ""
    same = [
        column
        for column in np.flatnonzero(alignment.shared)
        if column >= found.first
        and _token(first, alignment.first[column]) == _token(second, alignment.second[column])
    ]
    if not same:
        return ""
    a = first["out.surprise"].values[alignment.first[same]].astype(float)
    b = second["out.surprise"].values[alignment.second[same]].astype(float)
    known = np.isfinite(a) & np.isfinite(b)
    if not known.any():
        return ""
    count, one, other = int(known.sum()), a[known].mean(), b[known].mean()
    return (
        f"The {count} character{'s' * (count > 1)} that both read from there on cost {_bits(one)} bits "
        f"each in the first sentence, {_bits(other)} in the second."
    )


def _token(trace: Trace, step: int) -> str:
    return "" if step == GAP else trace.tokens[step]


def _answers(first: Trace, second: Trace) -> str:
    one, other = (trace.meta.get("answer") for trace in (first, second))
    if not isinstance(one, str):
        return ""
    chances = [f"{100 * trace.meta['chance']:.3g} %" for trace in (first, second)]
    return f"It calls the first {one} ({chances[0]}) and the second {other} ({chances[1]})."


def _bits(value: float) -> str:
    return f"{value:.3g}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
