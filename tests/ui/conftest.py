"""Pages without a browser."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that opens pages is slow, but for a first look at each of them."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name != "test_pages.py":
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _packages_are_searched_once() -> Iterator[None]:
    """Each AppTest is a new Streamlit, which looks through all installed packages for components."""
    scan = cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield
