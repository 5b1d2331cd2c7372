"""How weights follow their gradients: torch's own functions, without its optimizer classes.

Those load torch's compiler when they are first used. That would take longer than all else that has to be
loaded to begin a training, and nothing here is ever compiled.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

BETAS, EPSILON = (0.9, 0.999), 1e-8


class AdamW:
    """Adam with weight decay beside the gradient (Loshchilov, Hutter 2019): `torch.optim.AdamW` to the bit.

    m_t = b1 m_{t-1} + (1 - b1) g_t          v_t = b2 v_{t-1} + (1 - b2) g_t^2
    w_t = w_{t-1} - lr (decay w_{t-1} + m_t / (1 - b1^t) / (sqrt(v_t / (1 - b2^t)) + e))
    """

    def __init__(self, weights: Sequence[Tensor], decay: float) -> None:
        self.weights, self.decay = weights, decay
        self.steps = [torch.zeros((), device=weight.device) for weight in weights]
        self.means = [torch.zeros_like(weight) for weight in weights]  # m
        self.squares = [torch.zeros_like(weight) for weight in weights]  # v

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Takes a step along the gradients that the weights have."""
        gradients = [_gradient(weight) for weight in self.weights]
        adamw(
            list(self.weights), gradients, self.means, self.squares, [], self.steps, fused=True,
            lr=lr, beta1=BETAS[0], beta2=BETAS[1], weight_decay=self.decay, eps=EPSILON,
            amsgrad=False, maximize=False,
        )  # fmt: skip

    def state(self) -> dict[str, Tensor]:
        """All that it remembers, by name."""
        return {
            f"{name}.{k}": value for name, values in self._kept().items() for k, value in enumerate(values)
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Remembers that instead. Raises KeyError or RuntimeError where it is of other weights."""
        for name, values in self._kept().items():
            for k, value in enumerate(values):
                value.copy_(state[f"{name}.{k}"])

    def _kept(self) -> dict[str, list[Tensor]]:
        return {"steps": self.steps, "means": self.means, "squares": self.squares}


class SGD:
    """w_t = w_{t-1} - lr (g_t + decay w_{t-1}): `torch.optim.SGD` to the bit; it remembers nothing."""

    def __init__(self, weights: Sequence[Tensor], decay: float) -> None:
        self.weights, self.decay = weights, decay

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Takes a step along the gradients that the weights have."""
        gradients, none = [_gradient(weight) for weight in self.weights], [None for _ in self.weights]
        sgd(
            list(self.weights), gradients, [*none], fused=True, lr=lr, weight_decay=self.decay, momentum=0.0,
            dampening=0.0, nesterov=False, maximize=False,
        )  # fmt: skip

    def state(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Nothing to remember."""


OPTIMIZERS: dict[str, type[AdamW] | type[SGD]] = {"adam": AdamW, "sgd": SGD}


def _gradient(weight: Tensor) -> Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad
