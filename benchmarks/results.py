"""The numbers of a run, and the file they are kept in."""

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple, Self

from benchmarks.plan import Case, case_named
from benchmarks.timing import Sample

FORMAT = 1
LIBRARIES = ("torch", "numpy", "keras", "tensorflow", "jax")


class Figure(NamedTuple):
    """The median of what the processes found, and the least and the most."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Results:
    """Every sample by its case, and what they were taken on."""

    machine: Mapping[str, Any]
    date: str
    seconds: float
    samples: dict[Case, list[Sample]] = field(default_factory=dict)

    def add(self, case: Case, sample: Sample) -> None:
        self.samples.setdefault(case, []).append(sample)

    def figure(self, case: Case, contender: str, reference: str) -> Figure | None:
        """A ratio, or megabytes; None where that was not measured."""
        found = [
            sample.figures[reference][contender]
            for sample in self.samples.get(case, [])
            if contender in sample.figures.get(reference, {})
        ]
        return Figure(statistics.median(found), min(found), max(found)) if found else None

    def worked(self, case: Case, contender: str, reference: str) -> float | None:
        """The ratio of the time that processors worked; None where that was not measured."""
        found = [sample.worked.get(reference, {}).get(contender) for sample in self.samples.get(case, [])]
        known = [ratio for ratio in found if ratio is not None]
        return statistics.median(known) if known else None

    def milliseconds(self, case: Case, contender: str) -> float:
        """The median of the processes' medians."""
        return statistics.median(sample.milliseconds[contender] for sample in self.samples[case])

    def cores(self, case: Case, contender: str) -> float:
        """The processors that a contender kept busy."""
        return statistics.median(sample.cores[contender] for sample in self.samples[case])

    def contenders(self, case: Case) -> list[str]:
        """Who took part, in the order in which a part names them."""
        sample = self.samples[case][0]
        return list(sample.milliseconds) or list(sample.figures["MB"])

    def summary(self, case: Case) -> dict[str, dict[str, Figure]]:
        """Every figure: reference -> contender."""
        figures = self.samples[case][0].figures
        return {
            reference: {name: found for name in names if (found := self.figure(case, name, reference))}
            for reference, names in figures.items()
        }

    def save(self, path: Path) -> None:
        """Writes JSON. The summaries are there to be read by people and are not read back."""
        told = [
            {
                "part": case.part,
                "cell": case.cell,
                "setting": case.setting.name,
                "shape": case.setting.shape,
                "summary": {
                    reference: {name: figure._asdict() for name, figure in figures.items()}
                    for reference, figures in self.summary(case).items()
                },
                "samples": [asdict(sample) for sample in samples],
            }
            for case, samples in self.samples.items()
        ]
        whole = {
            "format": FORMAT,
            "date": self.date,
            "machine": dict(self.machine),
            "seconds": self.seconds,
            "results": told,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote; ValueError for anything else."""
        whole = json.loads(path.read_text(encoding="utf-8"))
        if whole.get("format") != FORMAT:
            raise ValueError(f"{path} has format {whole.get('format')!r}; this reads format {FORMAT}.")
        samples = {
            case_named(each["part"], each["cell"], each["setting"]): [Sample(**s) for s in each["samples"]]
            for each in whole["results"]
        }
        return cls(whole["machine"], whole["date"], whole["seconds"], samples)


def begun(seconds: float) -> Results:
    """No samples yet; the machine and the date are those of now."""
    return Results(this_machine(), datetime.now(UTC).isoformat(timespec="seconds"), seconds)


def this_machine() -> dict[str, Any]:
    """The processor, the libraries, and how busy it has been in the last one, five and fifteen minutes."""
    import torch

    known = torch.cpu.get_capabilities()
    return {
        "cpu": known.get("cpu_name", platform.processor()),
        "cores": os.cpu_count(),
        "threads": 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else [],
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
