"""What an open, live page costs a training: `python -m benchmarks.page_cost`.

One run goes on all the time; the page is open and closed in turns, a few seconds each, and the steps a second
of neighbouring turns are compared. The page is driven by a bare websocket client, which asks for the moving
part as often as the page wants to be asked, as a browser does; a browser on the same cores takes its own
share, which `--chromium` shows. Measure on a quiet machine.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.tab import Tab
from tests.browser import serving

TASK = "brackets"


def steps_of(status: Path) -> tuple[int, float]:
    """The run's step, and when it said so."""
    said = json.loads(status.read_text())
    return said["step"], said["heartbeat"]


def speed(status: Path, begin: tuple[int, float]) -> float:
    """Steps a second since `begin`."""
    step, now = steps_of(status)
    return (step - begin[0]) / (now - begin[1])


def main() -> None:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6.0, help="of a turn (6)")
    parser.add_argument("--chromium", action="store_true", help="open the page in a real browser instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runs = Path(folder) / "runs"
        with serving.serve(Path(folder), RNNVIZ_RUNS=str(runs)) as server:
            status = begin(runs)
            ratios, rates = [], []
            for turn in range(options.turns):
                closed = during(status, options.seconds, lambda: time.sleep(options.seconds))
                page = Tab(server.url, "train", f"task={TASK}&run={status.parent.name}")
                opened = during(status, options.seconds, lambda page=page: look(page, server, options))
                again = during(status, options.seconds, lambda: time.sleep(options.seconds))
                ratios.append(opened / statistics.mean([closed, again]))
                rates.append(len(page.seconds) / options.seconds)
                told = f"turn {turn + 1}: {closed:.1f}, open {opened:.1f}, {again:.1f} steps a second"
                print(f"{told}; {rates[-1]:.1f} answers a second")
            print(
                f"An open page costs {1 - statistics.median(ratios):.1%} of the steps a second (median of "
                f"{options.turns}; {1 - max(ratios):.1%} to {1 - min(ratios):.1%})."
            )
            from rnnviz.training import queue

            queue.stop(status.parent)
            time.sleep(2)


def begin(runs: Path) -> Path:
    """A run that goes on for longer than this takes -> its status.json, once it has found its pace."""
    from rnnviz.settings import Settings
    from rnnviz.tasks import TASKS
    from rnnviz.training import queue
    from rnnviz.training.run import create

    settings = Settings(**{**TASKS[TASK].defaults, "hidden": 64, "steps": 1_000_000, "schedule": "constant"})
    folder = runs / "run"
    create(folder, TASKS[TASK](), settings)
    queue.submit(folder)
    while json.loads((folder / "status.json").read_text())["step"] < 300:
        time.sleep(0.2)
    return folder / "status.json"


def during(status: Path, seconds: float, do: Any) -> float:
    """Steps a second while something is done, from one heartbeat to another."""
    before = steps_of(status)
    do()
    time.sleep(0.1)
    return speed(status, before)


def look(page: Tab, server: serving.Server, options: argparse.Namespace) -> None:
    """Have the page open for a turn."""
    if not options.chromium:
        asyncio.run(page.live(options.seconds))
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = serving.launch(playwright)
        tab = browser.new_page()
        tab.goto(f"{server.url}/train?{page.query}")
        time.sleep(options.seconds)
        browser.close()


if __name__ == "__main__":
    main()
