"""What the weights, the gradients and the gates of a model are like, in a few numbers each."""

import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence

from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.speaker import reading
from rnnviz.models.writer import Writer
from rnnviz.quantities import GATES
from rnnviz.tasks.batches import Batch
from rnnviz.tasks.supervised import NOT_COUNTED
from rnnviz.training.events import QUANTILES

SHUT, OPEN = 0.1, 0.9  # below and above which a gate counts as saturated
GATE_VALUES = {"lstm": "ifo", "gru": "rz"}
IN_LAYER = re.compile(r"layers\.(\d+)\.(.+)")  # of a transformer's encoder or decoder
SIDES = {"rnn": "", "encoder": "enc.", "decoder": "dec."}  # parts of a model that are layers


def quantiles(model: Any, gradients: bool = False) -> dict[str, list[float]]:
    """QUANTILES of the weights, or of their gradients, by matrix and gate: "l0.W_hh.f", "out.weight"."""
    found = {}
    for name, part in _parts(model, gradients):
        found[name] = torch.quantile(_thinned(part.detach().flatten().float()), _levels(part)).tolist()
    return found


def saturated(model: Any, batch: Batch) -> dict[str, list[float]]:
    """By gate, "l0.f", the share of its values below SHUT and above OPEN while a batch is read."""
    letters = GATE_VALUES.get(model.cell, "")
    if not letters:
        return {}
    with reading(model):
        values = _values(model, batch)
        gates = {name: value for name, value in values.items() if name.rpartition(".")[2] in letters}
        read = {name: gate[~gate.isnan()] for name, gate in gates.items()}
        return {
            name: [(gate < SHUT).float().mean().item(), (gate > OPEN).float().mean().item()]
            for name, gate in read.items()
        }


def _values(model: Any, batch: Batch) -> dict[str, Tensor]:
    """Every value of the recurrent layers by name while a batch is read, and written; NaN beyond a row."""
    if not isinstance(model, Seq2Seq):
        return dict(model.rnn.trace(model.read(batch.x)).values)
    lengths = None if batch.lengths is None else batch.lengths.cpu()
    rows = model.source_rows(batch.x)
    read = rows if lengths is None else pack_padded_sequence(rows, lengths, enforce_sorted=False)
    encoder = model.encoder.trace(read).values
    state = model.encode(batch.x, batch.lengths).state
    decoder = model.decoder.trace(model.target_rows(model.shifted(batch.y)), state).values
    beyond = (batch.y == NOT_COUNTED)[..., None]
    told = {f"enc.{name}": value for name, value in encoder.items()}
    return told | {f"dec.{name}": value.masked_fill(beyond, torch.nan) for name, value in decoder.items()}


def _parts(model: Any, gradients: bool) -> Iterator[tuple[str, Tensor]]:
    """Every parameter by name, those of the recurrent layers gate by gate."""
    for name, weight in model.named_parameters():
        value = weight.grad if gradients else weight
        if value is None:
            continue
        module, _, own = name.partition(".")
        if model.cell not in GATES:
            yield from _of_transformer(name, value, isinstance(model, Writer))
            continue
        if module not in SIDES:
            yield name, value
            continue
        kind, _, place = own.rpartition("_l") if "_reverse" not in own else own[:-8].rpartition("_l")
        layer = f"{SIDES[module]}l{place}{'r' * own.endswith('_reverse')}"
        letter = kind.replace("weight", "W").replace("bias", "b")
        gates = GATES[model.cell]
        for gate, rows in zip(gates, value.chunk(len(gates)), strict=True):
            yield f"{layer}.{letter}.{gate}", rows


def _of_transformer(name: str, value: Tensor, writes: bool) -> Iterator[tuple[str, Tensor]]:
    """A parameter by its layer, "l0.linear1.weight", or "dec.l0.linear1.weight" where one side writes what
    the other has read; that of queries, keys and values one by one.
    """
    side, _, own = name.partition(".")
    told = name
    if side in ("encoder", "decoder"):
        found = IN_LAYER.fullmatch(own)
        told = (SIDES[side] if writes else "") + (f"l{found[1]}.{found[2]}" if found else own)
    if "in_proj_" not in told:
        yield told, value
        return
    for letter, rows in zip("qkv", value.chunk(3), strict=True):
        yield f"{told}.{letter}", rows


def _thinned(values: Tensor) -> Tensor:
    """Every so many: quantiles need no more, and sorting a large matrix takes as long as a step."""
    return values[:: max(1, len(values) // 10_000)]


def _levels(like: Tensor) -> Tensor:
    return torch.tensor(QUANTILES, device=like.device)
