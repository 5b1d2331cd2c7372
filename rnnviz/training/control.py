"""What a run is asked to do: lines of control.jsonl, appended by anybody, read by its worker."""

import json
import os
from pathlib import Path
from typing import Any

CONTROL = "control.jsonl"
PAUSE, STOP, CHANGE, RESUME = "pause", "stop", "change", "resume"


def ask(folder: Path, what: str, **settings: Any) -> None:
    """Asks a run to pause, to stop, to change some settings; or says that it is to go on."""
    line = json.dumps({"do": what, "settings": settings}) + "\n"
    handle = os.open(folder / CONTROL, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


class Control:
    """What is asked, from a place in control.jsonl on."""

    def __init__(self, folder: Path, place: int = 0) -> None:
        self.path, self.place = folder / CONTROL, place

    def news(self) -> list[tuple[str, dict[str, Any]]]:
        """What was asked since the last look; a line that is no request is passed over."""
        try:
            size = self.path.stat().st_size
            if size == self.place:
                return []
            if size < self.place:  # somebody has deleted it
                self.place = 0
            with self.path.open("rb") as file:
                file.seek(self.place)
                data = file.read()
        except OSError:
            return []
        whole = data.rfind(b"\n") + 1  # the last line may still be on its way
        self.place += whole
        found: list[tuple[str, dict[str, Any]]] = []
        for line in data[:whole].splitlines():
            request = _request(line)
            if request and request[0] == RESUME:  # a pause or stop before it is done with
                found = [each for each in found if each[0] == CHANGE]
            elif request:
                found.append(request)
        return found


def _request(line: bytes) -> tuple[str, dict[str, Any]] | None:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(asked, dict) or asked.get("do") not in (PAUSE, STOP, CHANGE, RESUME):
        return None
    settings = asked.get("settings")
    return asked["do"], settings if isinstance(settings, dict) else {}
