"""The weights that a run has kept on its way: the same model, younger."""

from pathlib import Path

import torch

from rnnviz.checkpoints import kept_steps, load, load_at
from rnnviz.record import record
from tests.checkpoints.made import MODELS, keep, language, write


def test_each_step_is_the_model_of_that_time(gallery: Path) -> None:
    models = {step: language() for step in (0, 1, 128)}
    folder = write(gallery / "run", models[128])
    for step, model in models.items():
        keep(model, folder / "steps" / f"{step:06d}.safetensors")
    assert kept_steps("run") == kept_steps(folder) == [0, 1, 128]
    for step, model in models.items():
        for asked in ("run", folder):
            again = load_at(asked, step)
            weights = again.state_dict()
            assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
            assert (again.name, again.training) == ("run", False)
    assert not torch.equal(load_at("run", 0).out.weight, load_at("run", 1).out.weight)


def test_colours_are_the_same_at_each_step(gallery: Path) -> None:
    """The ranges are those of the whole run, so that nothing jumps in the film strip."""
    folder = write(gallery / "run")
    keep(language(), folder / "steps" / "000000.safetensors")
    assert load_at("run", 0).ranges == load("run").ranges == {"l0.h": 0.9, "out.logits": 2.5}
    domains = [record(model, "fox")["out.logits"].domain for model in (load("run"), load_at("run", 0))]
    assert domains == [(-2.5, 2.5)] * 2


def test_a_run_without_best_weights_yet_has_its_steps(gallery: Path) -> None:
    for name, (make, task) in MODELS.items():
        folder = write(gallery / name, make(), task, weights=False)
        keep(make(), folder / "steps" / "000000.safetensors")
        assert load_at(folder, 0).config == make().config
