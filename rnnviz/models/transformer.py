"""What the transformers share: steps that look at each other, with no state that is carried."""

from abc import ABC
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnviz.attention import TransformerEncoder, TransformerEncoderLayer, padding_mask, sinusoidal
from rnnviz.attention.encoder import LayerEdit
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
        _check(self)
        self.input = "numbers" if self.vocabulary is None else "embedding"
        reads_tokens = self.vocabulary is not None
        self.emb = nn.Embedding(self.inputs, hidden) if reads_tokens else nn.Linear(self.inputs, hidden)
        if positions == "learned":
            self.pos = nn.Embedding(context, hidden)
            nn.init.normal_(self.pos.weight, std=SMALL)
            if reads_tokens:  # waves are as large as what torch draws for tokens; learned places begin small
                nn.init.normal_(self.emb.weight, std=SMALL)
        layer = TransformerEncoderLayer(hidden, heads, self.feedforward, dropout, norm_first=norm == "pre")
        self.encoder = TransformerEncoder(layer, layers, nn.LayerNorm(hidden) if norm == "pre" else None)

    def config_of(self, type: str) -> dict[str, Any]:
        """What all transformers write into config.json."""
        told = ("cell", "input", "hidden", "layers", "heads", "feedforward", "positions", "norm", "context")
        return {
            "type": type,
            **{name: getattr(self, name) for name in told},
            "bidirectional": self.directions == 2,
        }

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
        if self.positions == "learned":
            learned: Tensor = self.pos.weight[:steps]
            return learned
        return sinusoidal(steps, self.hidden, self.emb.weight.device, self.emb.weight.dtype)

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
        asked = None if edit is None else _row_by_row(edit)
        found = self.encoder.trace(rows, None, *self._masks(x, lengths), asked)
        values = {"emb": rows}
        for place, layer in enumerate(found.layers):
            for name, value in layer._asdict().items():
                if name == "attention":
                    values |= {f"l{place}.attn.{part}": each for part, each in value._asdict().items()}
                else:
                    values[f"l{place}.{'h' if name == 'output' else name}"] = value
        return values | {"h": found.output}

    def _masks(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor | None, bool]:
        """-> torch's key_padding_mask and is_causal. Who never looks ahead never looks beyond a row's end."""
        causal = self.directions == 1
        shut = None if causal or lengths is None else ~padding_mask(lengths, len(x))[:, 0]
        return shut, causal


def _row_by_row(edit: StepEdit) -> LayerEdit:
    """The hook of the encoder, which is asked about all steps of a layer at once."""

    def asked(layer: int, weights: Tensor) -> Tensor:
        rows = [edit(t, f"l{layer}.attn.weights", row) for t, row in enumerate(weights.unbind(-2))]
        return torch.stack(rows, -2)

    return asked


def settings_of(part: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a `Transformer` from the "model" part of a config.json, of which some are read."""
    told = {
        name: part[name] for name in ("heads", "feedforward", "positions", "norm", "context") if name in part
    }
    if settings.get("cell") != Transformer.cell:
        raise ValueError(
            f"The cell of a transformer is {Transformer.cell!r}, not {settings.get('cell')!r:.40}."
        )
    if settings.get("input") == "onehot":
        raise ValueError("A transformer reads embeddings or numbers, not 'onehot'.")
    return told | {name: settings[name] for name in ("hidden", "layers", "directions")}


def _check(model: Transformer) -> None:
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
