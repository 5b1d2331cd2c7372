"""Each comparison in fresh processes, again and again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.plan import Case
from benchmarks.timing import Sample

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "NPROC": "1",  # the processors that JAX believes there are
}
ON_THE_CPU = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "KERAS_BACKEND": "tensorflow"}
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "ABSL_MIN_LOG_LEVEL": "3"}


def samples(cases: Sequence[Case], processes: int, seconds: float) -> Iterator[tuple[Case, Sample]]:
    """Every case once, then every case again: what comes over the machine comes over all cases alike."""
    for seed in range(processes):
        for case in cases:
            yield case, sample(case, seconds, seed)


def sample(case: Case, seconds: float, seed: int) -> Sample:
    """One case in a process of its own; RuntimeError with what it said where it fails."""
    what = [case.part, case.cell, case.setting.name, str(seconds), str(seed)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", *what],
        cwd=ROOT,
        env={**os.environ, **ONE_THREAD, **ON_THE_CPU, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{case} could not be measured:\n{done.stderr[-4000:]}")
    return Sample(**json.loads(done.stdout.splitlines()[-1]))
