"""The numbers of a run as tables in Markdown."""

from collections.abc import Iterator, Sequence

from benchmarks.plan import CELLS, PARTS, Case
from benchmarks.results import Figure, Results
from benchmarks.targets import Verdict, judged, target_of

BUSY = 0.1  # processors kept busy by others, from which on a sample is not to be trusted
APART = 1.04  # two clocks that tell a ratio more differently disagree
ONE_CORE = 1.1  # beyond it a contender computed on more than one


def report(results: Results) -> str:
    """All of it: what was measured where, the tables, what was reached, and what to doubt."""
    tables = [block for part in PARTS for block in tables_of(results, part)]
    return "\n\n".join([heading(results), *tables, *reached(results), *doubts(results)])


def heading(results: Results) -> str:
    """The machine, and how to read the tables."""
    machine = results.machine
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    count = max((len(samples) for samples in results.samples.values()), default=0)
    return (
        "# How quickly\n\n"
        f"{machine['cpu']}, one thread of {machine['cores']}; {libraries}; {results.date}\n\n"
        "`a / b`: the time of a as a multiple of that of b in the same rounds, lower is better. "
        f"The median of {count} fresh process{'es' * (count > 1)}, in brackets the least and the most; then, "
        "where a figure is judged, the target and the verdict: leads, met or MISSED; open: it would lead."
    )


def tables_of(results: Results, part: str) -> Iterator[str]:
    """The tables of a part, one for each cell."""
    measured = [case for case in results.samples if case.part == part]
    if measured:
        yield f"## {PARTS[part].title}"
    for cell in CELLS:
        cases = [case for case in measured if case.cell == cell]
        if cases:
            columns = [f"{case.setting.name} ({case.setting.shape})" for case in cases]
            yield table([cell.upper(), *columns], rows_of(results, cases))


def rows_of(results: Results, cases: Sequence[Case]) -> list[list[str]]:
    """A row for each contender beside the first reference, and for rnnviz beside the other ones."""
    first, *others = PARTS[cases[0].part].references
    names = results.contenders(cases[0])
    rows = [[first, *(_time(results.milliseconds(case, first)) for case in cases)]] if first in names else []
    pairs = [(name, first) for name in names if name != first]
    pairs += [("rnnviz", other) for other in others if other in names]
    return rows + [
        [
            name if other == "MB" else f"{name} / {other}",
            *(_cell(results, case, name, other) for case in cases),
        ]
        for name, other in pairs
    ]


def reached(results: Results) -> list[str]:
    """How many of the judged figures are where they should be, and which are not."""
    verdicts = [verdict for _, _, verdict in judged(results)]
    missed = [
        f"- {target.part}, {target.cell.upper()}, {target.setting}: {target.contender} / {target.reference} "
        f"is {_plain(figure)}, to reach {target.reach:g}"
        for target, figure, verdict in judged(results)
        if verdict is Verdict.MISSED
    ]
    if not verdicts:
        return []
    asked = [verdict for verdict in verdicts if verdict is not Verdict.OPEN]
    told = (
        f"Of {len(asked)} judged figures {len(asked) - len(missed)} are reached, "
        f"{asked.count(Verdict.LEADS)} of them well enough to lead."
    )
    return ["## What was to be reached", "\n".join([told, "", *missed] if missed else [told])]


def doubts(results: Results) -> list[str]:
    """What speaks against the numbers."""
    shares = [sample.others for samples in results.samples.values() for sample in samples]
    busy = [share for share in shares if share > BUSY]
    found = []
    if busy:
        found.append(
            f"- Other programs kept more than {BUSY:g} processors busy during {len(busy)} of {len(shares)} "
            f"samples, at most {max(busy):.2f}: measure again when the machine is quiet."
        )
    for target, figure, _ in judged(results):
        worked = results.worked(target.case, target.contender, target.reference)
        if worked and not 1 / APART < figure.median / worked < APART:
            found.append(
                f"- {target.case}: {target.contender} / {target.reference} is {figure.median:.3g} "
                f"by the clock, {worked:.3g} by the time that the processor worked."
            )
    for case, samples in results.samples.items():
        for name in samples[0].cores:
            cores = results.cores(case, name)
            if cores > ONE_CORE:
                found.append(f"- {case}: {name} computed on {cores:.2f} processors, not on one.")
    return ["## Doubts", "\n".join(found)] if found else []


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, with its columns under one another."""
    widths = [max(len(row[k]) for row in [columns, *rows]) for k in range(len(columns))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)) + " |"

    return "\n".join([line(columns), line(["-" * width for width in widths]), *map(line, rows)])


def _cell(results: Results, case: Case, name: str, reference: str) -> str:
    """A figure, and where it is judged its target and the verdict."""
    figure = results.figure(case, name, reference)
    if figure is None:
        return ""
    target = target_of(case, name, reference)
    return f"{_plain(figure)}, {target.said(figure.median)}" if target else _plain(figure)


def _plain(figure: Figure) -> str:
    digits = 0 if figure.median > 10 else 2 if figure.median >= 0.1 else 3
    return f"{figure.median:.{digits}f} ({figure.low:.{digits}f}-{figure.high:.{digits}f})"


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.3g} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
