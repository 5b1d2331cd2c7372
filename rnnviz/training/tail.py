"""Following a run: its events as they are written, without reading any of them twice."""

import json
import threading
from pathlib import Path
from typing import Any

MOST_BYTES = 64 << 20
Event = dict[str, Any]


class Tail:
    """The events of a run that is being written; may be asked by several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._events: list[Event] = []
        self._place = 0
        self._last = b""
        self._lock = threading.Lock()

    def events(self) -> list[Event]:
        """All events so far; a line that is no event is passed over, half a line comes later."""
        with self._lock:
            try:
                self._read()
            except OSError:
                self._forget()
            return list(self._events)

    def _read(self) -> None:
        with self.path.open("rb") as file:
            # A run that was resumed has cut its log, and may have written more since.
            file.seek(max(self._place - len(self._last), 0))
            if file.read(len(self._last)) != self._last:
                self._forget()
                file.seek(0)
            data = file.read(MOST_BYTES)
        whole = data[: data.rfind(b"\n") + 1]
        if whole:
            lines = whole.splitlines(keepends=True)
            self._events += [event for event in map(_event, lines) if event]
            self._place += len(whole)
            self._last = lines[-1]

    def _forget(self) -> None:
        self._events, self._place, self._last = [], 0, b""


def _event(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("step"), int) else None
