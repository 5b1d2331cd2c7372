import pytest

from rnnviz.tasks import brackets


@pytest.fixture(autouse=True)
def _short_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a moment measure what they learned on a text of a moment."""
    monkeypatch.setattr(brackets, "FRESH_CHARACTERS", 300)
