"""What each number inside a recurrent network is called, what it means, and the range it lives in.

One table for everything that shows a number: the letter of the papers, a name in words, a kind and a domain.
The kinds: `state` (what is carried or shown), `gate` (a share, 0..1), `candidate` (what could be written,
-1..1), `preactivation` (the sum before an activation), `attention` (queries, keys, values and what was
found), `score`, `weight` (a share of attention, 0..1), `input`, `logit`, `probability`, `answer` (a number
that is answered), `loss`, `token`.
"""

from typing import NamedTuple

Domain = tuple[float, float] | None
"""(lowest, highest) possible value; None where there is no bound, drawn symmetric about 0."""


class Meaning(NamedTuple):
    """The letter, the name in words, the kind and the domain of a quantity."""

    symbol: str
    label: str
    kind: str
    domain: Domain = None


UNIT_INTERVAL = (0.0, 1.0)
SIGNED = (-1.0, 1.0)

CELL_MEANINGS: dict[str, dict[str, Meaning]] = {
    "rnn": {
        "h": Meaning("h", "hidden state", "state", SIGNED),
        "a": Meaning("a", "sum into h", "preactivation"),
    },
    "lstm": {
        "h": Meaning("h", "hidden state", "state", SIGNED),
        "c": Meaning("c", "cell state", "state"),
        "i": Meaning("i", "input gate", "gate", UNIT_INTERVAL),
        "f": Meaning("f", "forget gate", "gate", UNIT_INTERVAL),
        "g": Meaning("g", "candidate", "candidate", SIGNED),
        "o": Meaning("o", "output gate", "gate", UNIT_INTERVAL),
        "a_i": Meaning("a_i", "sum into the input gate", "preactivation"),
        "a_f": Meaning("a_f", "sum into the forget gate", "preactivation"),
        "a_g": Meaning("a_g", "sum into the candidate", "preactivation"),
        "a_o": Meaning("a_o", "sum into the output gate", "preactivation"),
    },
    "gru": {
        "h": Meaning("h", "hidden state", "state", SIGNED),
        "r": Meaning("r", "reset gate", "gate", UNIT_INTERVAL),
        "z": Meaning("z", "update gate", "gate", UNIT_INTERVAL),
        "n": Meaning("n", "candidate", "candidate", SIGNED),
        "a_r": Meaning("a_r", "sum into the reset gate", "preactivation"),
        "a_z": Meaning("a_z", "sum into the update gate", "preactivation"),
        "a_n": Meaning("a_n", "sum into the candidate", "preactivation"),
        "n_x": Meaning("n_x", "input's half of the candidate", "preactivation"),
        "n_h": Meaning("n_h", "state's half of the candidate, before the reset gate", "preactivation"),
    },
}
ATTENTION_MEANINGS: dict[str, Meaning] = {
    "attn.q": Meaning("q", "query: what is looked for", "attention"),
    "attn.k": Meaning("k", "key: what it is known by", "attention"),
    "attn.v": Meaning("v", "value: what is taken from it", "attention"),
    "attn.scores": Meaning("e", "score, before the mask", "score"),
    "attn.masked": Meaning("e", "score, -inf where it may not look", "score"),
    "attn.weights": Meaning("α", "weight of attention", "weight", UNIT_INTERVAL),
    "attn.context": Meaning("c", "context: the values, weighed", "attention"),
}
"""What every form of attention has."""

CELL_MEANINGS["transformer"] = {
    "norm1": Meaning("x̂", "input of the attention, normed", "state"),
    **ATTENTION_MEANINGS,
    "attn.output": Meaning("o", "what attention adds", "state"),
    "mid": Meaning("z", "state after the attention", "state"),
    "norm2": Meaning("ẑ", "input of the feed-forward network, normed", "state"),
    "a": Meaning("a", "sum into the feed-forward units", "preactivation"),
    "hidden": Meaning("φ", "feed-forward units", "state"),
    "ff": Meaning("y", "what the feed-forward network adds", "state"),
    "h": Meaning("h", "state after the layer", "state"),
}
CELL_MEANINGS["transformer_decoder"] = {
    "norm1": Meaning("x̂", "input of the self-attention, normed", "state"),
    **ATTENTION_MEANINGS,
    "attn.output": Meaning("o", "what self-attention adds", "state"),
    "looked": Meaning("u", "state after the self-attention", "state"),
    "norm2": Meaning("û", "input of the cross-attention, normed", "state"),
    **{f"cross.{name.removeprefix('attn.')}": what for name, what in ATTENTION_MEANINGS.items()},
    "cross.output": Meaning("o", "what cross-attention adds", "state"),
    "mid": Meaning("z", "state after the cross-attention", "state"),
    "norm3": Meaning("ẑ", "input of the feed-forward network, normed", "state"),
    **{name: CELL_MEANINGS["transformer"][name] for name in ("a", "hidden", "ff", "h")},
}
"""Of the layers that write: they look at themselves, and then across, at what was read."""

CELL_MEANINGS["rnn_relu"] = CELL_MEANINGS["rnn"] | {"h": Meaning("h", "hidden state", "state")}
"""The values of each cell, in the order in which they are listed to people."""

GATES = {"rnn": "h", "rnn_relu": "h", "lstm": "ifgo", "gru": "rzn"}
"""What each cell has weights for, in the order of their rows, as `torch.nn` packs them."""

START_MEANINGS: dict[str, Meaning] = {
    "h0": Meaning("h_0", "hidden state at the start", "state"),
    "c0": Meaning("c_0", "cell state at the start", "state"),
}
"""The states that a reading began with, where they were given."""

INPUT_MEANINGS: dict[str, Meaning] = {"emb": Meaning("x", "input", "input")}

LANGUAGE_MEANINGS: dict[str, Meaning] = INPUT_MEANINGS | {
    "out.logits": Meaning("o", "scores for the next token", "logit"),
    "out.prob": Meaning("p", "probability of the next token", "probability", UNIT_INTERVAL),
    "out.topk.prob": Meaning("p", "probability of the likeliest next tokens", "probability", UNIT_INTERVAL),
    "out.topk.id": Meaning("id", "the likeliest next tokens", "token"),
    "out.loss": Meaning("L", "loss in nats", "loss"),
    "out.surprise": Meaning("s", "surprise in bits", "loss"),
    "out.entropy": Meaning("H", "entropy of the prediction in bits", "loss"),
    "out.perplexity": Meaning("PPL", "perplexity of the whole", "loss"),
}

CLASSIFIER_MEANINGS: dict[str, Meaning] = (
    INPUT_MEANINGS
    | ATTENTION_MEANINGS
    | {
        "out.logits": Meaning("o", "scores of the classes", "logit"),
        "out.prob": Meaning("p", "probability of the classes", "probability", UNIT_INTERVAL),
        "out.entropy": Meaning("H", "entropy of the answer in bits", "loss"),
    }
)

TAGGER_MEANINGS: dict[str, Meaning] = INPUT_MEANINGS | {
    "out.logits": Meaning("o", "scores of this step's answers", "logit"),
    "out.prob": Meaning("p", "probability of this step's answers", "probability", UNIT_INTERVAL),
    "out.entropy": Meaning("H", "entropy of this step's answer in bits", "loss"),
    "out.answer": Meaning("y", "this step's answer", "answer"),
}

SEQ2SEQ_MEANINGS: dict[str, Meaning] = (
    LANGUAGE_MEANINGS
    | ATTENTION_MEANINGS
    | {
        "attn.w": Meaning("w", "what an additive score weighs its units with", "attention"),
        "attn.joined": Meaning("h̃", "state and context, joined", "state", SIGNED),
    }
)

TRANSFORMER_MEANINGS: dict[str, Meaning] = {
    "x": Meaning("x", "numbers read", "input"),
    "emb.token": Meaning("x", "embedding of what is read", "input"),
    "emb.place": Meaning("p", "embedding of the place", "input"),
    "emb": Meaning("x", "input: embedding and place", "input"),
    "h": Meaning("h", "state after the last norm", "state"),
}

MODEL_MEANINGS = {
    "language": LANGUAGE_MEANINGS,
    "tagger": TAGGER_MEANINGS,
    "classifier": CLASSIFIER_MEANINGS,
    "seq2seq": SEQ2SEQ_MEANINGS,
    "transformer_language": LANGUAGE_MEANINGS | TRANSFORMER_MEANINGS,
    "transformer_classifier": CLASSIFIER_MEANINGS | TRANSFORMER_MEANINGS,
    "transformer_seq2seq": LANGUAGE_MEANINGS | TRANSFORMER_MEANINGS,
}
"""What goes in and comes out of each type of model."""


def meaning(name: str, cell: str, model: str = "language") -> Meaning:
    """The meaning of a quantity by its full name: `l0.f`, `l1r.h`, `l0.h0`, `out.loss`, `enc.l0.h`,
    `l0.attn.weights`, `dec.l0.cross.weights`.

    cell: `lstm`, `gru`, ...; model: a name in MODEL_MEANINGS.
    """
    if cell == "transformer" and name.startswith("dec."):
        cell = "transformer_decoder"
    name = name.removeprefix("enc.").removeprefix("dec.")
    if name in MODEL_MEANINGS[model]:
        return MODEL_MEANINGS[model][name]
    _, _, letter = name.partition(".")
    return START_MEANINGS[letter] if letter in START_MEANINGS else CELL_MEANINGS[cell][letter]
