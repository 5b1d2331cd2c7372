"""The IDX format, in which MNIST is published: two zeros, a type, how many axes, their sizes, the bytes."""

import gzip
import hashlib
import io
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnviz.files import read_capped

UNSIGNED_BYTE = 8


def read_idx(path: Path, sha256: str, cap: int) -> NDArray[np.uint8]:
    """The array in a file, gzipped (.gz) or not. sha256, cap: of its bytes, at most, when unpacked.

    Raises ValueError with a sentence for a file that is larger, broken, or another one.
    """
    data = read_capped(path, cap)
    if path.suffix == ".gz":
        data = _unpacked(path, data, cap)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ValueError(
            f"{path} is not the file that is wanted: its sha256, unpacked, is {found}, not {sha256}."
        )
    return parsed(data)


def parsed(data: bytes) -> NDArray[np.uint8]:
    """The array of unsigned bytes in IDX data. Raises ValueError with a sentence for anything else."""
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != UNSIGNED_BYTE:
        raise ValueError(f"This is no IDX data of unsigned bytes: it begins with {data[:4]!r}.")
    start = 4 + 4 * data[3]
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    if len(data) - start != math.prod(shape):
        raise ValueError(
            f"IDX data of shape {shape} has {math.prod(shape):,} bytes, not {len(data) - start:,}."
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()


def _unpacked(path: Path, data: bytes, cap: int) -> bytes:
    """What a gzip file holds, without ever making more than cap bytes of it."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(cap + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be unpacked: {error}.") from None
    if len(unpacked) > cap:
        raise ValueError(f"{path} holds more than the {cap:,} bytes it should have at most.")
    return unpacked
