"""For the whole suite: no test reaches the network; one Chromium and one server for those that need them."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import serving

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(scope="session", autouse=True)
def _own_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody's own runs take part in the tests, nor do the tests leave any with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNVIZ_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine: the tests must pass offline."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to connect to {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium. Where there is none its tests are skipped, or fail if RNNVIZ_REQUIRE_BROWSER is set."""
    try:
        from playwright.sync_api import sync_playwright

        playwright = sync_playwright().start()
    except Exception as error:
        _no_browser(f"Playwright cannot start: {error}")
    try:
        chromium = serving.launch(playwright)
    except Exception as error:
        playwright.stop()
        _no_browser(f"no Chromium: {str(error).splitlines()[0]} (set RNNVIZ_CHROMIUM to the path of one)")
    yield chromium
    chromium.close()
    playwright.stop()


def _no_browser(reason: str) -> None:
    if os.environ.get("RNNVIZ_REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Server]:
    """The app as people start it, on a free port with an empty home folder; one for the whole session."""
    with serving.serve(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[serving.Server]:
    """A server that nobody has visited yet."""
    with serving.serve(tmp_path) as running:
        yield running


@pytest.fixture
def visit(browser: Any, server: serving.Server) -> Iterator[Callable[..., Any]]:
    """`visit(path="/", width=1400, height=1000, dark=False)` opens a page in an empty profile.

    When the test ends, each page must have shown no error in its console and called no foreign host.
    """
    visitors: list[serving.Visitor] = []

    def open_page(path: str = "/", *, at: serving.Server = server, **options: Any) -> Any:
        visitor = serving.Visitor(browser, at.url, **options)
        visitors.append(visitor)
        visitor.open(path)
        return visitor.page

    yield open_page
    complaints = [complaint for visitor in visitors for complaint in visitor.close()]
    assert not complaints, "\n".join(complaints)
