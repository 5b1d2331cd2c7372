"""Random numbers as torch draws them after `torch.manual_seed`, and nobody else's draws disturbed."""

import math

import numpy as np
import torch
from torch import Tensor

from rnnviz.nn import LAYERS, Recurrent


def seeded(seed: int) -> torch.Generator:
    """What torch itself would draw from after `torch.manual_seed(seed)`."""
    return torch.Generator().manual_seed(seed)


def normal(draws: torch.Generator, *shape: int) -> Tensor:
    """As `torch.normal(0, 1, shape)`, or `torch.randn(shape)`."""
    return torch.normal(0.0, 1.0, shape, generator=draws)


def layer(draws: torch.Generator, cell: str, inputs: int, units: int, **settings: bool | int) -> Recurrent:
    """A layer with the weights that it, or `torch.nn`'s, would begin with. cell: a name in `LAYERS`."""
    made = LAYERS[cell](inputs, units, **settings)
    bound = 1 / math.sqrt(units)
    with torch.no_grad():
        for weight in made.parameters():
            weight.uniform_(-bound, bound, generator=draws)
    return made


def linear(draws: torch.Generator, inputs: int, outputs: int) -> tuple[Tensor, Tensor]:
    """weight (outputs, inputs) and bias (outputs,) as `torch.nn.Linear` begins with them."""
    bound = 1 / math.sqrt(inputs)
    shapes = ((outputs, inputs), (outputs,))
    weight, bias = (torch.empty(shape).uniform_(-bound, bound, generator=draws) for shape in shapes)
    return weight, bias


def array(tensor: Tensor) -> np.ndarray:
    """The numbers of a tensor, read-only."""
    values = tensor.detach().cpu().numpy().copy()
    values.flags.writeable = False
    return values


def difference(a: Tensor, b: Tensor) -> float:
    """The largest difference of two tensors of one shape."""
    return float((a - b).abs().max())
