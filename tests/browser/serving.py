"""Start the app the way people do, and look at it through Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browser.waiting import stand

HEATMAP = ".st-key-heatmap .rv[data-version] canvas"  # it is there once it has been drawn
ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """The Chromium to drive: the one asked for, the system's, else None for Playwright's own."""
    candidates = (os.environ.get("RNNVIZ_CHROMIUM"), "/usr/bin/chromium", shutil.which("google-chrome"))
    return next((path for path in candidates if path and Path(path).exists()), None)


def launch(playwright: Any) -> Any:
    """Start Chromium."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)


@dataclass(frozen=True)
class Server:
    """A running app."""

    url: str
    log: Path


@contextmanager
def serve(home: Path, **environment: str) -> Iterator[Server]:
    """Run `streamlit run app.py`, with `home` as home folder, until the block ends."""
    port = _free_port()
    log = home / "server.log"
    variables = {
        **os.environ,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "OMP_NUM_THREADS": "1",
        **environment,
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url + "/_stcore/health", process, log)
        yield Server(url, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the app did not come up:\n{log.read_text(errors='replace')[-4000:]}")


class Visitor:
    """One person with an empty browser profile."""

    def __init__(
        self, browser: Any, url: str, *, width: int = 1400, height: int = 1000, dark: bool = False
    ) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.page.on("request", self._expect_the_app)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))

    def _expect_the_app(self, request: Any) -> None:
        if urlsplit(request.url).hostname not in (None, "127.0.0.1"):
            self.complaints.append(f"a call to a foreign host: {request.url}")

    def _listen(self, message: Any) -> None:
        # Of a page below the root Streamlit first asks for its own address there.
        if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
            self.complaints.append(f"console: {message.text}")

    def open(self, path: str = "/") -> None:
        """Go to `path` and wait until the page stands; of Watch the heatmap, which is sent ahead, too."""
        self.page.goto(self.url + path)
        if urlsplit(path).path == "/":
            self.page.locator(HEATMAP).wait_for(state="attached")
        stand(self.page)

    def close(self) -> list[str]:
        """Leave, and say what was wrong."""
        self.context.close()
        return self.complaints
