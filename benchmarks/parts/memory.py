"""How much memory a long trace takes at its peak, beyond what the process had."""

import resource
import sys
from pathlib import Path

import torch

from benchmarks.plan import Case
from benchmarks.problems import Problem
from benchmarks.timing import Sample, digits

MEGABYTE = 1e6


def measure(case: Case, seconds: float, seed: int) -> Sample:
    """Once, in a process that has done nothing else: a peak is never forgotten."""
    problem = Problem(case)
    layer = problem.layer()
    with torch.inference_mode():
        layer.trace(problem.rows[:2])  # what is needed once and for all
        before = bytes_now()
        told = layer.trace(problem.rows).values
    extra = peak_bytes() - before
    values = sum(value.numel() * value.element_size() for value in told.values())
    return Sample({"MB": {"rnnviz": digits(extra / MEGABYTE), "the values alone": digits(values / MEGABYTE)}})


def peak_bytes() -> int:
    """The most memory that this process ever had. Linux counts in units of 1024 bytes, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def bytes_now() -> int:
    """The memory of this process; where nobody tells, the most it ever had."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * resource.getpagesize() if pages.exists() else peak_bytes()
