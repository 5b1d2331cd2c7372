"""Eight tabs press Start at once: `python -m benchmarks.tabs`.

Each tab of Train starts a run of its own seed and stays open, live. Meanwhile somebody types into Watch. Said
are how many runs finish, how many are those of the same seed alone, and how long pages took to answer.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.tab import Tab
from rnnviz.training.run import EVENTS, Run, create
from rnnviz.training.status import status_of
from tests.browser import serving

TASK = "brackets"
CLOCK = ("time", "tokens_per_s")
TYPED = "She sells [sea {shells} by] the (sea shore)"


def main() -> None:
    """Measures, and prints what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=8)
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        runs = Path(home) / "runs"
        with serving.serve(Path(home), RNNVIZ_RUNS=str(runs)) as server:
            trains, watch = asyncio.run(open_all(server.url, runs, options.tabs, options.steps))
        say("Train, its live part", [second for tab in trains for second in tab.seconds[3:]])
        say("Watch, a key", watch.seconds[1:])
        folders = [folder for folder in runs.iterdir() if (folder / EVENTS).exists()]
        done = [folder for folder in folders if status_of(folder).state == "finished"]
        same = sum(content(folder) == content(alone(folder)) for folder in done)
        print(f"{len(done)} of {options.tabs} runs finished, {same} of them as the same seed alone")


async def open_all(url: str, runs: Path, count: int, steps: int) -> tuple[list[Tab], Tab]:
    """Open the tabs, start a run in each, type until all have ended."""
    trains, watch = [Tab(url, "train", f"task={TASK}") for _ in range(count)], Tab(url)
    open_tabs = [asyncio.create_task(tab.live(3600)) for tab in (*trains, watch)]
    for tab in (*trains, watch):
        await tab.answered.wait()
    await asyncio.gather(*(start(tab, seed, steps) for seed, tab in enumerate(trains)))
    typed = 0
    while not ended(runs, count):
        typed = typed % len(TYPED) + 1
        await watch.set("text", string_value=TYPED[:typed])
        await asyncio.sleep(0.3)
    for task in open_tabs:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return trains, watch


async def start(tab: Tab, seed: int, steps: int) -> None:
    """What a person does: two settings, and the button."""
    await tab.set(f"{TASK}_seed", double_value=seed)
    await tab.set(f"{TASK}_steps", double_value=steps)
    await tab.set("start", trigger_value=True)


def ended(runs: Path, count: int) -> bool:
    """Whether so many runs are there and none is at work."""
    made = [folder for folder in runs.iterdir() if (folder / "config.json").exists()]
    return len(made) == count and not any(status_of(folder).at_work for folder in made)


def alone(folder: Path) -> Path:
    """The same run again, with the machine to itself."""
    run = Run(folder)
    again = create(folder.parent / f"{folder.name}-alone", run.task, run.settings).folder
    subprocess.run([sys.executable, "-m", "rnnviz", "resume", str(again)], check=True, capture_output=True)
    return again


def content(folder: Path) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """A run's events without the clock, and all its weights."""
    lines = map(json.loads, (folder / EVENTS).read_text().splitlines())
    events = [{key: value for key, value in line.items() if key not in CLOCK} for line in lines]
    files = [folder / "model.safetensors", *(folder / "steps").iterdir()]
    return events, {path.name: path.read_bytes() for path in files}


def say(what: str, seconds: list[float]) -> None:
    """Print how long answers took."""
    within = sum(second <= 0.3 for second in seconds) / len(seconds)
    ninety = statistics.quantiles(seconds, n=20)[-1]
    told = f"median {statistics.median(seconds):.3f} s, 95 % within {ninety:.3f} s, {within:.1%} within 0.3 s"
    print(f"{what}: {told} ({len(seconds)} answers)")


if __name__ == "__main__":
    begun = time.monotonic()
    main()
    print(f"in {time.monotonic() - begun:.0f} s")
