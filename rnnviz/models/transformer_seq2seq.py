"""The transformer as it was first built: an encoder reads, a decoder writes."""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnviz.attention import (
    Cache,
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
    padding_mask,
)
from rnnviz.cells.unroll import StepEdit
from rnnviz.models.answering import told_classes
from rnnviz.models.handover import Encoded
from rnnviz.models.transformer import (
    check_transformer,
    learned_places,
    named_values,
    places,
    row_by_row,
    settings_of,
    told_of,
)
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.models.writer import Writer
from rnnviz.nn import State


class TransformerSeq2Seq(Writer):
    """Encoder and decoder of Vaswani et al. 2017, with a table of tokens for each, and places for each.

        m = encoder(embedding of source_s + p_s)                   each step looks at all
        h = decoder(embedding of target_{t-1} + p_t, m)            each at those before it, and at all of m
        logits_t = h_t W_out^T + b_out

    layers: of each side. context: the most tokens that are read, and that are written. The settings are those
    of `Transformer`, without directions. Raises ValueError for a setting out of range.
    """

    cell, input = "transformer", "embedding"

    def __init__(
        self,
        vocabulary: Vocabulary,
        outputs: tuple[str, ...],
        *,
        hidden: int = 64,
        layers: int = 2,
        heads: int = 4,
        feedforward: int | None = None,
        positions: str = "learned",
        norm: str = "post",
        context: int = 128,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(vocabulary, outputs)
        self.hidden, self.layers, self.heads, self.directions = hidden, layers, heads, 1
        self.feedforward = 4 * hidden if feedforward is None else feedforward
        self.positions, self.norm, self.context, self.dropout = positions, norm, context, dropout
        check_transformer(self)
        self.source_emb = nn.Embedding(self.inputs, hidden)
        self.target_emb = nn.Embedding(self.outputs, hidden)
        self.source_pos = self.target_pos = None
        if positions == "learned":
            self.source_pos = learned_places(context, hidden, self.source_emb)
            self.target_pos = learned_places(context, hidden, self.target_emb)
        made: dict[str, Any] = {"dropout": dropout, "norm_first": norm == "pre"}
        reads = TransformerEncoderLayer(hidden, heads, self.feedforward, **made)
        writes = TransformerDecoderLayer(hidden, heads, self.feedforward, **made)
        self.encoder = TransformerEncoder(reads, layers, self._last_norm())
        self.decoder = TransformerDecoder(writes, layers, self._last_norm())
        self.out = nn.Linear(hidden, self.outputs)

    @classmethod
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "TransformerSeq2Seq":
        """The model again from the "model" part of a config.json; see `models.model_of`."""
        made = settings_of(part, settings)
        if made.pop("directions") != 1:
            raise ValueError("what is written is written in one direction, so bidirectional should be false.")
        return cls(inputs, told_classes(part), **made)  # type: ignore[arg-type]

    @property
    def config(self) -> dict[str, Any]:
        return told_of(self, "transformer_seq2seq") | {"outputs": list(self.classes[1:])}

    @property
    def width(self) -> int:
        """Numbers of h at a step, of both sides."""
        return self.hidden

    @property
    def longest(self) -> int:  # type: ignore[override]
        """The most tokens that can be written: as many places as there are."""
        return self.context

    def forward(self, x: Tensor, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        shut = None if lengths is None else ~padding_mask(lengths, len(x))[:, 0]
        memory = self.encoder(self.source_rows(x), None, shut)
        rows = self.target_rows(self.shifted(y))
        return self.out(self.decoder(rows, memory, tgt_is_causal=True, memory_key_padding_mask=shut))

    def encode(self, x: Tensor, lengths: Tensor | None = None) -> Encoded:
        mask = None if lengths is None else padding_mask(lengths, len(x))
        memory = self.encoder(self.source_rows(x), None, None if mask is None else ~mask[:, 0])
        return Encoded(memory.transpose(0, 1), self.decoder.begin(memory), mask)

    def step(self, written: Tensor, state: State, encoded: Encoded) -> tuple[Tensor, State]:
        past = Cache(*state)
        place = past.k.shape[3]
        self._check(place + 1, "writes")
        here = self.target_places(place + 1)[place]
        h, past = self.decoder.step((self.target_emb(written) + here)[None], past, encoded.mask)
        return self.out(h[0]), past

    def trace(self, x: Tensor, y: Tensor, edit: StepEdit | None = None) -> dict[str, Tensor]:
        """Everything by name, as x (S,) is read and y (T,) is written, with the axis of the batch: `enc.emb`,
        with the places, of each layer of the encoder `enc.l0.h`, `enc.l0.attn.weights` and so on, see
        `Transformer.trace`, `enc.h`; `dec.emb`, of each layer of the decoder also `dec.l0.cross.weights` and
        so on, `dec.l0.looked` and `dec.l0.norm3`, see `DecoderLayerTrace`, `dec.h`; `logits` (T, B, O).

        edit(step, name, value) -> value may replace what a step looks at, (B, K, ...), before the context is
        made of it: "enc.l0.attn.weights", "dec.l0.attn.weights", "dec.l0.cross.weights".
        """
        rows, target_rows = self.source_rows(x[:, None]), self.target_rows(self.shifted(y[:, None]))

        def of_encoder(layer: int, weights: Tensor) -> Tensor:
            return row_by_row(edit, f"enc.l{layer}.attn.weights", weights) if edit else weights

        def of_decoder(layer: int, name: str, weights: Tensor) -> Tensor:
            return row_by_row(edit, f"dec.l{layer}.{name}.weights", weights) if edit else weights

        read = self.encoder.trace(rows, edit=of_encoder if edit else None)
        wrote = self.decoder.trace(
            target_rows, read.output, tgt_is_causal=True, edit=of_decoder if edit else None
        )
        return {
            "enc.emb": rows,
            **named_values(read.layers, "enc."),
            "enc.h": read.output,
            "dec.emb": target_rows,
            **named_values(wrote.layers, "dec."),
            "dec.h": wrote.output,
            "logits": self.out(wrote.output),
        }

    def says(self, x: Tensor, y: Tensor, edit: StepEdit | None = None) -> Tensor:
        return self.trace(x, y, edit)["logits"][:, 0]

    def looks(self, x: Tensor, y: Tensor) -> Tensor | None:
        return self.trace(x, y)[f"dec.l{self.layers - 1}.cross.weights"][0].mean(0)

    def source_rows(self, x: Tensor) -> Tensor:
        """ids (S, B) -> what the encoder reads, (S, B, E), places included."""
        self._check(len(x), "reads")
        rows = self.source_emb(x) + self.source_places(len(x))[:, None]
        return dropout(rows, self.dropout, self.training)

    def target_rows(self, y: Tensor) -> Tensor:
        """ids (T, B) of what was written before each step -> what the decoder reads, likewise."""
        self._check(len(y), "writes")
        rows = self.target_emb(y) + self.target_places(len(y))[:, None]
        return dropout(rows, self.dropout, self.training)

    def source_places(self, steps: int) -> Tensor:
        """Where the first tokens stand that are read, (S, E)."""
        return places(self.source_pos, steps, self.hidden, self.source_emb.weight)

    def target_places(self, steps: int) -> Tensor:
        """Where the first tokens stand that are written, (T, E)."""
        return places(self.target_pos, steps, self.hidden, self.target_emb.weight)

    def _last_norm(self) -> nn.Module | None:
        return nn.LayerNorm(self.hidden) if self.norm == "pre" else None

    def _check(self, steps: int, does: str) -> None:
        if not 1 <= steps <= self.context:
            raise ValueError(f"This transformer {does} 1 to {self.context} tokens, not {steps}.")
