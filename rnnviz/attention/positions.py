"""Where a token stands, as numbers: attention alone would not know."""

import math

import torch
from torch import Tensor


def sinusoidal(
    steps: int, width: int, device: torch.device | str | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """(T, E), nothing of it learned (Vaswani et al. 2017, 3.5).

    p_t,2i = sin(t / 10000^(2i / E))          p_t,2i+1 = cos(t / 10000^(2i / E))

    Waves from 2 pi to almost 10000 * 2 pi steps long; p_{t+k} is a rotation of p_t that depends on k alone.
    """
    t = torch.arange(steps, device=device, dtype=torch.float64)[:, None]
    i = torch.arange(0, width, 2, device=device, dtype=torch.float64)
    angle = t * torch.exp(-math.log(10_000) * i / width)
    waves = torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :width]
    return waves.to(dtype or torch.get_default_dtype())
