"""Contenders take turns, and what counts is the ratio of times of the same round."""

import gc
import os
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

Contender = Callable[[], Any]
"""Does the work once and returns numbers, a tensor, that all contenders of a comparison must agree on."""

Times = dict[str, list[float]]
"""Seconds of each contender, round by round."""
Figures = dict[str, dict[str, float]]

WARM_UP, LEAST_ROUNDS = 3, 9
RTOL, ATOL = 1e-5, 5e-5  # less than three steps of training change a loss, more than a second bias does


@dataclass(frozen=True)
class Sample:
    """What one process found.

    figures: reference -> contender -> ratio; of the part `memory`, "MB" -> contender -> megabytes.
    worked: the same ratios of the time that processors worked, which leaves out what others took of them.
    milliseconds, cores: of each contender, the median time and the processors it kept busy (1: one thread).
    others: the processors that other programs kept busy meanwhile.
    """

    figures: Figures
    worked: Figures = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)
    rounds: int = 0
    others: float = 0.0


def race(
    builders: Mapping[str, Callable[[], Contender]], references: Sequence[str], seconds: float, seed: int = 0
) -> Sample:
    """Build the contenders, see that they agree, and let them take turns for about so many seconds.

    The seed decides in which order they are built, hence where their memory lies, and take their turns.
    """
    order = random.Random(seed)
    contenders = {name: builders[name]() for name in order.sample(list(builders), len(builders))}
    warm_up(contenders)
    wall: Times = {name: [] for name in builders}
    work: Times = {name: [] for name in builders}
    watch = Watch()
    rounds, end = 0, time.perf_counter() + seconds
    with garbage_kept():
        while rounds < LEAST_ROUNDS or time.perf_counter() < end:
            for name in order.sample(list(builders), len(builders)):
                took, worked = timed(contenders[name])
                wall[name].append(took)
                work[name].append(worked)
            gc.collect()  # between rounds, so that nobody pays for another's garbage
            rounds += 1
    return Sample(
        figures=paired_ratios(wall, references),
        worked=paired_ratios(work, references),
        milliseconds={name: digits(1000 * statistics.median(times)) for name, times in wall.items()},
        cores={name: digits(sum(work[name]) / sum(times)) for name, times in wall.items()},
        rounds=rounds,
        others=digits(watch.others()),
    )


def warm_up(contenders: Mapping[str, Contender]) -> None:
    """Run each a few times; AssertionError where one computes other numbers than the first."""
    (first, leader), *rest = contenders.items()
    for _ in range(WARM_UP):
        wanted = torch.as_tensor(leader())
        for name, contender in rest:
            found = torch.as_tensor(contender())
            if found.shape != wanted.shape or not torch.allclose(found, wanted, RTOL, ATOL):
                raise AssertionError(f"{name} and {first} compute different numbers: {found}, {wanted}")


def timed(contender: Contender) -> tuple[float, float]:
    """The seconds that a contender takes, and those that processors work for this process meanwhile."""
    worked, start = time.process_time(), time.perf_counter()
    contender()
    return time.perf_counter() - start, time.process_time() - worked


def paired_ratios(times: Times, references: Iterable[str]) -> Figures:
    """Everybody's ratio to each of the references that took part."""
    return {
        reference: {name: paired_ratio(times[name], times[reference]) for name in times if name != reference}
        for reference in references
        if reference in times
    }


def paired_ratio(times: Iterable[float], reference: Iterable[float]) -> float:
    """The median over rounds of a time divided by the reference's in the same round."""
    return digits(statistics.median(mine / its for mine, its in zip(times, reference, strict=True)))


def digits(number: float) -> float:
    """As much of a measured number as can mean anything."""
    return float(f"{number:.4g}")


@contextmanager
def garbage_kept() -> Iterator[None]:
    """No garbage is collected unasked, and what is there already is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class Watch:
    """Sees, from when it is made, what other programs do; outside Linux it sees nothing."""

    def __init__(self) -> None:
        self.start = time.perf_counter(), time.process_time(), busy_seconds()

    def others(self) -> float:
        """How many processors other programs have kept busy since."""
        start, mine, everybodys = self.start
        others = busy_seconds() - everybodys - (time.process_time() - mine)
        return max(0.0, others / (time.perf_counter() - start))


def busy_seconds() -> float:
    """The seconds that all processors together have worked for anybody; 0.0 where nobody tells."""
    counters = Path("/proc/stat")
    if not counters.exists():
        return 0.0
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(
        int, counters.read_text().split("\n")[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
