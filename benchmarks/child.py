"""One comparison in a process of its own: `python -m benchmarks.child PART CELL SETTING SECONDS SEED`.

Prints what it found as one line of JSON. `processes` starts it, with one thread for every library.
"""

import importlib
import json
import sys
from dataclasses import asdict

from benchmarks.plan import case_named
from rnnviz.threads import one_thread


def main(part: str, cell: str, setting: str, seconds: str, seed: str) -> None:
    """Measure and print."""
    one_thread()
    measure = importlib.import_module(f"benchmarks.parts.{part}").measure
    sample = measure(case_named(part, cell, setting), float(seconds), int(seed))
    print(json.dumps(asdict(sample)))


if __name__ == "__main__":
    main(*sys.argv[1:])
