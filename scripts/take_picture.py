"""Takes the README's pictures: starts the app, opens it in Chromium, waits until it stands, and looks.

    python scripts/take_picture.py                      # docs/watch.png
    python scripts/take_picture.py -o docs/inside.png --path "/inside?step=30&gate=f" --height 1480
    python scripts/take_picture.py -o docs/train.png --path "/train?task=brackets" --start 40 --height 1560
    python scripts/take_picture.py -o docs/alongside.png --height 2410 --wait 20 \
        --path "/attention?model=reverse-gru&text=understanding" --below "The same task, side by side"
    python scripts/take_picture.py --dark -o dark.png --path "/?text=hello"

Needs Chromium (`apt-get install chromium`, or the path of one in RNNVIZ_CHROMIUM) and requirements-dev.txt.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import FloatRect, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
STANDS = ".st-key-heatmap canvas, .rv-products[data-version], .rv-attending[data-version]"
SETTLE_MS = 1500  # fonts, and the last panel
MARGIN = 12  # pixels above a heading


def main() -> None:
    """Take one picture and say where it is."""
    options = parsed()
    with running_app() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": options.width, "height": options.height},
            device_scale_factor=options.scale,
            color_scheme="dark" if options.dark else "light",
        )
        page.goto(url + options.path)
        if options.start:
            page.locator(".st-key-start button").click()
            page.wait_for_timeout(1000 * options.start)
        else:
            page.locator(STANDS).first.wait_for(state="attached")
        page.wait_for_timeout(1000 * options.wait)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        clip = part_below(page, options.below) if options.below else None
        page.screenshot(path=options.out, full_page=options.whole, clip=clip)
        if options.start:  # a run outlives its server
            page.locator(".st-key-stop button").click()
            page.wait_for_timeout(SETTLE_MS)
        browser.close()
    print(f"{options.out}: {options.out.stat().st_size / 1000:.0f} kB")


def parsed() -> argparse.Namespace:
    """What was asked for at the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "docs" / "watch.png")
    parser.add_argument("--path", default="/", help='page and choices, such as "/?text=hello"')
    parser.add_argument("--start", type=float, help="press Start, and wait for so many seconds")
    parser.add_argument("--wait", type=float, default=SETTLE_MS / 1000, help="seconds for the last panel")
    parser.add_argument("--below", help="only what stands from the heading of this text on, in the window")
    parser.add_argument("--dark", action="store_true", help="as someone sees it who prefers dark pages")
    parser.add_argument("--whole", action="store_true", help="the whole page, not only what is in the window")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1000)
    parser.add_argument("--scale", type=float, default=2, help="pixels of the picture for one of the page")
    return parser.parse_args()


def part_below(page: Page, heading: str) -> FloatRect:
    """The part of the window from a heading on."""
    box, size = page.get_by_role("heading", name=heading).bounding_box(), page.viewport_size
    if not box or not size or box["y"] > size["height"]:
        raise SystemExit(f"There is no heading {heading!r} in the window.")
    top = box["y"] - MARGIN
    return {"x": 0, "y": top, "width": size["width"], "height": size["height"] - top}


def chromium() -> str | None:
    """The Chromium to use: the one asked for, or the system's; None is Playwright's own."""
    return os.environ.get("RNNVIZ_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def running_app() -> Iterator[str]:
    """The address of the app, started as people start it, on a free port and with an empty home folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    settings = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "HOME": home, "RNNVIZ_RUNS": f"{home}/runs", "OMP_NUM_THREADS": "1"}
        app = subprocess.Popen(command + settings, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", app)
            yield f"http://127.0.0.1:{port}"
        finally:
            app.terminate()
            app.wait()


def wait_for(address: str, app: "subprocess.Popen[bytes]") -> None:
    """Return when the app answers; raise if it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and app.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 (our own address)
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"The app did not answer within {START_SECONDS} seconds.")


if __name__ == "__main__":
    main()
