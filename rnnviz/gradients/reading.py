"""One sequence, read by a model, ready to be gone back through."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnviz.gradients.losses import Losses, losses_of
from rnnviz.models.base import Model
from rnnviz.models.language import reading
from rnnviz.models.reader import Reader, as_reader
from rnnviz.record.inputs import given
from rnnviz.recurrence.triangular import Layer


class Read(NamedTuple):
    """model: the reader that has read; x: ids (T, 1), or numbers (T, 1, D), on the CPU as all that follows;
    rows: what the first layer reads, embedding rows or numbers (T, D), or ids (T,) for their one-hot rows.

    stack: every layer and direction as `recurrence.triangular` takes it. outputs: the h of each layer in the
    order of the sequence, both directions side by side, (T, width) each.
    """

    model: Reader
    x: Tensor
    rows: Tensor
    stack: list[list[Layer]]
    outputs: list[Tensor]

    @property
    def steps(self) -> int:
        return len(self.x)


def read(model: Model, input: Any, does: str = "has gradients of its states") -> Read:
    """Lets a model read, without dropout. Raises ValueError for what it cannot read, and for another model
    than a recurrent one in float32 or float64.
    """
    model = as_reader(model, does)
    with reading(model):
        x = given(model, input).x
        dtype = model.rnn.all_weights[0][0].dtype
        if dtype not in (torch.float32, torch.float64):
            raise ValueError(f"Gradients are computed in float32 or float64, not in {dtype}.")
        trace = model.rnn.trace(model.read(x))
        return _ready(model, x, trace.values)


def _ready(model: Reader, x: Tensor, values: dict[str, Tensor]) -> Read:
    stack: list[list[Layer]] = []
    outputs = []
    for layer in range(model.layers):
        ways: list[Layer] = []
        for way in range(model.directions):
            prefix = f"l{layer}{'r' * way}."
            cell = model.rnn.cell(layer, way)
            weights = [weight.detach().cpu() for weight in cell.weights if weight is not None]
            found = {
                name.removeprefix(prefix): (value.flip(0) if way else value).cpu()
                for name, value in values.items()
                if name.startswith(prefix)
            }
            start = [torch.zeros_like(found["h"][0]) for _ in cell.carried]
            ways.append((model.rnn.make_cell(*weights), found, start))
        shown = [values[f"l{layer}{'r' * way}.h"][:, 0].cpu() for way in range(model.directions)]
        stack.append(ways)
        outputs.append(torch.cat(shown, dim=-1))
    return Read(model, x.cpu(), model.read(x)[:, 0].cpu(), stack, outputs)


def heard(read: Read, target: Any) -> tuple[Losses, Tensor]:
    """The losses of what was read, and the gradient of each with respect to the h that it is computed from,
    (T, width); of the one loss of a whole sequence, with respect to every h.
    """
    device = read.model.device
    with torch.inference_mode(False), torch.enable_grad():
        h = read.outputs[-1][:, None].clone().to(device).requires_grad_()
        losses = losses_of(read.model, h, read.x.clone().to(device), target)
        # No two losses are computed from the same h, or there is one: so their sum keeps them apart.
        (cotangent,) = torch.autograd.grad(losses.values.sum(), h)
    return losses, cotangent[:, 0].cpu()
