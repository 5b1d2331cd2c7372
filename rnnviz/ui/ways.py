"""The ways in which models of one task look back at what they have read, in words."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rnnviz.ui import computed, words

if TYPE_CHECKING:
    from rnnviz.checkpoints import Entry

WITHOUT, RECURRENT, TRANSFORMER = range(3)
"""How much a model looks back, the simplest first."""

_FORMS = {
    "dot": "dot attention", "scaled_dot": "scaled dot attention", "general": "general attention",
    "additive": "additive attention", "attention": "attention pooling",
    "attention_by_unit": "attention unit by unit", "mean": "mean of all steps",
}  # fmt: skip


class Way(NamedTuple):
    """What a model is. kind: of those above; name: in a few words, such as `GRU, dot attention`; short: in
    fewer, `dot attention`; why: of a model that does not look back, the reason, in a sentence.
    """

    kind: int
    name: str
    short: str
    why: str


def ways(entries: "Sequence[Entry]") -> dict[str, Way]:
    """How some models look back, by the names of their checkpoints, the simplest first. Those that would be
    called the same are told apart by these names.
    """
    found = {entry.name: _way(entry, _model(entry)) for entry in entries}
    names, shorts = (Counter(part) for part in list(zip(*found.values(), strict=True))[1:3])
    told = {
        name: way._replace(
            name=way.name if names[way.name] == 1 else f"{way.name} ({name})",
            short=way.short if shorts[way.short] == 1 else _told_apart(way, name, names),
        )
        for name, way in found.items()
    }
    size = {entry.name: entry.parameters for entry in entries}
    return dict(sorted(told.items(), key=lambda item: (item[1].kind, size[item[0]], item[0])))


def _told_apart(way: Way, name: str, names: Counter[str]) -> str:
    """A way in few words, where there are several of it: by its cell if that is enough."""
    cell = way.name.partition(" ")[0].strip(",")
    return f"{way.short} ({cell})" if names[way.name] == 1 and way.kind != TRANSFORMER else name


def _model(entry: "Entry") -> dict[str, Any]:
    part = computed.config(entry).get("model")
    return part if isinstance(part, dict) else {}


def _way(entry: "Entry", model: dict[str, Any]) -> Way:
    cell = words.cell(entry)
    if entry.type.startswith("transformer"):
        sizes = f"{_several(entry.layers, 'layer')} × {_several(int(model.get('heads', 4)), 'head')}"
        return Way(TRANSFORMER, f"transformer, {sizes}", "transformer", "")
    looks = str(model.get("attention" if entry.writes else "readout", "none"))
    if looks in ("none", "last"):
        return Way(WITHOUT, f"{cell} without attention", "no attention", _why(entry))
    form = _FORMS.get(looks, looks)
    if not entry.attends:
        why = "Nothing to look back with: its answer is read from the mean of all its states, each alike."
        return Way(WITHOUT, f"{cell}, {form}", form, why)
    return Way(RECURRENT, f"{cell}, {form}", form, "")


def _why(entry: "Entry") -> str:
    """What a model without attention has in attention's place: the state at the end of what it reads."""
    numbers = entry.hidden * entry.directions
    if entry.writes:  # all layers hand over all that they carry; an answer is read from the last one's h
        numbers *= entry.layers * (2 if entry.cell == "lstm" else 1)
    return f"Nothing to look back with: all it has read went through one state of {numbers:,} numbers."


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
