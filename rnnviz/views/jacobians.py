"""What each unit at one step makes of a change of each unit at an earlier one."""

from typing import TYPE_CHECKING

import numpy as np

from rnnviz.views.figure import Spec, View, coloured, frame, quiet_axis
from rnnviz.views.theme import Scale, reach
from rnnviz.views.tokens import number

if TYPE_CHECKING:
    from rnnviz.gradients import Jacobian

SIZE = 520  # pixels
WITHIN = 0.999  # of the numbers: a few are far larger, and would leave all others pale


@View
def jacobian(found: "Jacobian", *, theme: str = "light") -> Spec:
    """The matrix dstate_s/dstate_t as a heatmap: rows are units at s, columns units at t; of an LSTM those of
    h before those of c. The colours end where all but a thousandth of the numbers are within.
    """
    whole = np.asarray(found.whole, dtype=np.float32)
    end = reach(np.quantile(np.abs(whole), WITHIN))
    names = list(found.rows)
    change = f"%{{y}} at step {found.step} changes by %{{z:.3~g}}"
    hover = f"{change} for each 1 of %{{x}} at step {found.since}<extra></extra>"
    cells = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": whole,
        "showscale": False,
        "hovertemplate": hover,
        "meta": {"scale": "diverging"},
        **coloured(Scale("diverging", -end, end), theme),
    }
    half = max(len(found.parts["hh"]) // 2, 1)
    axis = {"type": "category", "tickmode": "array", "tickvals": list(range(0, len(names), half))}
    return {
        "data": [cells],
        "layout": frame(
            theme,
            f"How the units at step {found.step} depend on those at step {found.since}",
            f"rows: units later; columns: units before; colours end at ±{number(end)}",
            xaxis=quiet_axis(theme, **axis, side="top", title={"text": f"units at step {found.since}"}),
            yaxis=quiet_axis(
                theme, **axis, autorange="reversed", title={"text": f"units at step {found.step}"}
            ),
            height=SIZE,
            margin={"l": 84, "r": 20, "t": 60, "b": 16},
        ),
    }
