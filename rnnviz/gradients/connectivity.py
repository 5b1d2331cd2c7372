"""How much each character that was read moved the prediction of each later one."""

import numpy as np
import torch
from torch.nn.functional import one_hot

from rnnviz.models.base import Model
from rnnviz.models.language import as_language_model, reading
from rnnviz.nn import State


def connectivity(model: Model, text: str, state: State | None = None) -> np.ndarray:
    """How much each character that was read moved the prediction of each later one.

    C (T, T): C[s, t] = |d log P(x_s) / d input row t| for t < s, else 0, where P(x_s) is what the model gave
    to character s before it read it, and the input row is the one-hot or embedding row of character t. Exact,
    all of it from one trace. state: the start state as for the layer, zeros if None. Raises ValueError for an
    empty text, and for a model that does not predict characters.

    Madsen, "Visualizing memorization in RNNs", 2019, who calls it connectivity.
    """
    model = as_language_model(model, "has a connectivity")
    if not text:
        raise ValueError("There is no text to read: give at least one character.")
    with reading(model):
        ids = model.ids(text)
        trace = model.rnn.trace(model.read(ids[:, None]), state)
        h = trace.output[:, 0]
        expected = model.out(h).softmax(-1)
        came = one_hot(ids, expected.shape[1])
        # log P(x_s) is a score of step s - 1: d log P(x_s) / dh_{s-1} = W_out^T (came_s - expected_{s-1}).
        cotangent = torch.zeros_like(h)
        cotangent[:-1] = (came[1:] - expected[:-1]) @ model.out.weight
        moved = model.rnn.sensitivity_of(trace, cotangent, state).cpu().numpy()
    return np.vstack([np.zeros_like(moved[:1]), moved[:-1]])
