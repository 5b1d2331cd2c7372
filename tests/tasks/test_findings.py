"""A unit that is built to keep the depth is found, and so is one that keeps the quote."""

import pytest
import torch

from rnnviz.models.language import LanguageModel
from rnnviz.models.vocabulary import Vocabulary
from rnnviz.tasks import brackets
from rnnviz.tasks.brackets import Brackets, followers, write


def counting_model() -> LanguageModel:
    """An LSTM whose unit 2 adds 1 to c for each opened bracket and takes 1 away for each closed one."""
    vocabulary = Vocabulary.of(Brackets(2000).text())
    model = LanguageModel(vocabulary, "lstm", hidden=4)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        i, f, g, _ = model.rnn.bias_ih_l0.view(4, 4)
        i.fill_(-40.0)  # nothing comes in
        f[2] = 40.0  # unit 2 forgets nothing
        g.fill_(0.0)
        columns = model.rnn.weight_ih_l0.view(4, 4, len(vocabulary))
        for sign, characters in ((1, brackets.CLOSERS), (-1, brackets.CLOSERS.values())):
            for character in characters:
                columns[0, 2, vocabulary.encode(character)] = 80.0
                columns[2, 2, vocabulary.encode(character)] = 40.0 * sign
    return model.eval()


def test_the_unit_that_counts_is_found() -> None:
    depth, quote = followers(counting_model(), write(2000, 7))
    assert depth.quantity == "l0.c"
    assert depth.unit == 2
    assert depth.correlation == pytest.approx(1)
    assert abs(quote.correlation) < 0.5


def test_it_is_told_in_sentences() -> None:
    first, second, third = Brackets().findings(counting_model())
    assert first.startswith("Unit 2 keeps the depth: its l0.c")
    assert "+1.000" in first
    assert "quote" in second
    assert "5,000 characters" in third
