"""The film strip: the weights at some steps, so that any sentence can be traced at each of them later."""

import math


def is_kept(step: int, last: int) -> bool:
    """Whether the weights of a step are kept: 0, 1, 2, 3, 4, 6, 8, 11, ..., half octaves, and the last."""
    if step in (0, last):
        return True
    nearest = round(2 * math.log2(step))
    return round(2 ** (nearest / 2)) == step


def name_of(step: int) -> str:
    """The name of a step's file in the folder steps/."""
    return f"{step:06d}.safetensors"
