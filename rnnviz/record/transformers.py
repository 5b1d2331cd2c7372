"""A transformer reads one sequence: every step looks at the others."""

from torch import Tensor, inference_mode, nn

from rnnviz.attention import TransformerEncoderLayer, causal_mask
from rnnviz.cells.unroll import StepEdit
from rnnviz.models.transformer import Transformer
from rnnviz.record.answers import ANSWERS
from rnnviz.record.layers import largest
from rnnviz.record.pooling import pooling_differences
from rnnviz.record.told import Told, together

LOOKED: dict[str, tuple[str, ...]] = {
    "q": ("head", "query", "unit"),
    "k": ("head", "key", "unit"),
    "v": ("head", "key", "unit"),
    "scores": ("head", "query", "key"),
    "masked": ("head", "query", "key"),
    "weights": ("head", "query", "key"),
    "context": ("head", "query", "unit"),
    "output": ("step", "unit"),
}
AFTER = ("mid", "norm2", "a", "hidden", "ff", "h")  # of a layer's values, what follows its attention
TWICE = ("norm1", "norm2")  # of post-norm layers: what the norms return is `mid` and `h` themselves


def of_transformer(
    model: Transformer, x: Tensor, labels: dict[str, tuple[str, ...]], edit: StepEdit | None, compare: bool
) -> Told:
    """ids (T, 1) or numbers (T, 1, D), the labels of its axes -> every value, and what is answered."""
    found = model.trace(x, None, edit)
    tokens = labels["step"]
    facts = {"heads": model.heads, "positions": model.positions, "norm": model.norm}
    read = Told(*_values(model, x, found), {"query": tokens, "key": tokens}, facts)
    said = ANSWERS[model.config["type"]](model, found["h"], x, edit)
    if not compare:
        return together(read, said)
    pairs = _layer_pairs(model, found)
    if "attn.weights" in said.values:
        pairs += pooling_differences(model, said.values)
    return together(read, said, Told({}, {}, {}, {"equals_torch": largest(pairs)}))


def _values(
    model: Transformer, x: Tensor, found: dict[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, tuple[str, ...]]]:
    """All values of one sequence in the order in which they come about, and their axes."""
    values = {} if model.vocabulary else {"x": x[:, 0]}
    dims: dict[str, tuple[str, ...]] = {"x": ("step", "input")}
    values |= {"emb.token": model.emb(x)[:, 0], "emb.place": model.places(len(x)), "emb": found["emb"][:, 0]}
    pre = model.norm == "pre"
    for k in range(model.layers):
        attention = [f"attn.{name}" for name in LOOKED]
        for name in ["norm1", *attention, *AFTER]:
            if name in TWICE and not pre:
                continue
            value = found[f"l{k}.{name}"]
            axes = LOOKED.get(name.removeprefix("attn."), ("step", "unit"))
            dims[f"l{k}.{name}"] = axes
            values[f"l{k}.{name}"] = value[:, 0] if axes == ("step", "unit") else value[0]
    if pre:
        values["h"] = found["h"][:, 0]
    return values, {name: dims.get(name, ("step", "unit")) for name in values}


def _layer_pairs(model: Transformer, found: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    """Pairs of what a trace has, and what `torch.nn`'s layers make of it with the same weights: each layer's
    weights and output of the input that the trace shows, and the last output of layer upon layer.
    """
    pairs = []
    x = chain = found["emb"]
    mask = ~causal_mask(len(x), x.device) if model.directions == 1 else None
    for k, layer in enumerate(model.encoder.layers):
        twin = _twin(layer)  # type: ignore[arg-type]
        asked = twin.norm1(x) if twin.norm_first else x
        _, weights = twin.self_attn(asked, asked, asked, attn_mask=mask, average_attn_weights=False)
        pairs.append((found[f"l{k}.attn.weights"], weights))
        pairs.append((found[f"l{k}.h"], twin(x, mask)))
        x, chain = found[f"l{k}.h"], twin(chain, mask)
    last = model.encoder.norm
    return [*pairs, (found["h"], chain if last is None else last(chain))]


def _twin(layer: TransformerEncoderLayer) -> nn.TransformerEncoderLayer:
    """A layer of ours -> one of `torch.nn`, in eval mode, on the same weights."""
    attention = layer.self_attn
    with inference_mode(False):
        twin = nn.TransformerEncoderLayer(
            attention.embed_dim, attention.num_heads, layer.linear1.out_features, 0.0, layer.activation,
            layer.norm1.eps, norm_first=layer.norm_first, device="meta",
        )  # fmt: skip
        twin.load_state_dict(dict(layer.named_parameters()), assign=True)
    return twin.eval()
