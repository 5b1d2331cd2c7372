"""The same training step by Keras and by JAX, where they are installed, beside rnnviz and torch.nn."""

from importlib.util import find_spec

from benchmarks.parts import training
from benchmarks.plan import PARTS, Case
from benchmarks.problems import Problem
from benchmarks.timing import Sample, race


def installed() -> list[str]:
    """Which of the other libraries are here."""
    keras = find_spec("keras") and find_spec("tensorflow")
    return [name for name, here in (("Keras", keras), ("JAX", find_spec("jax"))) if here]


def measure(case: Case, seconds: float, seed: int) -> Sample:
    """Every library's steps on the same batch, from the same weights."""
    problem = Problem(case)
    ours = training.builders(problem)
    builders = {name: ours[name] for name in ("torch.nn", "rnnviz")}
    if "Keras" in installed():
        from benchmarks.parts import peers_keras

        builders |= peers_keras.builders(problem)
    if "JAX" in installed():
        from benchmarks.parts import peers_jax

        builders |= peers_jax.builders(problem)
    return race(builders, PARTS[case.part].references, seconds, seed)
