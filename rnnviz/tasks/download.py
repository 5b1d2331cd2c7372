"""A file from the network: on request only, over https only, and only the very file that is wanted."""

import hashlib
import os
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    UnknownHandler,
)

from rnnviz.files import replace_whole

TIMEOUT = 10  # seconds without an answer
BLOCK = 1 << 14


def cache_folder() -> Path:
    """Where downloads are kept: $XDG_CACHE_HOME/rnnviz, or ~/.cache/rnnviz."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "rnnviz"


def https_opener() -> OpenerDirector:
    """Opens https addresses only: nothing here knows how to follow a redirect to anything else."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def download(
    url: str, path: Path, sha256: str, cap: int, opener: OpenerDirector | None = None
) -> Iterator[tuple[int, int]]:
    """Downloads a file of at most cap bytes to path and yields (bytes so far, bytes in all) on the way.

    The file appears at path whole and with the wanted sha256, or not at all.
    Raises ValueError with a sentence where the network, the size or the content is not as it should be.
    """
    data = bytearray()
    try:
        with (opener or https_opener()).open(url, timeout=TIMEOUT) as answer:
            length = answer.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else cap
            while block := answer.read(BLOCK):
                data += block
                if len(data) > cap:
                    raise ValueError(f"{url} is larger than the {cap:,} bytes it should have at most.")
                yield len(data), max(total, len(data))
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise ValueError(f"{url} could not be downloaded: {reason}.") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ValueError(f"{url} is not the file that is wanted: its sha256 is {found}, not {sha256}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(path, bytes(data))
