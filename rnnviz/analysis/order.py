"""In which order to draw the units of a layer."""

from collections.abc import Callable

import numpy as np

from rnnviz.traces import Quantity, TraceError


def unit_order(quantity: Quantity, by: str) -> np.ndarray:
    """The units of a quantity with the axes (step, unit), first to last, as an array of their indices.

    by: a name in `ORDERS`. To keep the rows where they are while a text grows, take the order from one trace
    of the model and draw all others in it. Raises TraceError for another name or other axes.
    """
    if quantity.dims != ("step", "unit"):
        raise TraceError(
            f"Units are ordered over the axes step and unit; these are {', '.join(quantity.dims)}."
        )
    if by not in ORDERS:
        raise TraceError(f"There is no order {by!r}; there are {', '.join(ORDERS)}.")
    return ORDERS[by](np.nan_to_num(quantity.values.astype(float)))


def by_index(values: np.ndarray) -> np.ndarray:
    """As the model numbers them."""
    return np.arange(values.shape[1])


def by_activity(values: np.ndarray) -> np.ndarray:
    """The unit that varies most over the steps first (standard deviation; ties by index)."""
    return np.argsort(-values.std(axis=0), kind="stable")


def by_similarity(values: np.ndarray) -> np.ndarray:
    """Units that rise and fall together stand together.

    By the angle in the plane of the first two eigenvectors of the units' correlation matrix, from the widest
    gap on (Friendly, "Corrgrams", The American Statistician 56, 2002). Units that never move come last.
    """
    centred = values - values.mean(axis=0)
    spread = np.linalg.norm(centred, axis=0)
    moving = np.flatnonzero(spread > 1e-12 * max(1.0, spread.max(initial=0.0)))
    still = np.setdiff1d(np.arange(values.shape[1]), moving)
    if len(moving) < 3:
        return np.concatenate([moving, still])
    patterns = centred[:, moving] / spread[moving]
    _, _, vectors = np.linalg.svd(patterns, full_matrices=False)
    plane = vectors[:2] if len(vectors) > 1 else np.vstack([vectors, np.zeros_like(vectors)])
    # A singular vector's sign is arbitrary: fix it, or the rows could flip from one machine to the next.
    largest = plane[np.arange(2), np.abs(plane).argmax(axis=1)]
    plane = plane * np.where(largest < 0, -1.0, 1.0)[:, None]
    angle = np.arctan2(plane[1], plane[0])
    around = np.argsort(angle, kind="stable")
    gaps = np.diff(angle[around], append=angle[around[0]] + 2 * np.pi)
    return np.concatenate([moving[np.roll(around, -(int(gaps.argmax()) + 1))], still])


ORDERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "index": by_index,
    "activity": by_activity,
    "similarity": by_similarity,
}
