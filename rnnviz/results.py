"""What a run reached, as its log of events tells, while it goes on and after it."""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 64 << 20
MOST_LINE = 4 << 20
BLOCK = 1 << 16

METRICS = {"perplexity": (1.0, math.inf), "accuracy": (0.0, 1.0), "error": (0.0, math.inf)}
"""What a model is judged by, and the values that it can have."""


@dataclass(frozen=True)
class Results:
    """held_out, trained: the metric of the best weights on what was never learned from, and on what was; None
    where the run did not get that far, or that is not known.

    ranges: the largest magnitude of each quantity by name; findings: sentences.
    """

    held_out: float | None = None
    trained: float | None = None
    ranges: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


def read_results(path: Path, metric: str = "perplexity") -> Results:
    """The results in an events.jsonl; empty where it is missing. A line that is no event is passed over.

    metric: a name in METRICS; a value that it cannot have counts as none. Read from the end, so that a long
    log takes no longer than a short one.
    """
    try:
        for line in _from_the_end(path):
            event = _event(line)
            if event.get("kind") == "finished":
                return _of(event, metric)
            if event.get("kind") == "evaluated" and event.get("best") is True:
                return Results(held_out=_value(event.get("held_out"), metric))
    except OSError:
        pass
    return Results()


def _of(event: dict[str, Any], metric: str) -> Results:
    ranges, findings = event.get("ranges"), event.get("findings")
    largest = {name: _number(value) for name, value in ranges.items()} if isinstance(ranges, dict) else {}
    trained = event.get("trained", event.get("perplexity"))  # as the first runs called it
    return Results(
        held_out=_value(event.get("held_out"), metric),
        trained=_value(trained, metric),
        ranges={name: value for name, value in largest.items() if value is not None and value > 0},
        findings=tuple(str(finding) for finding in findings) if isinstance(findings, list) else (),
    )


def _from_the_end(path: Path) -> Iterator[bytes]:
    """The lines of a regular file of up to MOST_BYTES, the last one first; a line beyond MOST_LINE is cut."""
    if not path.is_file():  # a pipe, say, would never end
        return
    with path.open("rb") as file:
        place = file.seek(0, 2)
        rest = b""
        while 0 < place <= MOST_BYTES:
            start = max(0, place - BLOCK)
            file.seek(start)
            first, *whole = (file.read(place - start) + rest).split(b"\n")
            yield from reversed(whole)
            place, rest = start, first if len(first) < MOST_LINE else b""
        yield rest


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _value(value: Any, metric: str) -> float | None:
    """A value that the metric can have, or None."""
    least, most = METRICS[metric]
    number = _number(value)
    return number if number is not None and least <= number <= most else None


def _number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return None
    return float(value)
