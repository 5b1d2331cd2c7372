"""How a sequence-to-sequence model writes: the likeliest token each time, or attempts side by side."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from rnnviz.cells.unroll import StepEdit
from rnnviz.models.base import Model
from rnnviz.models.handover import rows_of
from rnnviz.models.speaker import reading
from rnnviz.models.writer import Writer

LONGEST = 100  # tokens that are written at most, if not said otherwise


class Beam(NamedTuple):
    """One attempt. ids: of what was written, with END if it ended; text: the same without END; log_probs: of
    each token; log_prob: their sum; ended: whether it came to END before it was too long.
    """

    ids: tuple[int, ...]
    text: str
    log_probs: tuple[float, ...]
    log_prob: float
    ended: bool


def greedy(model: Writer, x: Tensor, lengths: Tensor | None = None, longest: int = LONGEST) -> Tensor:
    """The likeliest token at each step, of a batch: x (S, B), the rows' lengths (B,) if they differ -> ids
    (T, B), END (0) from the end of each row on. Of equals the first in `model.classes`.
    """
    longest = _most(model, longest)
    with reading(model):
        encoded = model.encode(x, lengths)
        state, last = encoded.state, x.new_zeros(x.shape[1])
        ended = torch.zeros_like(last, dtype=torch.bool)
        ids = []
        for _ in range(longest):
            logits, state = model.step(last, state, encoded)
            last = logits.argmax(-1).masked_fill(ended, 0)
            ids.append(last)
            ended |= last == 0
            if ended.all():
                break
        return torch.stack(ids)


def write(
    model: Model, text: str, longest: int = LONGEST, begin: str = "", edit: StepEdit | None = None
) -> Beam:
    """What a model makes of a text, the likeliest token each time.

    begin: what it has to begin with, whatever it would have written. edit: as of `Writer.trace`; what it
    changes changes what is written after it. Raises ValueError for a model that does not translate, an empty
    text, and tokens to begin with that it never writes.
    """
    writer, x, longest = _given(model, text, longest)
    forced = writer.target_ids(begin)[:-1].tolist()[:longest]
    with reading(writer):
        if edit is None:
            return _written_on(writer, x, forced, longest)
        # All is read again, since an edit may be of any step; but what it would write without the edit, after
        # what is sure, is right up to the first token that the edit changes.
        ids = list(forced)
        while True:
            draft = list(_written_on(writer, x, ids, longest).ids)
            logits = writer.says(x, torch.tensor(draft, device=x.device), edit)
            wrote = logits.argmax(-1).tolist()
            changed = [t for t in range(len(ids), len(draft)) if wrote[t] != draft[t]]
            if not changed:
                break
            ids = [*draft[: changed[0]], wrote[changed[0]]]
        log_probs = log_softmax(logits.double(), -1)[torch.arange(len(draft)), draft]
        return _beam(writer, draft, log_probs.tolist())


def beam_search(model: Model, text: str, width: int = 5, longest: int = LONGEST) -> list[Beam]:
    """The likeliest of what a model can make of a text, as far as `width` attempts side by side can tell.

    At each step every attempt is continued by every token, and the `width` likeliest continuations are kept;
    those that end step aside. It stops when `width` have ended that no open one can overtake (the longer, the
    less likely), or at the longest; then the open ones are told as well, not `ended`. The best comes first;
    of equals the one whose beginning was better, then the token that is first in `model.classes`. There is no
    bonus for length: the rank is the probability of the whole. Raises ValueError as `write`.
    """
    writer, x, longest = _given(model, text, longest)
    if width < 1:
        raise ValueError(f"The beam is at least 1 wide, not {width}.")
    done: list[Beam] = []
    open_: list[Beam] = [Beam((), "", (), 0.0, False)]
    with reading(writer):
        encoded = writer.encode(x[:, None])
        state, last = encoded.state, x.new_zeros(1)
        for _ in range(longest):
            here = encoded.rows(torch.zeros(len(open_), dtype=torch.long, device=x.device))
            logits, state = writer.step(last, state, here)
            log_probs = log_softmax(logits.double(), -1)
            total = log_probs + log_probs.new_tensor([beam.log_prob for beam in open_])[:, None]
            order = total.flatten().sort(descending=True, stable=True).indices[:width].tolist()
            came = [divmod(place, writer.outputs) for place in order]
            grown = [
                (parent, open_[parent], token, log_probs[parent, token].item()) for parent, token in came
            ]
            made = [(parent, _longer(writer, beam, token, p)) for parent, beam, token, p in grown]
            done = _best([*done, *(beam for _, beam in made if beam.ended)], width)
            kept = [(parent, beam) for parent, beam in made if not beam.ended]
            open_ = [beam for _, beam in kept]
            if not open_ or (len(done) == width and done[-1].log_prob >= open_[0].log_prob):
                return done
            state = rows_of(state, x.new_tensor([parent for parent, _ in kept]))
            last = x.new_tensor([beam.ids[-1] for beam in open_])
    return _best([*done, *open_], width)


def as_writer(model: Model, does: str) -> Writer:
    """The model, of which is asked what only a sequence-to-sequence model `does`, or ValueError."""
    if not isinstance(model, Writer):
        named = model.name or "This model"
        raise ValueError(
            f"{named} is a {model.config['type']}, and only a sequence-to-sequence model {does}."
        )
    return model


def _written_on(model: Writer, x: Tensor, forced: list[int], longest: int) -> Beam:
    encoded = model.encode(x[:, None])
    state, last = encoded.state, x.new_zeros(1)
    ids: list[int] = []
    log_probs: list[float] = []
    while len(ids) < longest and 0 not in ids:
        logits, state = model.step(last, state, encoded)
        scores = logits[0]
        ids.append(forced[len(ids)] if len(ids) < len(forced) else int(scores.argmax()))
        log_probs.append(log_softmax(scores.double(), -1)[ids[-1]].item())
        last = x.new_tensor(ids[-1:])
    return _beam(model, ids, log_probs)


def _beam(model: Writer, ids: list[int], log_probs: list[float]) -> Beam:
    text = model.target_text(torch.tensor(ids))
    return Beam(tuple(ids), text, tuple(log_probs), sum(log_probs), 0 in ids)


def _longer(model: Writer, beam: Beam, token: int, log_prob: float) -> Beam:
    text = beam.text + (model.classes[token] if token else "")
    return Beam((*beam.ids, token), text, (*beam.log_probs, log_prob), beam.log_prob + log_prob, token == 0)


def _best(beams: list[Beam], width: int) -> list[Beam]:
    return sorted(beams, key=lambda beam: -beam.log_prob)[:width]  # sorted keeps the order of equals


def _given(model: Model, text: str, longest: int) -> tuple[Writer, Tensor, int]:
    writer = as_writer(model, "translates")
    longest = _most(writer, longest)
    if not text:
        raise ValueError("There is no text to read: give at least one character.")
    return writer, writer.ids(text), longest


def _most(model: Writer, longest: int) -> int:
    """The most tokens that are written: as many as somebody wants, or else as the model can."""
    if longest < 1:
        raise ValueError(f"At least one token is written at most, not {longest}.")
    return longest if model.longest is None else min(longest, model.longest)
