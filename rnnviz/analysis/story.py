"""A trace in a sentence or two: what to look at, computed from its numbers."""

import numpy as np

from rnnviz.traces import Trace

CONTEXT = 12  # characters before a surprise that are quoted


def summary(trace: Trace) -> str:
    """What a reader should look at in a language model's trace, in plain text.

    The biggest surprise with what was expected in its place; then how often the first guess was right, and
    the perplexity. Quotes the text as it was typed: escape it where it is drawn.
    """
    if len(trace) < 2:
        return "One character was read: nothing could be predicted before it. Type on."
    surprise = trace["out.surprise"].values
    step = int(np.nanargmax(surprise))
    came = trace.tokens[step]
    before = "".join(trace.tokens[max(0, step - CONTEXT) : step])
    guess, chance = first_guess(trace, step)
    return (
        f"The biggest surprise is “{came}” after “{before}”: {surprise[step]:.3g} bits. "
        f"The model expected “{guess}” ({percent(chance)}). "
        f"Its first guess was right {hits(trace)} of {len(trace) - 1} times; "
        f"perplexity of this text {float(trace['out.perplexity'].values):.3g}."
    )


def first_guess(trace: Trace, step: int) -> tuple[str, float]:
    """The likeliest token for the place `step` (>= 1), as expected one step before, and its probability."""
    best = int(trace["out.topk.id"].values[step - 1, 0])
    return trace.labels["vocab"][best], float(trace["out.topk.prob"].values[step - 1, 0])


def hits(trace: Trace) -> int:
    """How many tokens, from the second on, were the first guess for their place."""
    guessed = trace["out.topk.id"].values[:-1, 0]
    vocabulary = trace.labels["vocab"]
    return sum(vocabulary[guess] == token for guess, token in zip(guessed, trace.tokens[1:], strict=True))


def percent(share: float) -> str:
    """A probability as people say it: 83 %, 0.4 %, under 0.1 %."""
    if share >= 0.0995:
        return f"{100 * share:.0f} %"
    return f"{100 * share:.1f} %" if share >= 0.0005 else "under 0.1 %"
