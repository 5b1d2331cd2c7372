"""What a run reached, as its log of events tells."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Results:
    """held_out, perplexity (of the training text): None where the run did not get that far.

    ranges: the largest magnitude of each quantity by name; findings: sentences.
    """

    held_out: float | None = None
    perplexity: float | None = None
    ranges: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


def read_results(path: Path) -> Results:
    """The results in an events.jsonl; empty where it is missing. A line that is no event is passed over."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return Results()
        lines = path.read_bytes().splitlines()
    except OSError:
        return Results()
    for line in reversed(lines):
        event = _event(line)
        if event.get("kind") == "finished":
            return _of(event)
        if event.get("kind") == "evaluated" and event.get("best") is True:
            return Results(held_out=_number(event.get("held_out")))
    return Results()


def _of(event: dict[str, Any]) -> Results:
    ranges, findings = event.get("ranges"), event.get("findings")
    numbers = {name: _number(value) for name, value in ranges.items()} if isinstance(ranges, dict) else {}
    return Results(
        held_out=_number(event.get("held_out")),
        perplexity=_number(event.get("perplexity")),
        ranges={name: value for name, value in numbers.items() if value is not None},
        findings=tuple(str(finding) for finding in findings) if isinstance(findings, list) else (),
    )


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _number(value: Any) -> float | None:
    """A finite number above 0, or None."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and 0 < value < math.inf else None
