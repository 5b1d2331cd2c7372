"""What the tests in a browser wait for."""

from typing import Any

import pytest

STANDS = """async () => {
    const now = () => {
        const app = document.querySelector("[data-testid=stApp]")
        const panels = [...document.querySelectorAll(".rv:not(.rv-tip)")]
        const {testScriptState: script, testConnectionState: connection} = app?.dataset ?? {}
        const main = app?.querySelector("[data-testid=stMain]")
        const whole = script === "notRunning" && connection === "CONNECTED"
            && main?.querySelector("[data-testid=stElementContainer]")
            && panels.every(panel => "version" in panel.dataset)
        return [whole, `${main?.scrollHeight} ${panels.length}`]
    }
    const begun = performance.now()
    let [seen, since] = ["", begun]
    while (true) {
        await new Promise(requestAnimationFrame)
        const [whole, looks] = now()
        if (looks !== seen) [seen, since] = [looks, performance.now()]
        if (whole && performance.now() - since > 250) return
        if (performance.now() - begun > 20000) throw new Error("the page does not come to stand")
    }
}"""

PATIENCE = 60_000  # milliseconds: a worker takes seconds to start on a busy machine


def wait_for_query(page: Any, **wanted: str) -> None:
    """Until the address says so."""
    page.wait_for_function(
        """wanted => { const now = new URLSearchParams(location.search)
            return Object.entries(wanted).every(([name, value]) => now.get(name) === value) }""",
        arg=wanted,
        timeout=PATIENCE,
    )


def wait_for_value(field: Any, value: str) -> None:
    """Until a field holds it."""
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect(field).to_have_value(value, timeout=PATIENCE)


def stand(page: Any) -> None:
    """Until the server has answered, all panels are drawn, and nothing has moved for a moment."""
    page.evaluate(STANDS)


def reload(page: Any) -> None:
    """Load the page anew, until it stands."""
    page.reload()
    stand(page)
