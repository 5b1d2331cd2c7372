"""What the model expects next."""

import numpy as np

from rnnviz.traces import Trace
from rnnviz.views.figure import Spec, View, frame, quiet_axis
from rnnviz.views.theme import MONO, palette
from rnnviz.views.tokens import escaped, per_cent

CONTEXT = 24  # tokens before the prediction that the title quotes


@View
def topk(trace: Trace, step: int = -1, *, k: int = 8, theme: str = "light") -> Spec:
    """The ``k`` likeliest next tokens after reading ``step`` (negative: from the end), likeliest on top; the
    one that really came is in the accent colour. Raises ValueError where there is no such step.
    """
    if not -len(trace) <= step < len(trace):
        raise ValueError(f"Step {step} does not exist: there are {len(trace)}, 0 to {len(trace) - 1}.")
    step %= len(trace)
    chances = np.asarray(trace["out.topk.prob"].values[step, :k], dtype=float)
    tokens = [trace.labels["vocab"][index] for index in trace["out.topk.id"].values[step, : len(chances)]]
    came = trace.tokens[step + 1] if step + 1 < len(trace) else None
    colours = palette(theme)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": chances,
        "y": list(range(len(tokens))),
        "marker": {
            "color": [colours["accent"] if token == came else colours["sequential"][-2] for token in tokens]
        },
        "text": [per_cent(chance) for chance in chances],
        "textposition": "outside",
        "hoverinfo": "skip",
        "meta": {"quantity": "out.topk.prob"},
    }
    read = "".join(escaped(token) for token in trace.tokens[max(0, step + 1 - CONTEXT) : step + 1])
    labels = {"tickvals": list(range(len(tokens))), "ticktext": [escaped(token) for token in tokens]}
    return {
        "data": [bars],
        "layout": frame(
            theme,
            f"p: what is expected after “{'…' if step + 1 > CONTEXT else ''}{read}”",
            f"the {len(tokens)} likeliest next tokens, likeliest first, in per cent"
            + (f"; '{escaped(came)}' came" if came is not None else ""),
            xaxis=quiet_axis(theme, range=[0, 1.12], visible=False),
            yaxis=quiet_axis(theme, autorange="reversed", tickmode="array", **labels)
            | {"tickfont": {"family": MONO, "size": 14, "color": colours["ink"]}},
            bargap=0.25,
            height=110 + 26 * len(tokens),
            width=560,
        ),
    }
