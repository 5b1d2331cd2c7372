"""The same numbers as torch's own optimizers, to the bit."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnviz.training.optimizers import SGD, AdamW

SHAPES = ((5, 3), (7,), (), (1, 2, 3))
Theirs = Callable[..., torch.optim.Optimizer]


def drawn(seed: int) -> list[Tensor]:
    """Random numbers for each weight."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in SHAPES]


@pytest.mark.parametrize("decay", [0.0, 0.15])
@pytest.mark.parametrize(("ours", "theirs"), [(AdamW, torch.optim.AdamW), (SGD, torch.optim.SGD)])
def test_steps_are_those_of_torch(ours: Any, theirs: Theirs, decay: float) -> None:
    one, other = drawn(0), [value.requires_grad_() for value in drawn(0)]
    mine, reference = ours(one, decay), theirs(other, lr=1.0, weight_decay=decay, fused=True)
    for step in range(1, 20):
        lr = 0.1 / step
        reference.param_groups[0]["lr"] = lr
        for weight, copy, gradient in zip(one, other, drawn(step), strict=True):
            weight.grad, copy.grad = gradient.clone(), gradient.clone()
        mine.step(lr)
        reference.step()
        for weight, copy in zip(one, other, strict=True):
            assert torch.equal(weight, copy)


def test_adam_is_what_its_equations_say() -> None:
    weight = torch.tensor([2.0], dtype=torch.float64)
    adam = AdamW([weight], decay=0.1)
    m = v = 0.0
    w = 2.0
    for t, gradient in enumerate((0.5, -3.0, 0.25), start=1):
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        adam.step(lr=0.01)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 0.01 * (0.1 * w + (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8))
        assert float(weight) == pytest.approx(w, rel=1e-12)


def test_what_it_remembers_comes_back() -> None:
    weights = drawn(0)
    adam = AdamW(weights, 0.1)
    for weight, gradient in zip(weights, drawn(1), strict=True):
        weight.grad = gradient
    adam.step(0.1)
    again = AdamW([weight.clone() for weight in weights], 0.1)
    again.load({name: value.clone() for name, value in adam.state().items()})
    for weight, copy in zip(weights, again.weights, strict=True):
        copy.grad = weight.grad
    adam.step(0.1)
    again.step(0.1)
    assert all(torch.equal(weight, copy) for weight, copy in zip(weights, again.weights, strict=True))
    with pytest.raises(KeyError):
        again.load({})


def test_a_weight_without_a_gradient_is_no_trouble() -> None:
    weight = torch.ones(3)
    AdamW([weight], 0.0).step(0.1)
    SGD([weight], 0.0).step(0.1)
    assert torch.equal(weight, torch.ones(3))


@pytest.mark.slow  # in an interpreter of its own
def test_a_training_does_not_load_the_compiler() -> None:
    code = (
        "import sys; from rnnviz.training.worker import warm; warm(); "
        "sys.exit('torch._dynamo' in sys.modules or 'sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
