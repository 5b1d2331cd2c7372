"""Sequence to sequence: an encoder reads, a decoder writes, and attention lets the one look at the other."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.attention import SCORES, Attention, padding_mask
from rnnviz.cells.unroll import StepEdit
from rnnviz.models.answering import told_classes
from rnnviz.models.handover import Encoded, both_ways
from rnnviz.models.reader import check_settings
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.models.writer import Writer
from rnnviz.nn import LAYERS, State

ATTENTIONS = ("none", *SCORES)


class Said(NamedTuple):
    """What the decoder says at T steps.

    logits (T, B, O); joined (T, B, W): h with what it has looked up, which the answer is made of, h itself
    without attention; attention: see `Attention`, batch-first: weights (B, T, S); None without.
    """

    logits: Tensor
    joined: Tensor
    attention: Attention | None


class Written(NamedTuple):
    """Everything that happens as one sequence is read, S steps, and another one written, T steps.

    encoder, decoder: all values of their layers by name, `l0.f`, `l0r.h`, (S, H) and (T, W); source_rows
    (S, D) and target_rows (T, D): what their first layers read; said: as of a batch of one.
    """

    encoder: dict[str, Tensor]
    decoder: dict[str, Tensor]
    source_rows: Tensor
    target_rows: Tensor
    said: Said


class Seq2Seq(Writer):
    """An encoder and a decoder, with Luong's attention (Luong, Pham, Manning 2015) or without.

        h_s = RNN, LSTM or GRU (source_s, h_{s-1})        the encoder, in one or both directions
        d_t = RNN, LSTM or GRU (target_{t-1}, d_{t-1})    the decoder, begins with the encoder's last state
        score_ts = how well d_t fits h_s                  a form in `attention.SCORES`
        context_t = sum_s softmax(score_t)_s h_s
        joined_t = tanh(W_c [context_t, d_t])
        logits_t = joined_t W_out^T + b_out               without attention, of d_t

    The decoder looks after its step (Bahdanau's looks before it, and its cell reads the context), and what it
    has found does not go into the next step: so all steps of a known target are computed at once. "additive"
    is Bahdanau's score in this place. The decoder is as wide as what the encoder tells of a step, that is
    twice `hidden` for two directions: states are handed over as they are, both directions side by side.

    vocabulary, outputs: see `Writer`. attention: "none" or a form. The other settings are those of `Reader`;
    with "embedding", source and target have a table each. Raises ValueError for a setting out of range.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        outputs: tuple[str, ...],
        *,
        attention: str = "dot",
        cell: str = "gru",
        hidden: int = 64,
        layers: int = 1,
        input: str = "embedding",
        embedding: int = 32,
        dropout: float = 0.0,
        directions: int = 1,
    ) -> None:
        super().__init__(vocabulary, outputs)
        check_settings(vocabulary, cell, hidden, layers, input, embedding, dropout, directions)
        if attention not in ATTENTIONS:
            raise ValueError(f"The attention is {', '.join(ATTENTIONS)}, not {attention!r:.40}.")
        self.cell, self.hidden, self.layers, self.directions = cell, hidden, layers, directions
        self.input, self.embedding, self.dropout, self.attention = input, embedding, dropout, attention
        read, written = self.inputs, self.outputs
        if input == "embedding":
            self.source_emb, self.target_emb = nn.Embedding(read, embedding), nn.Embedding(written, embedding)
            read = written = embedding
        between = dropout if layers > 1 else 0.0
        both = directions == 2
        self.encoder = LAYERS[cell](read, hidden, num_layers=layers, dropout=between, bidirectional=both)
        self.decoder = LAYERS[cell](written, self.width, num_layers=layers, dropout=between)
        if attention != "none":
            self.attn = SCORES[attention](self.width, self.width)
            self.join = nn.Linear(2 * self.width, self.width, bias=False)
        self.out = nn.Linear(self.width, self.outputs)

    @classmethod
    def of(cls, part: dict[str, Any], inputs: Vocabulary | int, **settings: Any) -> "Seq2Seq":
        """The model again from the "model" part of a config.json, of which settings are already read."""
        return cls(inputs, told_classes(part), attention=part.get("attention", "none"), **settings)  # type: ignore[arg-type]

    @property
    def config(self) -> dict[str, Any]:
        return {
            "type": "seq2seq",
            "cell": self.cell,
            "input": self.input,
            "hidden": self.hidden,
            "layers": self.layers,
            "embedding": self.embedding if self.input == "embedding" else None,
            "bidirectional": self.directions == 2,
            "attention": self.attention,
            "outputs": list(self.classes[1:]),
        }

    @property
    def width(self) -> int:
        """Units of the decoder, and of what the encoder tells of a step."""
        return self.hidden * self.directions

    def forward(self, x: Tensor, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        encoded = self.encode(x, lengths)
        h, _ = self.decoder(self.target_rows(self.shifted(y)), encoded.state)
        return self.say(h, encoded).logits

    def encode(self, x: Tensor, lengths: Tensor | None = None) -> Encoded:
        rows = self.source_rows(x)
        if lengths is None:
            h, state = self.encoder(rows)
            mask = None
        else:
            packed, state = self.encoder(pack_padded_sequence(rows, lengths.cpu(), enforce_sorted=False))
            h = pad_packed_sequence(packed, total_length=len(x))[0]
            mask = padding_mask(lengths, len(x))
        return self._handed_over(h, state, mask)

    def say(self, h: Tensor, encoded: Encoded, edit: StepEdit | None = None) -> Said:
        """h (T, B, W) of the decoder -> its answers. edit(t, "attn.weights", (B, S)) may replace weights."""
        found = None
        joined = h
        if self.attention != "none":
            found = self.attn(h.transpose(0, 1), encoded.states, encoded.states, encoded.mask)
            if edit:
                rows = [edit(t, "attn.weights", row) for t, row in enumerate(found.weights.unbind(1))]
                weights = torch.stack(rows, 1)
                found = found._replace(weights=weights, context=weights @ encoded.states)
            joined = torch.tanh(self.join(torch.cat([found.context.transpose(0, 1), h], -1)))
        return Said(self.out(dropout(joined, self.dropout, self.training)), joined, found)

    def step(self, written: Tensor, state: State, encoded: Encoded) -> tuple[Tensor, State]:
        h, state = self.decoder.step(self.target_rows(written), state)
        return self.say(h[None], encoded).logits[0], state

    def says(self, x: Tensor, y: Tensor, edit: StepEdit | None = None) -> Tensor:
        return self.trace(x, y, edit).said.logits[:, 0]

    def looks(self, x: Tensor, y: Tensor) -> Tensor | None:
        found = self.trace(x, y).said.attention
        return None if found is None else found.weights[0]

    def trace(self, x: Tensor, y: Tensor, edit: StepEdit | None = None) -> Written:
        """Everything that happens as x (S,) is read and y (T,) is written: see `Written`.

        edit(step, name, value) -> value may replace any gate or state on its way, "enc.l0.f" or "dec.l0.h",
        and the weights "attn.weights" (1, S), before the context is made of them.
        """
        rows, target_rows = self.source_rows(x[:, None]), self.target_rows(self.shifted(y[:, None]))
        read = self.encoder.trace(rows, edit=_named("enc.", edit))
        encoded = self._handed_over(read.output, read.state, None)
        wrote = self.decoder.trace(target_rows, encoded.state, _named("dec.", edit))
        encoder, decoder = (
            {name: value[:, 0] for name, value in each.values.items()} for each in (read, wrote)
        )
        said = self.say(wrote.output, encoded, edit)
        return Written(encoder, decoder, rows[:, 0], target_rows[:, 0], said)

    def source_rows(self, x: Tensor) -> Tensor:
        """What the encoder reads: embedding rows of ids, or the ids, which stand for one-hot rows."""
        return self.source_emb(x) if self.input == "embedding" else x

    def target_rows(self, y: Tensor) -> Tensor:
        """What the decoder reads, likewise."""
        return self.target_emb(y) if self.input == "embedding" else y

    def _handed_over(self, h: Tensor, state: State, mask: Tensor | None) -> Encoded:
        """h (S, B, W) and the state at the end of the encoder."""
        begin = both_ways(state, self.layers) if self.directions == 2 else state
        return Encoded(h.transpose(0, 1), begin, mask)


def _named(prefix: str, edit: StepEdit | None) -> StepEdit | None:
    """The hook of the encoder or the decoder: its layers say "l0.f", the model "enc.l0.f"."""
    if edit is None:
        return None
    return lambda step, name, value: edit(step, prefix + name, value)
