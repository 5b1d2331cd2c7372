"""A worker: `python -m rnnviz worker RUNS`. It loads what a training needs, waits for a run, works, and ends.

One run each: whatever a run does to its process, the next begins in a fresh one. It is told apart by a line
on its standard output, the run's name, when it begins. While it waits it ends with whoever started it, whose
end closes its standard input; once it works, it works on.
"""

import os
import select
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

LOOK = 0.03  # seconds between two looks at the queue
NICE = 10


def serve(runs: Path) -> None:
    """Waits for a run of a folder and works on it."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    from rnnviz.threads import one_thread
    from rnnviz.training.queue import slot, take, waiting
    from rnnviz.training.work import work

    one_thread()
    warm()
    while not _left_alone(sys.stdin):
        if waiting(runs):
            with slot(runs) as free:
                taken = take(runs) if free else None
                if taken:
                    folder, lock = taken
                    _tell(folder.name)
                    for _ in work(folder, lock=lock):
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


def _left_alone(stream: IO[str] | None) -> bool:
    """Whether whoever started us is gone: the pipe from it is closed. Who gave us none is not waited for."""
    if stream is None or stream.closed or not stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
        return False
    ready, _, _ = select.select([stream], [], [], 0)
    return bool(ready) and not stream.buffer.peek(1)  # type: ignore[attr-defined]


def _tell(name: str) -> None:
    with suppress(OSError):  # nobody may be listening any more
        print(name, flush=True)  # noqa: T201
