"""From the trace of one unit to the data of its circuit."""

from collections.abc import Mapping

from rnnviz.terms import Terms
from rnnviz.traces import Trace
from rnnviz.views.panels.builders import band, sentence_of
from rnnviz.views.panels.panel import Panel
from rnnviz.views.panels.sums import about, addends, before, is_bias, place_of
from rnnviz.views.units import checked_unit, story_of
from rnnviz.views.words import layer_of


def circuit(
    trace: Trace, sums: Mapping[str, Terms], *, layer: str = "l0", unit: int = 0, step: int | None = None
) -> Panel:
    """The cell opened: its circuit, with the numbers of one unit on every wire, and beside it the equations,
    in letters and in these numbers. Each part is lit with its equation, in the order of computation or all at
    once.

    sums: by letter, one for each of the cell's activations (LSTM i, f, g, o; GRU r, z, n; RNN h), of this
    unit; others are not looked at. step: as in `heatmap`.

    A click on a part or its equation is told as the state ``gate``, a letter. Raises ValueError for a unit or
    layer that does not exist, and for sums that are missing or are of another unit.
    """
    story = story_of(trace, layer, preactivations=True)
    unit = checked_unit(unit, story)
    place = place_of(trace, sums)
    if place != (layer, unit):
        raise ValueError(
            f"The sums are of unit {place.unit} of {place.layer}, and this is unit {unit} of {layer}."
        )
    letters = [name.rpartition(".")[2] for name in story]
    gates = [letter for letter in letters if f"a_{letter}" in letters] or ["h"]
    missing = [letter for letter in gates if letter not in sums]
    if missing:
        raise ValueError(f"The sums of {', '.join(missing)} are missing; there are: {', '.join(sums)}.")
    values = {letter: trace[f"{layer}.{letter}"].values[:, unit] for letter in letters}
    values |= {f"{letter}_before": before(trace, place, letter) for letter in ("h", "c") if letter in letters}
    bands = {
        name.rpartition(".")[2]: band(name, quantity)
        for name, quantity in story.items()
        if quantity.kind != "preactivation"
    }
    reads, says = _reads(trace, layer)
    own = {
        "values": values,
        "addends": {letter: addends(sums[letter]) for letter in gates},
        "biased": any(is_bias(source) for source in sums[gates[0]].sources),
        "bands": bands,
        "reads": reads,
        "says": says,
    }
    return Panel("circuit", {**sentence_of(trace, step), **about(trace, place), **own})


def _reads(trace: Trace, layer: str) -> tuple[str, str]:
    """What enters the layer at each step: in a sentence, and in short where it is not the token itself."""
    number = int(layer[1:].removesuffix("r"))
    if number:
        below = f"h of {layer_of(f'l{number - 1}.h')}"
        return below, below
    how = trace.meta.get("input")
    if how in ("onehot", "embedding"):
        return {"onehot": "a one-hot row", "embedding": "an embedding"}[how], ""
    count = trace["emb"].values.shape[1] if "emb" in trace else 0
    return "the numbers that are read", f"{count} numbers" if count > 1 else "a number"
