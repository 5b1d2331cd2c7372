"""A recurrent encoder reads one sequence, and a recurrent decoder writes another."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot, scaled_dot_product_attention, softmax

from rnnviz.attention import Attention
from rnnviz.cells.unroll import StepEdit
from rnnviz.models.handover import both_ways
from rnnviz.models.seq2seq import Seq2Seq, Written
from rnnviz.nn import LayerTrace, Recurrent, State
from rnnviz.record.layers import difference_from_torch, largest, listed, start_values
from rnnviz.record.told import Told, together

LOOKED: dict[str, tuple[str, ...]] = {
    "q": ("step", "unit"),
    "k": ("source", "unit"),
    "v": ("source", "unit"),
    "scores": ("step", "source"),
    "masked": ("step", "source"),
    "weights": ("step", "source"),
    "context": ("step", "unit"),
}


def of_seq2seq(
    model: Seq2Seq, text: str, y: Tensor, edit: StepEdit | None, compare: bool
) -> tuple[Tensor, Told]:
    """A text is read and the ids y (T,) are written -> the logits (T, O), and everything that led there."""
    told = model.trace(model.ids(text), y, edit)
    facts: dict[str, Any] = {"attention": model.attention}
    begun = _begun(model, told.encoder)
    if compare:
        facts["equals_torch"] = _difference(model, told, begun)
    parts = together(
        Told({}, {}, {}, facts),
        _side(model, "enc.", told.source_rows, told.encoder, None, "source"),
        _side(model, "dec.", told.target_rows, told.decoder, begun, "step"),
        _looked(model, told),
    )
    return told.said.logits[:, 0], parts


def _side(
    model: Seq2Seq, prefix: str, rows: Tensor, values: dict[str, Tensor], begun: State | None, axis: str
) -> Told:
    """What the encoder or the decoder did."""
    layer = model.encoder if prefix == "enc." else model.decoder
    began = start_values(layer, begun)
    told = {"emb": _rows(layer, rows), **began, **listed(values, model.cell)}
    dims: dict[str, tuple[str, ...]] = dict.fromkeys(values, (axis, "unit"))
    dims |= {"emb": (axis, "input"), **dict.fromkeys(began, ("unit",))}
    return Told(
        {prefix + name: value for name, value in told.items()},
        {prefix + name: names for name, names in dims.items()},
        {},
        {},
    )


def _looked(model: Seq2Seq, told: Written) -> Told:
    """Where the decoder looked, if it did, and what that was made into."""
    found = told.said.attention
    if found is None:
        return Told({}, {}, {}, {})
    values = {f"attn.{name}": getattr(found, name)[0] for name in LOOKED}
    dims = {f"attn.{name}": dims for name, dims in LOOKED.items()}
    if model.attention == "additive":  # with tanh(q_t + k_s) all that a score is made of
        values["attn.w"], dims["attn.w"] = model.attn.weight, ("unit",)
    values["attn.joined"], dims["attn.joined"] = told.said.joined[:, 0], ("step", "unit")
    return Told(values, dims, {}, {})


def _begun(model: Seq2Seq, encoder: dict[str, Tensor]) -> State:
    """What the encoder handed over, as its trace shows it: the last step of each layer and direction."""
    ways = range(model.directions)
    parts = [
        torch.stack(
            [encoder[f"l{k}{'r' * way}.{letter}"][way - 1] for k in range(model.layers) for way in ways]
        )[:, None]
        for letter in model.encoder.cell_type.carried
    ]
    state = parts[0] if len(parts) == 1 else tuple(parts)
    return both_ways(state, model.layers) if model.directions == 2 else state


def _difference(model: Seq2Seq, told: Written, begun: State) -> float:
    """From `torch.nn`'s layers on both sides, and from torch's attention."""
    found = [
        difference_from_torch(layer, _rows(layer, rows)[:, None], state, _whole(layer, values))
        for layer, rows, values, state in (
            (model.encoder, told.source_rows, told.encoder, None),
            (model.decoder, told.target_rows, told.decoder, begun),
        )
    ]
    looked = told.said.attention
    return max(*found, largest(_attention_pairs(model, looked)) if looked else 0.0)


def _attention_pairs(model: Seq2Seq, found: Attention) -> list[tuple[Tensor, Tensor]]:
    """Pairs of what a trace has, and what torch makes of its queries, keys and values."""
    q, k, v = found.q, found.k, found.v
    if model.attention == "additive":
        scores = torch.einsum("btsa,a->bts", torch.tanh(q[:, :, None] + k[:, None]), model.attn.weight)
        weights = softmax(scores, -1)
        context = torch.bmm(weights, v)
    else:
        scale = None if model.attention == "scaled_dot" else 1.0
        each = torch.eye(k.shape[1]).to(k)[None]  # with these as values, the context is the weights
        weights = scaled_dot_product_attention(q, k, each, scale=scale)
        context = scaled_dot_product_attention(q, k, v, scale=scale)
    return [(found.weights, weights), (found.context, context)]


def _whole(layer: Recurrent, values: dict[str, Tensor]) -> LayerTrace:
    """The trace of one sequence as one of a batch, (T, 1, H)."""
    batch = {name: value[:, None] for name, value in values.items()}
    top = layer.num_layers - 1
    output = torch.cat([batch[f"l{top}{'r' * way}.h"] for way in range(layer.num_directions)], -1)
    return LayerTrace(batch, output, None)  # type: ignore[arg-type]  # the state is not compared


def _rows(layer: Recurrent, rows: Tensor) -> Tensor:
    """What a layer reads, (T, D): rows as they are, or the one-hot rows of ids (T,)."""
    if rows.is_floating_point():
        return rows
    return one_hot(rows, layer.input_size).to(layer.all_weights[0][0].dtype)
