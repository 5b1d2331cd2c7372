"""How large quantities become."""

from collections.abc import Iterable, Mapping

from torch import Tensor


def largest(told: Iterable[Mapping[str, Tensor]]) -> dict[str, float]:
    """Of some traces, the largest magnitude of each quantity by name; what is NaN or infinite, such as the
    scores of what may not be looked at, does not count.
    """
    found: dict[str, float] = {}
    for values in told:
        for name, value in values.items():
            magnitude = value[value.isfinite()].abs().max().item()
            found[name] = max(found.get(name, 0.0), magnitude)
    return found
