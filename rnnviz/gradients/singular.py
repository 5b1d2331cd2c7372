"""The largest singular value of a matrix, from a few products with it."""

import numpy as np

LEFT_OVER = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-11}  # of the value that is told


def largest(matrix: np.ndarray, near: np.ndarray) -> tuple[float, np.ndarray]:
    """The largest singular value of a matrix (N, M), and its left singular vector (N,).

    near (N,): where to look first, such as the vector of a matrix that is much like this one; not all zeros.

    The bidiagonalisation of Golub and Kahan, 1965, with every vector held orthogonal to all before it. It
    ends when A^T u = sigma v but for a rest of length `LEFT_OVER` * sigma: some singular value is not further
    than that from sigma, the square of it where the largest stands alone.
    """
    scale = np.abs(matrix).max()
    if scale == 0 or not np.isfinite(scale):
        return float(scale), near
    matrix = matrix / scale  # so that no square of a number vanishes
    lefts, rights = _Vectors(), _Vectors()
    diagonal: list[float] = []
    below: list[float] = []
    lefts.add(near)
    diagonal.append(rights.add(lefts.last @ matrix))
    while True:
        below.append(lefts.add(matrix @ rights.last))
        rest = rights.add(lefts.last @ matrix)
        told = len(diagonal)
        bidiagonal = np.zeros((told + 1, told))
        bidiagonal[np.arange(told), np.arange(told)] = diagonal
        bidiagonal[np.arange(1, told + 1), np.arange(told)] = below
        u, sigma, _ = np.linalg.svd(bidiagonal)
        if rest * abs(u[-1, 0]) <= LEFT_OVER[matrix.dtype] * sigma[0] or told == min(matrix.shape):
            return float(scale) * float(sigma[0]), lefts.combined(u[:, 0])
        diagonal.append(rest)


class _Vectors:
    """Vectors of length 1, each at right angles to all before it."""

    def __init__(self) -> None:
        self.last = np.zeros(0)
        self._all: list[np.ndarray] = []

    def add(self, vector: np.ndarray) -> float:
        """Adds what of a vector is new, and says how long that was; where nothing is new, zeros."""
        before = np.linalg.norm(vector)
        for _ in range(2 if self._all else 0):  # twice is enough (Parlett)
            known = np.stack(self._all)
            vector = vector - (known @ vector) @ known
        length = np.linalg.norm(vector)
        new = length > 4 * np.finfo(vector.dtype).eps * before
        self.last = vector / length if new else np.zeros_like(vector)
        self._all.append(self.last)
        return float(length) if new else 0.0

    def combined(self, weights: np.ndarray) -> np.ndarray:
        """The sum of the vectors, each times its weight."""
        total: np.ndarray = weights.astype(self.last.dtype) @ np.stack(self._all)
        return total
