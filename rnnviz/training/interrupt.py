"""Ctrl-C at a terminal: the first stops a run and saves where it is, the second ends it at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnviz.training.control import STOP, ask


@contextmanager
def stopped_when_interrupted(folder: Path, told: Callable[[], None]) -> Iterator[list[int]]:
    """Within, a first Ctrl-C asks the run to stop, and calls `told`; a second one is a KeyboardInterrupt.

    Yields a list that is empty as long as there was none.
    """
    interrupts: list[int] = []

    def stop(number: int, _frame: object) -> None:
        interrupts.append(number)
        signal.signal(signal.SIGINT, before)
        ask(folder, STOP)
        told()

    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield interrupts
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
