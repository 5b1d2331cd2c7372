"""Models small enough to work out by hand."""

import torch

from rnnviz.models.language import LanguageModel
from rnnviz.models.vocabulary import Vocabulary


def bias_only(*logits: float) -> LanguageModel:
    """A model of <unk>, a, b, c... that always expects the same: its output is its bias."""
    letters = [chr(ord("a") + i) for i in range(len(logits) - 1)]
    model = LanguageModel(Vocabulary(("<unk>", *letters)), "rnn", hidden=2)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.out.bias.copy_(torch.tensor(logits))
    return model.eval()


def follower() -> LanguageModel:
    """A model of a and b that expects the one it did not read last, with odds of e^2 to 1."""
    model = LanguageModel(Vocabulary(("<unk>", "a", "b")), "rnn_relu", hidden=2)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.rnn.weight_ih_l0[0, 1] = 1.0  # unit 0 is on after an a
        model.rnn.weight_ih_l0[1, 2] = 1.0  # unit 1 is on after a b
        model.out.weight[2, 0] = 2.0
        model.out.weight[1, 1] = 2.0
        model.out.bias[0] = -1e4
    return model.eval()
