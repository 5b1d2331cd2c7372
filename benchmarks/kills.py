"""Runs killed with `kill -9` at random moments and resumed: `python -m benchmarks.kills`.

Each run has a killed one's fate up to four times, and is compared at the end, in every weight and every event
but for the clock, with the same run never killed. The kinds between them use every cell, optimizer, sampling,
reader and readout.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.tabs import content
from rnnviz.files import is_temporary
from rnnviz.settings import Settings
from rnnviz.tasks import task_of
from rnnviz.training.run import create
from rnnviz.training.status import last_said, status_of

OFTEN = {"hidden": 32, "log_every": 7, "evaluate_every": 60, "save_every": 13}
KINDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"name": "brackets", "characters": 20_000},
        {"cell": "lstm", "layers": 2, "dropout": 0.3, "sampling": "sequential", "batch": 16, "steps": 240},
    ),
    (
        {"name": "brackets", "characters": 20_000},
        {"cell": "gru", "input": "embedding", "sampling": "random", "batch": 16, "steps": 240},
    ),
    (
        {"name": "text"},
        {"cell": "rnn_relu", "optimizer": "sgd", "lr": 0.05, "clip_by": "value", "clip": 0.1, "steps": 240},
    ),
    ({"name": "text"}, {"cell": "rnn", "init": "normal", "batch": 16, "steps": 240}),
    ({"name": "sine"}, {"cell": "lstm", "batch": 1, "lr": 0.02, "steps": 300}),
    ({"name": "hello"}, {"cell": "rnn", "batch": 1, "input": "embedding", "layers": 2, "steps": 600}),
    (
        {"name": "sentiment", "language": "english", "sentences": 2000},
        {"cell": "gru", "directions": 2, "readout": "mean", "batch": 16, "steps": 200},
    ),
    ({"name": "counting"}, {"cell": "lstm", "batch": 32, "steps": 200, "evaluate_every": 100}),
    ({"name": "weather"}, {"cell": "gru", "steps": 200}),
]


@dataclass
class Tally:
    """What was seen of all runs."""

    same: int = 0
    kills: int = 0
    while_saving: int = 0


def main() -> None:
    """Kills, resumes, compares, and prints what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance, tally = random.Random(options.seed), Tally()
    with tempfile.TemporaryDirectory() as home:
        never = [made(Path(home) / f"never{kind}", kind) for kind in range(len(KINDS))]
        for folder in never:
            worker(folder).wait()
        for number in range(options.runs):
            kind = number % len(KINDS)
            folder = made(Path(home) / f"killed{number}", kind)
            kill_and_resume(folder, last_said(never[kind]).seconds, chance, tally)
            tally.same += content(folder) == content(never[kind])
    print(
        f"{tally.same} of {options.runs} runs identical to those never killed, after {tally.kills} kills, "
        f"{tally.while_saving} of them in the middle of a file"
    )


def made(folder: Path, kind: int) -> Path:
    """A new run of a kind."""
    task, settings = KINDS[kind]
    return create(folder, task_of(task), Settings(**{**OFTEN, **settings})).folder


def kill_and_resume(folder: Path, seconds: float, chance: random.Random, tally: Tally) -> None:
    """Work on a run to its end, and kill the worker up to four times on the way."""
    left = chance.choice([1, 2, 2, 3, 4])
    while status_of(folder).state != "finished":
        process = worker(folder)
        while process.poll() is None and last_said(folder).pid != process.pid:
            time.sleep(0.002)
        if left:
            time.sleep(chance.random() * seconds * 0.8)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                tally.kills += 1
                left -= 1
        process.wait()
        tally.while_saving += any(is_temporary(path.name) for path in folder.rglob("*"))


def worker(folder: Path) -> "subprocess.Popen[bytes]":
    """A process that works on a run."""
    command = [sys.executable, "-m", "rnnviz", "resume", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
