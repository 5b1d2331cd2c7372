"""A transformer with an encoder and a decoder reads one sequence and writes another."""

from typing import Any

from torch import Tensor, nn

from rnnviz.attention import causal_mask
from rnnviz.cells.unroll import StepEdit
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.record.layers import largest
from rnnviz.record.told import Told, together
from rnnviz.record.transformers import (
    AFTER,
    Axes,
    encoder_axes,
    encoder_pairs,
    heads_axes,
    layers_told,
    twin_of,
)

Pairs = list[tuple[Tensor, Tensor]]

DECODER_AXES: dict[str, Axes] = {
    "norm1": ("step", "unit"),
    **heads_axes("attn", "step", "written", "step"),
    "looked": ("step", "unit"),
    "norm2": ("step", "unit"),
    **heads_axes("cross", "step", "source", "step"),
    "mid": ("step", "unit"),
    "norm3": ("step", "unit"),
    **dict.fromkeys(AFTER, ("step", "unit")),
}


def of_transformer_seq2seq(
    model: TransformerSeq2Seq, text: str, y: Tensor, edit: StepEdit | None, compare: bool
) -> tuple[Tensor, Told]:
    """A text is read and the ids y (T,) are written -> the logits (T, O), and everything that led there."""
    x, before = model.ids(text), model.shifted(y)
    found = model.trace(x, y, edit)
    labels = dict.fromkeys(("query", "key"), tuple(text))
    labels["written"] = tuple(model.classes[place] for place in before.tolist())
    facts: dict[str, Any] = {"heads": model.heads, "positions": model.positions, "norm": model.norm}
    if compare:
        facts["equals_torch"] = largest(_pairs(model, found))
    read = model.source_emb(x), model.source_places(len(x))
    wrote = model.target_emb(before), model.target_places(len(y))
    told = together(
        Told({}, {}, labels, facts),
        _side(model, found, "enc.", read, encoder_axes("source"), "source"),
        _side(model, found, "dec.", wrote, DECODER_AXES, "step"),
    )
    return found["logits"][:, 0], told


def _side(
    model: TransformerSeq2Seq,
    found: dict[str, Tensor],
    prefix: str,
    rows: tuple[Tensor, Tensor],
    axes: dict[str, Axes],
    step: str,
) -> Told:
    """What the encoder or the decoder did. rows: the embeddings of its tokens, and of their places."""
    token, place = rows
    pre = model.norm == "pre"
    values = {"emb.token": token, "emb.place": place, "emb": found[f"{prefix}emb"][:, 0]}
    last = {"h": found[f"{prefix}h"][:, 0]} if pre else {}
    return together(
        _named(prefix, values, step),
        layers_told(found, prefix, model.layers, axes, pre),
        _named(prefix, last, step),
    )


def _named(prefix: str, values: dict[str, Tensor], step: str) -> Told:
    named = {prefix + name: value for name, value in values.items()}
    return Told(named, dict.fromkeys(named, (step, "unit")), {}, {})


def _pairs(model: TransformerSeq2Seq, found: dict[str, Tensor]) -> Pairs:
    """Pairs of what a trace has, and what `torch.nn`'s layers make of it with the same weights."""
    return [*encoder_pairs(model.encoder, found, "enc.", None), *_decoder_pairs(model, found)]


def _decoder_pairs(model: TransformerSeq2Seq, found: dict[str, Tensor]) -> Pairs:
    """Each layer's weights and output of the input that the trace shows, and the last output of layer upon
    layer; the memory is what the trace shows of the encoder.
    """
    pairs = []
    memory = found["enc.h"]
    x = chain = found["dec.emb"]
    mask = ~causal_mask(len(x), x.device)
    for k, layer in enumerate(model.decoder.layers):
        twin: nn.TransformerDecoderLayer = twin_of(layer, nn.TransformerDecoderLayer)
        looked = found[f"dec.l{k}.looked"]
        asks, crosses = (twin.norm1(x), twin.norm2(looked)) if twin.norm_first else (x, looked)
        _, weights = twin.self_attn(asks, asks, asks, attn_mask=mask, average_attn_weights=False)
        _, across = twin.multihead_attn(crosses, memory, memory, average_attn_weights=False)
        pairs.append((found[f"dec.l{k}.attn.weights"], weights))
        pairs.append((found[f"dec.l{k}.cross.weights"], across))
        pairs.append((found[f"dec.l{k}.h"], twin(x, memory, mask)))
        x, chain = found[f"dec.l{k}.h"], twin(chain, memory, mask)
    last = model.decoder.norm
    return [*pairs, (found["dec.h"], chain if last is None else last(chain))]
