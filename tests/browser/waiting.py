"""What the tests in a browser wait for."""

from typing import Any

PATIENCE = 60_000  # milliseconds: a worker takes seconds to start on a busy machine


def wait_for_query(page: Any, **wanted: str) -> None:
    """Until the address says so."""
    page.wait_for_function(
        """wanted => { const now = new URLSearchParams(location.search)
            return Object.entries(wanted).every(([name, value]) => now.get(name) === value) }""",
        arg=wanted,
        timeout=PATIENCE,
    )
