"""What each token cost: how surprising it was to the model."""

import html

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.figure import Spec, View, frame, quiet_axis, step_axis, width_of
from rnnviz.views.theme import palette
from rnnviz.views.tokens import number, per_cent, quoted


@View
def surprise(trace: Trace, *, theme: str = "light") -> Spec:
    """Bits of surprise of each token of a language model's trace, as bars; the first has none, and is left
    empty.
    """
    bits = np.asarray(trace["out.surprise"].values, dtype=float)
    known = bits[np.isfinite(bits)]
    bars = {
        "type": "bar",
        "x": list(range(len(trace))),
        "y": bits,
        "marker": {"color": palette(theme)["surprise"][3], "line": {"width": 0}},
        "hovertext": [html.escape(said, quote=False) for said in _sentences(trace, bits)],
        "hoverinfo": "text",
        "meta": {"quantity": "out.surprise"},
    }
    mean = (
        f"mean {number(float(known.mean()))} bits, perplexity {number(float(2 ** known.mean()))}"
        if known.size
        else ""
    )
    return {
        "data": [bars],
        "layout": frame(
            theme,
            "s: surprise of each token, in bits",
            mean or "one token: nothing could be predicted before it",
            xaxis=step_axis(trace, theme),
            yaxis=quiet_axis(theme, rangemode="tozero", nticks=4, title={"text": "bits"}),
            bargap=0.1,
            height=260,
            width=width_of(len(trace)),
        ),
    }


def _sentences(trace: Trace, bits: np.ndarray) -> list[str]:
    places = enumerate(zip(trace.tokens, bits.tolist(), strict=True))
    return [
        f"{quoted(token)} at step {step}: {number(cost)} bits, expected with {per_cent(2**-cost)}"
        for step, (token, cost) in places
    ]
