"""The command that asks models what nobody has learned."""

import argparse
import sys
from typing import TYPE_CHECKING

from rnnviz.cli.telling import aligned, tell

if TYPE_CHECKING:
    from rnnviz.tasks.exam import Exam


def exam(arguments: argparse.Namespace) -> int:
    """Asks models of the same task what none of them has learned from, and tells how many are right."""
    from rnnviz.checkpoints import exam, learned

    names: list[str] = arguments.checkpoints
    first, *others = map(learned, names)
    for name, other in zip(names[1:], others, strict=True):
        if other != first:
            same = "other data of the same task" if other.task.name == first.task.name else other.task.name
            raise ValueError(
                f"Only models of the same task are asked the same: {names[0]} learned {first.task.name}, "
                f"{name} {same}."
            )
    exams = [exam(name, arguments.count, arguments.seed) for name in names]
    for line in aligned(_table(names, exams), left=()):
        tell(sys.stdout, line)
    return 0


def _table(names: list[str], exams: "list[Exam]") -> list[tuple[str, ...]]:
    """The share of right answers at each length, a column for each model."""
    from rnnviz.analysis import by_length

    of_each = [by_length(each.lengths, each.right) for each in exams]
    rows = [("characters", "asked", *names)]
    for k, (first, last, count) in enumerate(
        zip(of_each[0].first, of_each[0].last, of_each[0].count, strict=True)
    ):
        length = f"{first}" if first == last else f"{first} to {last}"
        rows.append((length, str(count), *(f"{told.share[k]:.1%}" for told in of_each)))
    rows.append(("all", str(len(exams[0].pairs)), *(f"{each.share:.1%}" for each in exams)))
    return rows
