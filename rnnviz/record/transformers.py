"""A transformer reads one sequence: every step looks at the others."""

from typing import Any

from torch import Tensor, inference_mode, nn

from rnnviz.attention import TransformerEncoder, causal_mask
from rnnviz.cells.unroll import StepEdit
from rnnviz.models.transformer import Transformer
from rnnviz.record.answers import ANSWERS
from rnnviz.record.layers import largest
from rnnviz.record.pooling import pooling_differences
from rnnviz.record.told import Told, together

Axes = tuple[str, ...]

NORMS = ("norm1", "norm2", "norm3")  # what those of post-norm layers return are states that have a name
AFTER = ("a", "hidden", "ff", "h")  # of a layer's values, what follows its attention


def heads_axes(name: str, query: str, key: str, step: str) -> dict[str, Axes]:
    """The axes of everything that several heads do, by name: `attn.weights`, ..."""
    row, column, pair = ("head", query, "unit"), ("head", key, "unit"), ("head", query, key)
    parts: dict[str, Axes] = {"q": row, "k": column, "v": column}
    parts |= {"scores": pair, "masked": pair, "weights": pair, "context": row, "output": (step, "unit")}
    return {f"{name}.{part}": axes for part, axes in parts.items()}


def encoder_axes(step: str) -> dict[str, Axes]:
    """The axes of everything that a layer of an encoder does, in the order in which it comes about."""
    rows: Axes = (step, "unit")
    after = dict.fromkeys(("mid", "norm2", *AFTER), rows)
    return {"norm1": rows, **heads_axes("attn", "query", "key", step), **after}


def of_transformer(
    model: Transformer, x: Tensor, labels: dict[str, tuple[str, ...]], edit: StepEdit | None, compare: bool
) -> Told:
    """ids (T, 1) or numbers (T, 1, D), the labels of its axes -> every value, and what is answered."""
    found = model.trace(x, None, edit)
    tokens = labels["step"]
    facts = {"heads": model.heads, "positions": model.positions, "norm": model.norm}
    read = together(Told({}, {}, {"query": tokens, "key": tokens}, facts), _values(model, x, found))
    said = ANSWERS[model.config["type"]](model, found["h"], x, edit)
    if not compare:
        return together(read, said)
    pairs = _layer_pairs(model, found)
    if "attn.weights" in said.values:
        pairs += pooling_differences(model, said.values)
    return together(read, said, Told({}, {}, {}, {"equals_torch": largest(pairs)}))


def _values(model: Transformer, x: Tensor, found: dict[str, Tensor]) -> Told:
    """All values of one sequence in the order in which they come about, and their axes."""
    values = {} if model.vocabulary else {"x": x[:, 0]}
    values |= {"emb.token": model.emb(x)[:, 0], "emb.place": model.places(len(x)), "emb": found["emb"][:, 0]}
    dims: dict[str, Axes] = dict.fromkeys(values, ("step", "unit"))
    if "x" in dims:
        dims["x"] = ("step", "input")
    pre = model.norm == "pre"
    layers = layers_told(found, "", model.layers, encoder_axes("step"), pre)
    last = Told({"h": found["h"][:, 0]}, {"h": ("step", "unit")}, {}, {}) if pre else Told({}, {}, {}, {})
    return together(Told(values, dims, {}, {}), layers, last)


def layers_told(found: dict[str, Tensor], prefix: str, layers: int, axes: dict[str, Axes], pre: bool) -> Told:
    """Of what a transformer's trace has found, all that some layers did to one sequence. axes: of the values
    of a layer, in the order in which they are told; pre: whether the norms come first.
    """
    told = Told({}, {}, {}, {})
    for k in range(layers):
        for own, names in axes.items():
            if own in NORMS and not pre:
                continue
            name = f"{prefix}l{k}.{own}"
            told.values[name] = found[name][0] if names[0] == "head" else found[name][:, 0]
            told.dims[name] = names
    return told


def _layer_pairs(model: Transformer, found: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    mask = ~causal_mask(len(found["emb"]), found["emb"].device) if model.directions == 1 else None
    return encoder_pairs(model.encoder, found, "", mask)


def encoder_pairs(
    encoder: TransformerEncoder, found: dict[str, Tensor], prefix: str, mask: Tensor | None
) -> list[tuple[Tensor, Tensor]]:
    """Pairs of what a trace has, and what `torch.nn`'s layers make of it with the same weights: each layer's
    weights and output of the input that the trace shows, and the last output of layer upon layer.
    """
    pairs = []
    x = chain = found[f"{prefix}emb"]
    for k, layer in enumerate(encoder.layers):
        twin = twin_of(layer, nn.TransformerEncoderLayer)
        asked = twin.norm1(x) if twin.norm_first else x
        _, weights = twin.self_attn(asked, asked, asked, attn_mask=mask, average_attn_weights=False)
        pairs.append((found[f"{prefix}l{k}.attn.weights"], weights))
        pairs.append((found[f"{prefix}l{k}.h"], twin(x, mask)))
        x, chain = found[f"{prefix}l{k}.h"], twin(chain, mask)
    last = encoder.norm
    return [*pairs, (found[f"{prefix}h"], chain if last is None else last(chain))]


def twin_of(layer: Any, kind: Any) -> Any:
    """A layer of ours -> one of `torch.nn`, of the kind with the same name, in eval mode, on the same
    weights.
    """
    attention = layer.self_attn
    with inference_mode(False):
        twin = kind(
            attention.embed_dim, attention.num_heads, layer.linear1.out_features, 0.0, layer.activation,
            layer.norm1.eps, norm_first=layer.norm_first, device="meta",
        )  # fmt: skip
        twin.load_state_dict(dict(layer.named_parameters()), assign=True)
    return twin.eval()
