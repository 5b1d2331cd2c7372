"""The command that takes a number apart."""

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.cli.telling import aligned, tell

if TYPE_CHECKING:  # nobody who asks for something else should have to wait for these
    import pandas as pd

    from rnnviz.terms import Terms


def explain(arguments: argparse.Namespace) -> int:
    """Takes one number of a network apart: every product that it is the sum of."""
    if arguments.largest < 0:
        raise ValueError(f"largest is at least 0, not {arguments.largest}.")
    from rnnviz.breakdown import place_of, terms
    from rnnviz.checkpoints import load
    from rnnviz.record import record

    model = load(arguments.checkpoint)
    trace = record(model, arguments.text, compare=False)
    found = terms(model, trace, arguments.name, arguments.unit)
    place = place_of(found, trace, arguments.step)
    if arguments.csv:
        _write(arguments.csv, found.at(place))
    step = range(len(trace))[arguments.step]
    label = trace[arguments.name].label
    tell(sys.stdout, f"{found.name} of unit {found.unit} at step {step}, {trace.tokens[step]!r}: {label}")
    for line in aligned(_table(found, place, arguments.largest), left=(0,)):
        tell(sys.stdout, line)
    return 0


def _table(found: "Terms", step: int, largest: int) -> list[tuple[str, ...]]:
    """The largest products, the others together; the sum, what rounding left, and what it was made into."""
    from rnnviz.terms import COLUMNS

    values = found.values(step)
    order = abs(values).argsort(kind="stable")[::-1]
    rows: list[tuple[str, ...]] = [COLUMNS]
    for term in order[:largest]:
        source = found.sources[term] or repr(found.tokens[step])
        numbers = (found.weight[step, term], found.input[step, term], found.scale[step, term], values[term])
        rows.append((source, *(_six(number) for number in numbers)))
    rest = order[largest:]
    if len(rest):
        rows.append((f"{len(rest)} more, together", "", "", "", _six(values[rest].sum())))
    rows.append(("what rounding left", "", "", "", _six(found.remainder(step))))
    rows.append(("the sum", "", "", "", _six(found.total[step])))
    if found.activation != "identity":
        rows.append((f"its {found.activation}", "", "", "", _six(found.value[step])))
    return rows


def _write(path: Path, table: "pd.DataFrame") -> None:
    """All products as CSV. What a spreadsheet would take for a formula gets an apostrophe before it."""
    from rnnviz.files import replace_whole
    from rnnviz.terms import COLUMNS
    from rnnviz.traces import FORMULA

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for source, *numbers in table.itertuples(index=False):
        writer.writerow(["'" + source if source[:1] in FORMULA else source, *map(float, numbers)])
    replace_whole(path, text.getvalue().encode("utf-8", "replace"))


def _six(value: float) -> str:
    """A number with six digits."""
    return f"{value:.6g}"
