from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.short import made, shorten, worked


@pytest.fixture(autouse=True, scope="module")
def _short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch.setattr)
        yield


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short run, from its start to its end."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    made(folder)
    worked(folder)
    return folder
