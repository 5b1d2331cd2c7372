"""What a number means, in words: the sentences that are shown under the pointer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from rnnviz.views.tokens import number, quoted, subscript


class Reading(NamedTuple):
    """What a value near an end of a gate says: up to ``shut`` the words ``low``, from ``open`` ``high``."""

    low: str
    high: str
    shut: float = 0.1
    open: float = 0.9

    def of(self, value: float) -> str:
        """The words for ``value``; empty in the middle, where a gate says neither."""
        return self.low if value <= self.shut else self.high if value >= self.open else ""


# Only gates that are sigmoids can be read off like that. torch's GRU keeps the past where z = 1.
READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        "i": Reading("the cell takes in nothing new", "the cell takes in what is new"),
        "f": Reading("the cell forgets", "the cell remembers"),
        "o": Reading("the cell keeps its content to itself", "the cell shows its content"),
        "r": Reading("the past is left out of the new value", "the past takes full part in the new value"),
        "z": Reading("the unit takes the new value", "the unit keeps its past"),
    }
)


def gate_of(name: str) -> str:
    """The last part of a quantity's name, its letter: ``l0r.a_f`` -> ``a_f``."""
    return name.rpartition(".")[2]


SIDES: Mapping[str, str] = MappingProxyType({"enc": "encoder", "dec": "decoder"})
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "emb": "embedding",
        "source_emb": "embedding of what is read",
        "target_emb": "embedding of what is written",
        "pos": "places",
        "source_pos": "places of what is read",
        "target_pos": "places of what is written",
        "attn": "attention",
        "join": "state and context joined",
        "norm": "last norm",
        "enc.norm": "last norm of the encoder",
        "dec.norm": "last norm of the decoder",
    }
)
"""Parts of a model that are no layers, in words."""


def part_of(name: str) -> str:
    """The part of a model that a weight or a gate belongs to: ``l0.W_hh.f`` -> ``l0``; ``enc.l0r.f`` ->
    ``enc.l0r``; ``out.bias`` -> ``out``.
    """
    return ".".join(name.split(".")[: 2 if name.partition(".")[0] in SIDES else 1])


def layer_of(name: str) -> str:
    """The layer of a quantity in words: ``l0.f`` -> ``layer 1``; ``l1r.h`` -> ``layer 2, right to left``;
    ``enc.l0.h`` -> ``layer 1 of the encoder``; else empty.
    """
    side, _, head = name.rpartition(".")[0].rpartition(".")
    digits = head.removeprefix("l").removesuffix("r")
    if not (head.startswith("l") and digits.isdigit()):
        return ""
    whose = f" of the {SIDES[side]}" if side in SIDES else ""
    return f"layer {int(digits) + 1}{whose}" + (", right to left" if head.endswith("r") else "")


def cell_sentence(name: str, symbol: str, unit: int, step: int, token: str, value: float) -> str:
    """One cell of a heatmap as a sentence: ``f₁₂ at step 7 'e' = 0.03: the cell forgets``. Steps and units
    count from 0.
    """
    reading = READINGS.get(gate_of(name))
    words = reading.of(value) if reading else ""
    said = f"{symbol}{subscript(unit)} at step {step} {quoted(token)} = {number(value)}"
    return f"{said}: {words}" if words else said
