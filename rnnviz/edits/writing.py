"""What a model would have gone on to write, had something been otherwise: with the same random numbers."""

from collections.abc import Sequence

import torch

from rnnviz.edits.editing import fitting, start_of, swapped
from rnnviz.edits.grammar import Edit
from rnnviz.edits.hooks import hook_of
from rnnviz.models.base import Model
from rnnviz.models.language import as_language_model
from rnnviz.models.sampling import probabilities
from rnnviz.models.speaker import reading

MOST = 2000  # characters


def write_on(
    model: Model,
    text: str,
    edits: str | Edit | Sequence[str | Edit] = (),
    length: int = 100,
    temperature: float = 0.7,
    top_k: int | None = None,
    seed: int = 0,
) -> str:
    """The next `length` characters after a text that was read with some edits.

    An edit whose steps have no end, or are all, goes on while the model writes; so does one that names steps
    beyond the text. The same seed draws the same random numbers, whatever was edited: what is different in
    the text is so because of the edit. Settings as for `rnnviz.sample`. Raises ValueError for an edit that
    does not fit, and for a model that does not write.
    """
    speaker = as_language_model(model, "writes")
    made = fitting(speaker, text, edits, endless=True)
    if not 0 <= length <= MOST:
        raise ValueError(f"The length is 0 to {MOST:,} characters, not {length}.")
    random = torch.Generator().manual_seed(seed)
    written: list[str] = []
    ids = speaker.ids(swapped(text, made))
    state = start_of(speaker, made)
    hook = hook_of(speaker, made, state)
    with reading(speaker):
        for _ in range(length):
            trace = speaker.rnn.trace(speaker.read(ids[:, None]), state, edit=hook)
            hook.offset += len(ids)
            state = trace.state
            logits = speaker.out(trace.output[-1, 0]).cpu()
            chances = probabilities(logits, temperature, top_k, never=speaker.vocabulary.unk)
            drawn = torch.multinomial(chances, 1, generator=random)
            written.append(speaker.vocabulary.tokens[int(drawn)])
            ids = drawn.to(ids.device)
    return "".join(written)
