"""What the transformers share: steps that look at each other, with no state that is carried."""

from abc import ABC
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnviz.attention import TransformerEncoder, TransformerEncoderLayer, padding_mask, sinusoidal
from rnnviz.cells.unroll import StepEdit
from rnnviz.models.base import Model
from rnnviz.models.reader import MOST_LAYERS, MOST_NUMBERS, MOST_UNITS, check_shared, check_whole
from rnnviz.models.vocabulary import Vocabulary

POSITIONS = ("learned", "sinusoidal")
NORMS = ("post", "pre")
SMALL = 0.02  # standard deviation of learned tables at the start, as in GPT-2
MOST_STEPS = 4096  # that are looked at together


class Transformer(Model, ABC):
    """Tokens or numbers -> steps that look at each other, layer upon layer -> h. Abstract.

        x_t = embedding of a token (or W x_t + b of numbers) + p_t
        h = the encoder's layers (see `attention.TransformerEncoderLayer`), and with norm "pre" a last norm

    inputs: the vocabulary of the tokens, or how many numbers a step has. hidden: the width of a step, E, in
    all layers; heads: among how many it is divided; feedforward: units of each layer's own network, 4 E if
    None; positions: "learned", or "sinusoidal", waves that are given; norm: "post" or "pre"; context: the
    most steps that are looked at together; directions: 1, no step looks beyond itself, or 2. dropout: within
    the layers and of x, while training. Raises ValueError for a setting out of range.
    """

    cell = "transformer"

    def __init__(
        self,
        inputs: Vocabulary | int,
        hidden: int = 64,
        layers: int = 2,
        heads: int = 4,
        feedforward: int | None = None,
        positions: str = "learned",
        norm: str = "post",
        context: int = 128,
        dropout: float = 0.0,
        directions: int = 1,
    ) -> None:
        super().__init__(inputs)
        self.hidden, self.layers, self.heads, self.directions = hidden, layers, heads, directions
        self.feedforward = 4 * hidden if feedforward is None else feedforward
        self.positions, self.norm, self.context, self.dropout = positions, norm, context, dropout
        check_transformer(self)
        self.input = "numbers" if self.vocabulary is None else "embedding"
        reads_tokens = self.vocabulary is not None
        self.emb = nn.Embedding(self.inputs, hidden) if reads_tokens else nn.Linear(self.inputs, hidden)
        if positions == "learned":
            self.pos = learned_places(context, hidden, self.emb)
        layer = TransformerEncoderLayer(hidden, heads, self.feedforward, dropout, norm_first=norm == "pre")
        self.encoder = TransformerEncoder(layer, layers, nn.LayerNorm(hidden) if norm == "pre" else None)

    def config_of(self, type: str) -> dict[str, Any]:
        """What all transformers write into config.json."""
        return told_of(self, type) | {"bidirectional": self.directions == 2}

    @property
    def width(self) -> int:
        """Numbers of h at a step."""
        return self.hidden

    def read(self, x: Tensor) -> Tensor:
        """ids (T, B) or numbers (T, B, D) -> what the first layer reads, (T, B, E), places included."""
        if not 1 <= len(x) <= self.context:
            raise ValueError(f"This transformer looks at 1 to {self.context} steps together, not {len(x)}.")
        return dropout(self.emb(x) + self.places(len(x))[:, None], self.dropout, self.training)

    def places(self, steps: int) -> Tensor:
        """Where the first steps stand, (T, E): p_t."""
        return places(self.pos if self.positions == "learned" else None, steps, self.hidden, self.emb.weight)

    def states(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """ids (T, B) or numbers (T, B, D), the rows' lengths (B,) if they differ -> h (T, B, E). What stands
        after the end of a row is nothing.
        """
        h: Tensor = self.encoder(self.read(x), None, *self._masks(x, lengths))
        return h

    def trace(
        self, x: Tensor, lengths: Tensor | None = None, edit: StepEdit | None = None
    ) -> dict[str, Tensor]:
        """Everything by name: `emb`, with the places, and of each layer `l0.h`, what leaves it, `l0.norm1`,
        `l0.mid`, `l0.norm2`, `l0.ff`, (T, B, E) each, `l0.a` and `l0.hidden` (T, B, F), `l0.attn.output`
        (T, B, E), `l0.attn.weights`, `.scores` and `.masked` (B, K, T, T), `l0.attn.q`, `.k`, `.v` and
        `.context` (B, K, T, E / K): see `EncoderLayerTrace` and `MultiHeadTrace`. `h` is after the last norm.

        edit(step, "l0.attn.weights", value) -> value may replace what a step looks at, (B, K, T), before the
        context is made of it.
        """
        rows = self.read(x)

        def asked(layer: int, weights: Tensor) -> Tensor:
            return row_by_row(edit, f"l{layer}.attn.weights", weights) if edit else weights

        found = self.encoder.trace(rows, None, *self._masks(x, lengths), asked if edit else None)
        return {"emb": rows, **named_values(found.layers), "h": found.output}

    def _masks(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor | None, bool]:
        """-> torch's key_padding_mask and is_causal. Who never looks ahead never looks beyond a row's end."""
        causal = self.directions == 1
        shut = None if causal or lengths is None else ~padding_mask(lengths, len(x))[:, 0]
        return shut, causal


def learned_places(context: int, width: int, emb: nn.Module) -> nn.Embedding:
    """A table of places, (context, E), to stand beside an embedding of tokens, or else of numbers."""
    pos = nn.Embedding(context, width)
    nn.init.normal_(pos.weight, std=SMALL)
    if isinstance(emb, nn.Embedding):  # waves are as large as what torch draws for tokens; these begin small
        nn.init.normal_(emb.weight, std=SMALL)
    return pos


def places(pos: nn.Embedding | None, steps: int, width: int, like: Tensor) -> Tensor:
    """Where the first steps stand, (T, E): of a table, or as waves, where and of the type that `like` is."""
    if pos is None:
        return sinusoidal(steps, width, like.device, like.dtype)
    learned: Tensor = pos.weight[:steps]
    return learned


def named_values(layers: Iterable[Any], prefix: str = "") -> dict[str, Tensor]:
    """Everything that some layers did, each a NamedTuple, by name: `l0.attn.weights`, `l0.cross.weights`,
    `l0.h` for its output, and the others as their fields are called.
    """
    names = {"attention": "attn.", "cross": "cross.", "output": "h"}
    values: dict[str, Tensor] = {}
    for place, layer in enumerate(layers):
        for field, value in layer._asdict().items():
            name = f"{prefix}l{place}.{names.get(field, field)}"
            values |= (
                {name: value}
                if isinstance(value, Tensor)
                else {name + k: v for k, v in value._asdict().items()}
            )
    return values


def row_by_row(edit: StepEdit, name: str, weights: Tensor) -> Tensor:
    """The hook is asked about each row of a layer's weights, (B, K, T, S), which are computed at once."""
    return torch.stack([edit(t, name, row) for t, row in enumerate(weights.unbind(-2))], -2)


def settings_of(part: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a `Transformer` from the "model" part of a config.json, of which some are read."""
    told = {
        name: part[name] for name in ("heads", "feedforward", "positions", "norm", "context") if name in part
    }
    if settings.get("cell") != Transformer.cell:
        raise ValueError(
            f"The cell of a transformer is {Transformer.cell!r}, not {settings.get('cell')!r:.40}."
        )
    if settings.get("input") not in ("embedding", "numbers"):
        raise ValueError(f"A transformer reads embeddings or numbers, not {settings.get('input')!r:.40}.")
    return told | {name: settings[name] for name in ("hidden", "layers", "directions")}


def told_of(model: Any, type: str) -> dict[str, Any]:
    """The settings that every transformer writes into config.json."""
    told = ("cell", "input", "hidden", "layers", "heads", "feedforward", "positions", "norm", "context")
    return {"type": type, **{name: getattr(model, name) for name in told}}


def check_transformer(model: Any) -> None:
    """Raises ValueError for settings out of range."""
    if model.vocabulary is None:
        check_whole("inputs", model.inputs, MOST_NUMBERS)
    check_whole("hidden", model.hidden, MOST_UNITS)
    check_whole("layers", model.layers, MOST_LAYERS)
    check_whole("heads", model.heads, MOST_UNITS)
    check_whole("feedforward", model.feedforward, 4 * MOST_UNITS)
    check_whole("context", model.context, MOST_STEPS)
    if model.hidden % model.heads:
        raise ValueError(
            f"hidden is divided among the heads, and {model.heads} do not divide {model.hidden}."
        )
    if model.positions not in POSITIONS:
        raise ValueError(f"The positions are {' or '.join(POSITIONS)}, not {model.positions!r}.")
    if model.norm not in NORMS:
        raise ValueError(f"The norm is {' or '.join(NORMS)}, not {model.norm!r}.")
    check_shared(model.directions, model.dropout)
