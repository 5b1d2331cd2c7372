"""What has to be reached, and what it would take to lead."""

from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import NamedTuple

from benchmarks.plan import CELLS, PARTS, TRAINING, Case, case_named
from benchmarks.results import Figure, Results


class Verdict(Enum):
    """How a figure stands to its target; open: it would lead if it were lower, and need not."""

    LEADS = "leads"
    MET = "met"
    OPEN = "open"
    MISSED = "MISSED"


class Target(NamedTuple):
    """A judged figure: a contender's ratio to a reference, or its megabytes; None: not asked for."""

    part: str
    cell: str
    setting: str
    contender: str
    reference: str
    reach: float | None
    lead: float | None

    @property
    def case(self) -> Case:
        """The comparison that the figure comes from."""
        return case_named(self.part, self.cell, self.setting)

    def verdict(self, figure: float) -> Verdict:
        """What a figure amounts to."""
        if self.lead is not None and figure <= self.lead:
            return Verdict.LEADS
        if self.reach is None:
            return Verdict.OPEN
        return Verdict.MET if figure <= self.reach else Verdict.MISSED

    def said(self, figure: float) -> str:
        """The limit that the verdict is about, and the verdict."""
        verdict = self.verdict(figure)
        limit = self.lead if verdict in (Verdict.LEADS, Verdict.OPEN) else self.reach
        return f"<= {limit:g} {verdict.value}"


LSTM = {"live64": 1.5, "d2l256": 1.1, "d2l512": 0.98, "karpathy": 1.25}


def targets() -> Iterator[Target]:
    """All of them."""
    for setting in (each.name for each in TRAINING):
        gru = 1.0 if setting == "d2l256" else 0.95
        yield Target("training", "lstm", setting, "rnnviz", "torch.nn", LSTM[setting], 1.0)
        yield Target("training", "gru", setting, "rnnviz", "torch.nn", gru, 0.7)
        yield Target("training", "rnn", setting, "rnnviz", "torch.nn", 0.8, 0.6)
        yield Target("training", "lstm", setting, "rnnviz (torch)", "torch.nn", 1.05, 0.9)
    for cell in CELLS:
        for peer in PARTS["peers"].references[1:]:
            for setting in ("d2l256", "karpathy"):
                yield Target("peers", cell, setting, "rnnviz", peer, 1.0, None)
            yield Target("peers", cell, "live64", "rnnviz", peer, None, 1.0)
    yield Target("trace", "lstm", "T500", "rnnviz", "naive loop", 0.25, 0.15)
    yield Target("trace", "lstm", "T100", "rnnviz", "torch.nn", 2.0, 1.5)
    yield Target("connectivity", "lstm", "T100", "rnnviz", "T backward passes, readable", 0.04, 0.02)
    for cell in CELLS:
        yield Target("memory", cell, "T2000", "rnnviz", "MB", 100.0, None)


@cache
def _by_figure() -> dict[tuple[str, ...], Target]:
    return {target[:5]: target for target in targets()}


def target_of(case: Case, contender: str, reference: str) -> Target | None:
    """What a figure has to reach; None where it is not judged."""
    return _by_figure().get((case.part, case.cell, case.setting.name, contender, reference))


def judged(results: Results) -> Iterator[tuple[Target, Figure, Verdict]]:
    """Every target whose figure was measured."""
    for target in targets():
        figure = results.figure(target.case, target.contender, target.reference)
        if figure:
            yield target, figure, target.verdict(figure.median)
