from pathlib import Path

import pytest

from tests.checkpoints.made import write


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one good checkpoint, and no others anywhere."""
    folder = tmp_path / "gallery"
    monkeypatch.setattr("rnnviz.folders.shipped_folder", lambda: folder)
    write(folder / "good")
    return folder
