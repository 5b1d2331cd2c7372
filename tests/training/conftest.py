from collections.abc import Iterator

import pytest

from rnnviz.tasks import brackets


@pytest.fixture(autouse=True, scope="module")
def _short_findings() -> Iterator[None]:
    """Runs of a moment measure what they learned on a text of a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brackets, "FRESH_CHARACTERS", 300)
        yield
