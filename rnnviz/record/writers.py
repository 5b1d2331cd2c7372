"""A model reads one sequence and writes another: what is told of every such model."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from rnnviz.cells.unroll import StepEdit
from rnnviz.models.decoding import write
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.models.writer import Writer
from rnnviz.record.answers import of_tokens
from rnnviz.record.told import Told, together
from rnnviz.record.transformer_translations import of_transformer_seq2seq
from rnnviz.record.translations import of_seq2seq


def of_writer(
    model: Writer,
    text: str,
    target: str | None,
    begin: str,
    longest: int,
    edit: StepEdit | None,
    compare: bool,
) -> Told:
    """A text is read, and the target written, or what the model itself writes, longest tokens at most."""
    if target is None:
        ids = torch.tensor(write(model, text, longest, begin, edit).ids, device=model.device)
    else:
        ids = model.target_ids(target)
    logits, told = _told(model, text, ids, edit, compare)
    steps = tuple(model.classes[place] for place in ids.tolist())
    # What it writes is what is likeliest: a loss is told only where somebody has said what is right.
    loss = None if target is None else -log_softmax(logits, -1).gather(1, ids[:, None])[:, 0]
    written = ids if target is None else logits.argmax(-1)
    facts: dict[str, Any] = {"answer": model.target_text(written), "ended": 0 in written.tolist()}
    facts |= {name: given for name, given in (("target", target), ("begin", begin)) if given}
    labels = {"source": tuple(text), "step": steps}
    return together(Told({}, {}, labels, facts), told, of_tokens(logits, model.classes, loss))


def _told(model: Writer, text: str, y: Tensor, edit: StepEdit | None, compare: bool) -> tuple[Tensor, Told]:
    """A text is read and the ids y (T,) are written -> the logits (T, O), and everything that led there."""
    if isinstance(model, Seq2Seq):
        return of_seq2seq(model, text, y, edit, compare)
    if isinstance(model, TransformerSeq2Seq):
        return of_transformer_seq2seq(model, text, y, edit, compare)
    raise ValueError(f"Nobody knows how to record a {model.config['type']}.")
