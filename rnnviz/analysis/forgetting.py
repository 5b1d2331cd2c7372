"""How long each unit keeps what it holds, from the gate that lets it go."""

from dataclasses import dataclass

import numpy as np

from rnnviz.traces import Trace, TraceError

KEEPERS = {"f": "c", "z": "h"}
"""The gate that keeps, and the state that it keeps: f of an LSTM's c, z of a GRU's h."""


@dataclass(frozen=True, eq=False)
class HalfLives:
    """After how many steps half of what a unit holds is gone; (H,) each, read-only.

        mean_u = (f_1u f_2u ... f_Tu)^(1/T)          steps_u = -1 / log2(mean_u)

    mean: the geometric mean of the gate, f of an LSTM or z of a GRU, over the steps of one trace. steps: the
    half-life at that mean, inf where the gate was never below 1, 0 where it was shut once. order: the units,
    the longest memory first. gate: its letter; layer: `l0`.

    It says how fast the state fades along its own path. What is written to it meanwhile, and what of it comes
    back through the gates and the candidate, is not in it: the gradients tell of that. Another text has other
    gates, and another mean.
    """

    layer: str
    gate: str
    mean: np.ndarray
    steps: np.ndarray
    order: np.ndarray

    def __post_init__(self) -> None:
        for values in (self.mean, self.steps, self.order):
            values.setflags(write=False)


def half_lives(trace: Trace, layer: str) -> HalfLives:
    """The half-life of every unit of a layer and direction such as `l0`. Raises TraceError for a layer that
    does not exist, or has no gate that keeps.
    """
    gate, values = keeper(trace, layer)
    with np.errstate(divide="ignore"):
        lost = -np.log2(values).mean(axis=0)  # halvings in a step
        steps = 1 / np.abs(lost)  # never -0, whose reciprocal is -inf
    return HalfLives(layer, gate, np.exp2(-lost), steps, np.argsort(-steps, kind="stable"))


def survival(trace: Trace, layer: str, step: int) -> np.ndarray:
    """How much of what each unit held at each step t is still there at one step s: (T, H).

    The product of the gates from t + 1 to s; 1 at t = s, NaN after it, which s knows nothing of. In a reverse
    direction, which reads from right to left, of the gates from t - 1 down to s, and NaN before s. step: s,
    from the end if negative. Raises TraceError as `half_lives`, and for a step that does not exist.
    """
    _, values = keeper(trace, layer)
    if not -len(values) <= step < len(values):
        raise TraceError(f"Step {step} does not exist: there are {len(values)}, 0 to {len(values) - 1}.")
    reverse, last = layer.endswith("r"), step % len(values)
    if reverse:
        values, last = values[::-1], len(values) - 1 - last
    kept = np.full(values.shape, np.nan)
    kept[last] = 1
    kept[:last] = np.cumprod(values[last:0:-1], axis=0)[::-1]
    return kept[::-1] if reverse else kept


def keeper(trace: Trace, layer: str) -> tuple[str, np.ndarray]:
    """The letter of the gate that keeps, and its values (T, H) in float64."""
    for gate in KEEPERS:
        if f"{layer}.{gate}" in trace:
            return gate, trace[f"{layer}.{gate}"].values.astype(np.float64)
    layers = [name.removesuffix(".h") for name in trace.names if name.endswith(".h")]
    if layer in layers:
        raise TraceError(
            f"{layer} has no gate that keeps its state: an RNN writes all of it anew at each step."
        )
    raise TraceError(f"There is no layer {layer!r}; there are: {', '.join(layers)}.")
