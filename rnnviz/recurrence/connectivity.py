"""Which input moved which output: all gradients of all outputs, from one trace."""

from collections.abc import Sequence

from torch import Tensor

from rnnviz.recurrence.triangular import Layer, lengths, quiet, slopes


def sensitivity(layers: Sequence[Layer], cotangent: Tensor) -> Tensor:
    """|dscore_s / dx_t| for all steps s and t, (T, T), zero for t > s; x_t as the first layer gets it.

    layers: from the first to the last, of one sequence read one way. cotangent (T, H): dscore_s / dh_s of the
    last layer, where score_s may be anything that is computed from h_s. Values and weights are on the CPU.
    """
    count = len(cotangent)
    norms = cotangent.new_zeros(count, count)
    with quiet():
        for found in slopes([[layer] for layer in layers], cotangent, range(count), inputs=True):
            if found.layer == 0 and found.dx is not None:
                norms.numpy()[found.rows[: len(found.h)], found.step] = lengths(found.dx)
    return norms
