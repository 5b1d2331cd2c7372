import shutil
from pathlib import Path

import pytest

from rnnviz.cli import main
from tests.cli.short import SHORT


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was trained by the command line."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    assert main(["train", "brackets", *SHORT, "--run", str(folder)]) == 0
    return folder


@pytest.fixture
def trained(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery of that model alone."""
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: tmp_path)
    monkeypatch.setattr("rnnviz.tasks.brackets.FRESH_CHARACTERS", 300)
    shutil.copytree(small, tmp_path / "small")
    return tmp_path
