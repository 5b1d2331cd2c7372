"""One unit at one step in a sentence or two, computed from its numbers."""

import re
from collections.abc import Mapping

from rnnviz.analysis.story import percent
from rnnviz.terms import Terms
from rnnviz.traces import Trace

UNIT = re.compile(r"([\w.]+)\[(\d+)\]\Z")


def step_story(trace: Trace, sums: Mapping[str, Terms], step: int) -> str:
    """What a unit does at a step: what it keeps, what it takes in, what it shows, and what weighs most.

    sums: of the unit by letter, as `rnnviz.breakdown.terms` gives them for the cell's gates and states; step:
    from 0 on. In plain text, which quotes the token as it was read: escape it where it is drawn.
    """
    told = STORIES[trace.meta["cell"]](sums, step)
    decisive = next(iter(sums.values())) if len(sums) == 1 else sums["f" if "f" in sums else "z"]
    return f"{told} {_largest(decisive, step)}"


def _lstm(sums: Mapping[str, Terms], step: int) -> str:
    f, i, g, o = (float(sums[letter].value[step]) for letter in "figo")
    before, after = float(sums["c"].input[step, 0]), float(sums["c"].value[step])
    return (
        f"The unit keeps {percent(f)} of its cell and takes in {percent(i)} of a candidate of {_number(g)}: "
        f"c goes from {_number(before)} to {_number(after)}. It shows {percent(o)} of tanh c: "
        f"h = {_number(float(sums['h'].value[step]))}."
    )


def _gru(sums: Mapping[str, Terms], step: int) -> str:
    r, z, n = (float(sums[letter].value[step]) for letter in "rzn")
    before, after = float(sums["h"].input[step, 1]), float(sums["h"].value[step])
    return (
        f"The unit keeps {percent(z)} of its state and takes in {percent(1 - z)} of a candidate of "
        f"{_number(n)}, which heard {percent(r)} of the past: h goes from {_number(before)} to "
        f"{_number(after)}."
    )


def _rnn(sums: Mapping[str, Terms], step: int) -> str:
    (terms,) = sums.values()
    total, value = float(terms.total[step]), float(terms.value[step])
    return f"The unit adds up to {_number(total)}, and {terms.activation} makes {_number(value)} of it."


STORIES = {"lstm": _lstm, "gru": _gru, "rnn": _rnn, "rnn_relu": _rnn}


def _largest(terms: Terms, step: int) -> str:
    """The term of a sum that weighs most, against all of them."""
    values = terms.values(step)
    term = int(abs(values).argmax())
    source = f"the token “{terms.source(term, step)}”" if not terms.sources[term] else _source(terms, term)
    count = f"Of the {len(values)} terms of {terms.symbol} the largest is"
    return f"{count} {source}: {_number(values[term], True)}."


def _source(terms: Terms, term: int) -> str:
    """Where a term comes from, in words."""
    source, layer = terms.sources[term], terms.name.partition(".")[0]
    unit = UNIT.match(source)
    if source.startswith("b_"):
        return f"the bias {source}"
    if not unit:
        return source
    name, number = unit.groups()
    if name == "emb":
        return f"number {number} of the embedding"
    when = "after" if layer.endswith("r") else "before"
    return f"h of unit {number} " + (f"at the step {when}" if name == f"{layer}.h" else "of the layer below")


def _number(value: float, signed: bool = False) -> str:
    return f"{value:{'+' if signed else ''}.3g}".replace("-", "−")
