"""Dropout between layers: its share, its scale, when it acts, and the draws of torch."""

import pytest
import torch

from rnnviz.nn import LSTM, RNN
from tests.nn.compare import CELLS, error, twins

D, H = 5, 7


def relay(p: float) -> RNN:
    """Two layers whose output is the first one's h after dropout: the second passes it on as it is."""
    layer = RNN(D, 40, 2, "relu", dropout=p, dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.abs_()
        layer.weight_hh_l0.zero_()
        layer.bias_ih_l0.fill_(1.0)
        layer.bias_hh_l0.zero_()
        layer.weight_ih_l1.copy_(torch.eye(40))
        for name in ("weight_hh_l1", "bias_ih_l1", "bias_hh_l1"):
            getattr(layer, name).zero_()
    return layer


def test_dropout_zeroes_its_share_between_layers_and_scales_the_rest():
    layer, x = relay(0.3), torch.rand(50, 20, D, dtype=torch.float64)
    kept = layer.eval().trace(x).values["l0.h"]
    output = layer.train()(x)[0]
    ratio = output / kept
    zeroed = ratio.eq(0)
    torch.testing.assert_close(ratio[~zeroed], torch.full_like(ratio[~zeroed], 1 / 0.7))
    assert zeroed.double().mean().item() == pytest.approx(0.3, abs=0.01)  # 40,000 draws: sigma 0.0023
    assert zeroed.double().mean(dim=(0, 1)).std() > 0  # each unit, step and row for itself
    assert not torch.equal(layer(x)[0], output)


def test_dropout_does_nothing_in_eval_mode_nor_after_the_last_layer():
    layer, x = relay(0.3), torch.rand(4, 2, D, dtype=torch.float64)
    assert torch.equal(layer.eval()(x)[0], layer.trace(x).values["l0.h"])
    with pytest.warns(UserWarning, match="dropout"):
        one = LSTM(D, H, dropout=0.9)
    x = torch.randn(4, 2, D)
    assert torch.equal(one.train()(x)[0], one.eval()(x)[0])


def test_dropout_of_one_silences_what_lies_below():
    layer = relay(1.0).train()
    assert layer(torch.rand(4, 2, D, dtype=torch.float64))[0].eq(0).all()


@pytest.mark.parametrize("cell", CELLS)
def test_dropout_draws_as_torch_does(cell):
    ours, theirs = twins(cell, D, H, num_layers=3, dropout=0.4, bidirectional=True)
    x = torch.randn(6, 3, D)
    torch.manual_seed(5)
    mine = ours(x)[0]
    torch.manual_seed(5)
    assert error(mine, theirs(x)[0]) < 2e-6
