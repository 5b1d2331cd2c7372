"""The grammar of an edit: the same in a link, at the command line and in the library.

    l0.f[*]@3:10=0      the forget gate of all units is 0 at the steps 3 to 9
    l0.h[5]@7=0.5       unit 5 of h is 0.5 at step 7
    l0.c[3,8:12]*=2     what these units keep is doubled, at every step
    l0.h[12]@4:=hold    from step 4 on unit 12 stays as it was before
    text@4=x            the character at step 4 is another one
    start=Once upon     it begins in the state that another text has left

Units and steps count from 0, and a range leaves out its end, as in Python: `3:10`, `3:`, `:10`, `*` for all.
Without [...] all units are meant, without @... all steps.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

SET, SCALE, HOLD = "=", "*=", "hold"
MOST = 100  # edits at once

_CHANGE = re.compile(
    r"(?P<name>l\d+r?\.\w+)(?:\[(?P<units>[^\]]*)\])?(?:@(?P<steps>[^=*]+|\*))?(?P<how>\*?=)(?P<value>.+)\Z"
)
_SWAP = re.compile(r"text@(?P<step>\d+)=(?P<token>.*)\Z", re.DOTALL)
_START = re.compile(r"start=(?P<text>.+)\Z", re.DOTALL)
_PLACE = re.compile(r"\d+\Z")
_RANGE = re.compile(r"(\d*):(\d*)\Z")


@dataclass(frozen=True)
class Places:
    """Some places of an axis: numbers and half-open ranges, none at all for everywhere."""

    parts: tuple[tuple[int, int | None], ...] = ()

    def __contains__(self, place: int) -> bool:
        return not self.parts or any(a <= place and (b is None or place < b) for a, b in self.parts)

    @property
    def least(self) -> int:
        """How long an axis has to be for each part to have a place on it."""
        return 1 + max((a for a, _ in self.parts), default=-1)

    def __str__(self) -> str:
        return ",".join(_part(a, b) for a, b in self.parts) or "*"


@dataclass(frozen=True)
class Change:
    """A gate or state is changed. how: `=` sets it to value, `*=` scales it by value, `hold` keeps it as it
    was before the first of the steps.
    """

    name: str
    units: Places = Places()
    steps: Places = Places()
    how: str = SET
    value: float = 0.0

    def __str__(self) -> str:
        units = f"[{self.units}]" if self.units.parts else "[*]"
        steps = f"@{self.steps}" if self.steps.parts else ""
        said = "=hold" if self.how == HOLD else f"{self.how}{self.value:.9g}"
        return f"{self.name}{units}{steps}{said}"


@dataclass(frozen=True)
class Swap:
    """The character that is read at a step is another one."""

    step: int
    token: str

    def __str__(self) -> str:
        return f"text@{self.step}={self.token}"


@dataclass(frozen=True)
class Start:
    """The model begins in the state that another text has left."""

    text: str

    def __str__(self) -> str:
        return f"start={self.text}"


Edit = Change | Swap | Start


def parse(edits: "str | Edit | Sequence[str | Edit]") -> tuple[Edit, ...]:
    """One edit, or several, in the grammar above. Raises ValueError, with what is possible, for another."""
    several = [edits] if isinstance(edits, str | Change | Swap | Start) else list(edits)
    if len(several) > MOST:
        raise ValueError(f"There are {len(several)} edits; at most {MOST} are made at once.")
    return tuple(_parsed(each) if isinstance(each, str) else each for each in several)


def _parsed(text: str) -> Edit:
    if swap := _SWAP.match(text):
        if len(swap["token"]) != 1:
            raise ValueError(f"{text!r}: a character is exchanged for one character, such as text@4=x.")
        return Swap(int(swap["step"]), swap["token"])
    if start := _START.match(text):
        return Start(start["text"])
    if change := _CHANGE.match(text.replace(" ", "")):
        units, steps = _places(text, change["units"]), _places(text, change["steps"])
        if change["value"] == HOLD and change["how"] == SET:
            return Change(change["name"], units, steps, HOLD)
        return Change(change["name"], units, steps, change["how"], _number(text, change["value"]))
    raise ValueError(
        f"{text!r:.60} is no edit: they look like l0.f[*]@3:10=0, l0.h[5]*=2, l0.c@4:=hold, text@4=x "
        "or start=another text."
    )


def _places(text: str, said: str | None) -> Places:
    """`*`, `5`, `3:10`, `3:` or several of them with commas."""
    if said is None or said == "*":
        return Places()
    parts: list[tuple[int, int | None]] = []
    for part in said.split(","):
        if _PLACE.match(part):
            parts.append((int(part), int(part) + 1))
        elif (ends := _RANGE.match(part)) and (part != ":"):
            first, last = int(ends[1] or 0), int(ends[2]) if ends[2] else None
            if last is not None and last <= first:
                raise ValueError(f"{text!r:.60}: the range {part} is empty; it leaves out its end.")
            parts.append((first, last))
        else:
            raise ValueError(f"{text!r:.60}: {part!r} is no place; places are 5, 3:10, 3:, :10 or *.")
    return Places(tuple(parts))


def _part(first: int, end: int | None) -> str:
    if end == first + 1:
        return str(first)
    return f"{first}:{'' if end is None else end}"


def _number(text: str, said: str) -> float:
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r:.60}: {said!r:.20} is no number, nor `hold`.")
    return value
