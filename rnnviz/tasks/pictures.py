"""Where the pictures of handwritten digits come from: MNIST's four files, or scikit-learn's one."""

import gzip
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnviz.files import read_capped
from rnnviz.tasks.download import cache_folder, download
from rnnviz.tasks.idx import read_idx

Bytes = NDArray[np.uint8]
FOLDER = "mnist"
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
MOST_BYTES = 50 << 20  # of a file, unpacked
SMALL = "datasets/data/digits.csv.gz"  # in the package of scikit-learn
SMALL_MOST, SMALL_SIDE, SMALL_WHITE = 1 << 20, 8, 16
SMALL_HELD_OUT = 5  # the last fifth


class File(NamedTuple):
    """bytes, packed: size and sha256 of the .gz file as downloaded; unpacked: sha256 of what is in it."""

    name: str
    bytes: int
    packed: str
    unpacked: str


TRAIN_X = File(
    "train-images-idx3-ubyte", 9_912_422,
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)  # fmt: skip
TRAIN_Y = File(
    "train-labels-idx1-ubyte", 28_881,
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)  # fmt: skip
TEST_X = File(
    "t10k-images-idx3-ubyte", 1_648_877,
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)  # fmt: skip
TEST_Y = File(
    "t10k-labels-idx1-ubyte", 4_542,
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)  # fmt: skip
FILES = (TRAIN_X, TRAIN_Y, TEST_X, TEST_Y)


class Pictures(NamedTuple):
    """x: pixels (N, side, side), 0 to 255; y: the digits (N,). Those to learn from, and those held out."""

    train_x: Bytes
    train_y: Bytes
    test_x: Bytes
    test_y: Bytes


def mnist() -> Pictures:
    """The 60,000 and 10,000 pictures. Raises ValueError where a file is not here, or is another one."""
    return Pictures(*(read_idx(path, file.unpacked, MOST_BYTES) for file, path in mnist_files().items()))


def mnist_files() -> dict[File, Path]:
    """Where MNIST's files are. Raises ValueError, saying what to do, where one is missing."""
    found = {file: path for file in FILES if (path := _found(file))}
    missing = [f"{file.name}.gz" for file in FILES if file not in found]
    if missing:
        raise ValueError(
            f"Of MNIST's files, {', '.join(missing)} cannot be found on this machine. Download what is "
            f"missing (--download: 12 MB in all, from {MIRRORS[0]}), or put the files into a folder and name "
            "that in $RNNVIZ_DATA, or learn from the small digits of scikit-learn (--pictures digits)."
        )
    return found


def fetch() -> Iterator[tuple[int, int]]:
    """Downloads what is not here into the cache; yields (bytes so far, bytes in all)."""
    wanted = [file for file in FILES if _found(file) is None]
    total, before = sum(file.bytes for file in wanted), 0
    for file in wanted:
        for done in _downloaded(file):
            yield before + done, total
        before += file.bytes


def _downloaded(file: File) -> Iterator[int]:
    """From the first mirror that has it."""
    path = cache_folder() / FOLDER / f"{file.name}.gz"
    for mirror in MIRRORS:
        try:
            for done, _ in download(mirror + path.name, path, file.packed, file.bytes):
                yield done
        except ValueError:
            if mirror == MIRRORS[-1]:
                raise
        else:
            return


def _found(file: File) -> Path | None:
    """Where a file is, packed or not."""
    own = os.environ.get("RNNVIZ_DATA")
    folders = [*([Path(own) / FOLDER, Path(own)] if own else []), cache_folder() / FOLDER]
    paths = (folder / name for folder in folders for name in (f"{file.name}.gz", file.name))
    return next((path for path in paths if path.is_file()), None)


def small_file() -> Path:
    """Where the small pictures are. Raises ValueError where scikit-learn is not installed.

    It is not imported: that would take a second.
    """
    package = find_spec("sklearn")
    places = package.submodule_search_locations if package else None
    if not places or not (Path(places[0]) / SMALL).is_file():
        raise ValueError("The small digits come with scikit-learn: pip install scikit-learn.")
    return Path(places[0]) / SMALL


def small() -> Pictures:
    """The 1,797 pictures of 8 x 8 pixels that come with scikit-learn; the last fifth is held out."""
    path = small_file()
    try:
        text = gzip.decompress(read_capped(path, SMALL_MOST)).decode()
        table = np.array([line.split(",") for line in text.split()], dtype=np.uint8)
        x = np.round(table[:, :-1] * (255 / SMALL_WHITE)).astype(np.uint8).reshape(-1, SMALL_SIDE, SMALL_SIDE)
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"{path} is not the table of digits that is wanted: {error}.") from None
    y, cut = table[:, -1], len(table) - len(table) // SMALL_HELD_OUT
    return Pictures(x[:cut], y[:cut], x[cut:], y[cut:])
