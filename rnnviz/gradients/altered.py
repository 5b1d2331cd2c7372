"""Models to hold beside a model: with larger or smaller weights from step to step, or untrained."""

from copy import deepcopy
from math import isfinite

import torch

from rnnviz.models import model_of
from rnnviz.models.base import Model
from rnnviz.models.reader import Reader, as_reader
from rnnviz.quantities import GATES
from rnnviz.randomness import WEIGHTS, drawn


def scaled(model: Model, factor: float) -> Reader:
    """The same model with every W_hh times a factor; the one that is given stays as it is.

    Their spectral radii grow by the same factor. Raises ValueError for a factor that is no number, and for a
    model that is not recurrent.
    """
    model = as_reader(model, "has weights from step to step")
    if not isfinite(factor):
        raise ValueError(f"The factor is a number, not {factor}.")
    with torch.inference_mode(False), torch.no_grad():
        other = deepcopy(model)
        for name, weight in other.rnn.named_parameters():
            if name.startswith("weight_hh"):
                weight.mul_(factor)
    return other


def spectral_radii(model: Model) -> dict[str, float]:
    """The largest magnitude of an eigenvalue of each W_hh, (H, H), by layer, direction and gate: `l0.h` of an
    RNN, `l0.f` of an LSTM, `l0r.z` of a GRU.

    What a state grows by from step to step in the long run, were there nothing but this matrix: above 1 an
    RNN's gradient can explode, below 1 it vanishes (Pascanu, Mikolov, Bengio 2013). Gates change that.
    """
    model = as_reader(model, "has weights from step to step")
    radii = {}
    for layer in range(model.layers):
        for way in range(model.directions):
            weight = model.rnn.cell(layer, way).weight_hh.detach().cpu()
            for gate, block in zip(GATES[model.cell], weight.split(weight.shape[1]), strict=True):
                radii[f"l{layer}{'r' * way}.{gate}"] = float(torch.linalg.eigvals(block).abs().max())
    return radii


def untrained(model: Model, seed: int = 0) -> Reader:
    """A model of the same shape, as it is before training: its weights drawn anew, as torch draws them, from
    a seed.
    """
    model = as_reader(model, "is held against itself before training")
    weight = model.rnn.all_weights[0][1]
    with torch.inference_mode(False), drawn(seed, WEIGHTS):
        other = model_of(model.config, model.vocabulary)
    fresh = as_reader(other, "is held against itself before training").to(weight.device, weight.dtype)
    fresh.columns = model.columns
    return fresh.train(model.training)
