"""`python -m benchmarks`: measures, prints tables, writes JSON; or draws the picture of an earlier run."""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import picture, plan, processes, results, tables
from benchmarks.parts import peers

JSON = processes.ROOT / "build" / "speed.json"
LIVELY = 0.5  # the load average of a machine that is not quiet


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what was asked for at the command line."""
    options = parsed(arguments)
    if options.draw:
        picture.save(results.Results.load(options.draw), options.picture or picture.PATH)
        return
    cases = list(plan.cases(options.only, options.cells, options.settings))
    if not peers.installed():
        say("Keras and JAX are not here: pip install -r requirements-bench.txt")
        cases = [case for case in cases if case.part != "peers"]
    if not cases:
        raise SystemExit("There is no such comparison: no part has these cells and settings.")
    run = results.begun(options.seconds)
    warn_if_lively(run.machine["load"])
    try:
        fill(run, cases, options.processes, options.json)
    except KeyboardInterrupt:
        say("Stopped; these are the numbers so far.")
    print(tables.report(run))
    say(f"{options.json} has all of them.")
    if options.picture:
        picture.save(run, options.picture)


def fill(run: results.Results, cases: Sequence[plan.Case], count: int, path: Path) -> None:
    """Measure every case in so many processes; what there is of the run is saved after each."""
    begin, whole = time.monotonic(), count * len(cases)
    for done, (case, sample) in enumerate(processes.samples(cases, count, run.seconds), start=1):
        run.add(case, sample)
        run.save(path)
        passed = (time.monotonic() - begin) / 60
        say(f"{done}/{whole}, {passed:.1f} of about {passed / done * whole:.0f} minutes: {case}")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for at the command line."""
    settings = list(dict.fromkeys(s.name for part in plan.PARTS.values() for s in part.settings))
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--processes", type=positive, default=5, help="fresh ones for each comparison (5)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of a comparison in a process (6)")
    for name, known in (("only", list(plan.PARTS)), ("settings", settings), ("cells", list(plan.CELLS))):
        said = f"of {', '.join(known)}, with commas between them; default all"
        parser.add_argument(f"--{name}", type=partial(listed, known=known), default=(), help=said)
    parser.add_argument("--json", type=Path, default=JSON, help="where the numbers go (build/speed.json)")
    parser.add_argument("--picture", type=Path, help="where a picture goes, .svg or .png")
    parser.add_argument("--draw", type=Path, metavar="JSON", help="draw an earlier run and measure nothing")
    return parser.parse_args(arguments)


def listed(text: str, known: Sequence[str]) -> list[str]:
    """Names with commas between them, each a known one."""
    names = text.split(",")
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
    return names


def positive(text: str) -> int:
    """A whole number from 1 upwards."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 upwards")
    return int(text)


def warn_if_lively(load: Sequence[float]) -> None:
    """Times on a busy machine are worth little, even as ratios."""
    if load and load[0] > LIVELY:
        say(f"This machine is busy: its load average is {load[0]:g}. Quiet it first, or doubt the numbers.")


def say(words: str) -> None:
    """To whoever waits; the tables alone go to standard output."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
