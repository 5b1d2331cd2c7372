"""A worker: `python -m rnnviz worker RUNS`. It loads what a training needs, waits for a run, works, and ends.

One run each: whatever a run does to its process, the next begins in a fresh one. It says on its standard
output when it has loaded everything, and then what it works on, a line each. While it waits it ends with
whoever started it, whose end closes its standard input; once it works, it works on.
"""

import os
import select
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

LOOK = 0.03  # seconds between two looks at the queue, or at what is asked
NICE = 10
READY = "ready"


def serve(runs: Path) -> None:
    """Waits for a run of a folder and works on it."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    from rnnviz.threads import one_thread
    from rnnviz.training.queue import slot, take, waiting
    from rnnviz.training.work import work

    one_thread()
    warm()
    _tell(READY)
    while not _left_alone(sys.stdin):
        if waiting(runs):
            with slot(runs) as free:
                taken = take(runs) if free else None
                if taken:
                    folder, lock = taken
                    _tell(folder.name)
                    with _left_when_asked(folder):
                        events = work(folder, lock=lock)
                    for _ in events:
                        pass
                    return
        time.sleep(LOOK)


def warm() -> None:
    """Everything that the first step would otherwise wait for: libraries that are loaded when first used."""
    from rnnviz.settings import Settings
    from rnnviz.tasks.brackets import Brackets
    from rnnviz.training.loop import Training

    settings = Settings(hidden=4, steps=1, batch=2, length=4)
    events = Training(Brackets(characters=400).problem(), settings).events()
    for _ in zip(range(4), events, strict=False):
        pass


@contextmanager
def _left_when_asked(folder: Path) -> Iterator[None]:
    """Within, a run is loaded: if it is asked to rest, the process ends at once; there is nothing to save."""
    from rnnviz.training.control import CHANGE, STOP, Control
    from rnnviz.training.status import last_said, say

    control, loaded = Control(folder), threading.Event()

    def watch() -> None:
        while not loaded.wait(LOOK):
            for asked, _ in control.news():
                if asked != CHANGE:
                    state = "stopped" if asked == STOP else "paused"
                    say(folder, replace(last_said(folder), state=state, reason=""))
                    os._exit(0)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        loaded.set()
        watching.join()


def _left_alone(stream: IO[str] | None) -> bool:
    """Whether whoever started us is gone: the pipe from it is closed. Who gave us none is not waited for."""
    if stream is None or stream.closed or not stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
        return False
    ready, _, _ = select.select([stream], [], [], 0)
    return bool(ready) and not stream.buffer.peek(1)  # type: ignore[attr-defined]


def _tell(line: str) -> None:
    with suppress(OSError):  # nobody may be listening any more
        print(line, flush=True)  # noqa: T201
