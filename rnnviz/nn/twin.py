"""`torch.nn`'s layer of the same kind, on the very same parameters."""

from typing import Any

import torch
from torch import nn


def torch_twin(layer: Any) -> nn.RNNBase:
    """A layer of ours -> one of `torch.nn`, in eval mode; new at each call, as parameters may be replaced."""
    kind = next(each.__name__ for each in type(layer).__mro__ if each.__name__ in ("RNN", "LSTM", "GRU"))
    extra = {"nonlinearity": layer.nonlinearity} if kind == "RNN" else {}
    with torch.inference_mode(False):
        twin = getattr(nn, kind)(
            layer.input_size, layer.hidden_size, layer.num_layers, bias=layer.bias,
            batch_first=layer.batch_first, bidirectional=layer.bidirectional, device="meta", **extra,
        )  # fmt: skip
        for name, parameter in layer.named_parameters():
            setattr(twin, name, parameter)
    return twin.eval()
