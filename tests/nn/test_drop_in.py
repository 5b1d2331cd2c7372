"""A layer in the place of torch.nn's: parameters, start weights, copies, precisions, states."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from rnnviz.nn import GRU, LAYERS, LSTM, RNN
from tests.nn.compare import CELLS, assert_twins_agree, error, random_state, reference, twins

D, H = 5, 7
SETTINGS = [{}, {"num_layers": 3}, {"bias": False}, {"num_layers": 2, "bidirectional": True}]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_the_same_parameters_in_the_same_order(cell, settings):
    ours, theirs = LAYERS[cell](D, H, **settings), reference(cell, D, H, **settings)
    mine = [(name, tuple(p.shape)) for name, p in ours.named_parameters()]
    assert mine == [(name, tuple(p.shape)) for name, p in theirs.named_parameters()]
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [[p.shape for p in ps] for ps in ours.all_weights] == [
        [p.shape for p in ps] for ps in theirs.all_weights
    ]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_state_dicts_move_both_ways(cell, settings):
    ours, theirs = LAYERS[cell](D, H, **settings), reference(cell, D, H, **settings)
    x = torch.randn(4, 2, D)
    theirs.load_state_dict(ours.state_dict())
    assert error(ours(x)[0], theirs(x)[0]) < 2e-6
    again = LAYERS[cell](D, H, **settings)
    again.load_state_dict(theirs.state_dict())
    assert torch.equal(again(x)[0], ours(x)[0])


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_the_same_seed_gives_the_same_start_weights(cell, settings):
    torch.manual_seed(3)
    ours = LAYERS[cell](D, H, **settings).state_dict()
    torch.manual_seed(3)
    theirs = reference(cell, D, H, **settings).state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("cell", CELLS)
def test_the_same_attributes_and_words(cell):
    settings = {"num_layers": 2, "batch_first": True, "dropout": 0.25, "bidirectional": True, "bias": False}
    ours, theirs = LAYERS[cell](D, H, **settings), reference(cell, D, H, **settings)
    for name in (
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
    ):
        assert getattr(ours, name) == getattr(theirs, name), name
    for shared in (
        "5, 7",
        "num_layers=2",
        "bias=False",
        "batch_first=True",
        "dropout=0.25",
        "bidirectional=True",
    ):
        assert shared in repr(ours)
        assert shared in repr(theirs)


def test_settings_by_position_mean_the_same():
    mine = RNN(D, H, 2, "relu", False, True, 0.0, True)
    assert (mine.nonlinearity, mine.bias, mine.batch_first, mine.bidirectional) == ("relu", False, True, True)
    for kind in (LSTM, GRU):
        layer = kind(D, H, 2, False, True, 0.0, True)
        assert (layer.num_layers, layer.bias, layer.batch_first, layer.bidirectional) == (
            2,
            False,
            True,
            True,
        )


@pytest.mark.slow
def test_it_can_take_the_place_of_a_layer_in_a_model_and_learn_the_same():
    class Tagger(nn.Module):
        def __init__(self, layer: nn.Module) -> None:
            super().__init__()
            self.layer, self.out = layer, nn.Linear(H, 2)

        def forward(self, x):
            return self.out(self.layer(x)[0])

    ours, theirs = twins("lstm", D, H, dtype=torch.float64)
    losses = []
    for layer in (ours, theirs):
        torch.manual_seed(1)
        model = Tagger(layer).double()
        adam = torch.optim.Adam(model.parameters(), lr=0.05)
        x, y = torch.randn(8, 4, D, dtype=torch.float64), torch.randn(8, 4, 2, dtype=torch.float64)
        losses.append([])
        for _ in range(20):
            loss = (model(x) - y).square().mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            losses[-1].append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)
    assert losses[0][-1] < losses[0][0]


@pytest.mark.parametrize("cell", CELLS)
def test_copies_and_other_precisions(cell):
    layer = LAYERS[cell](D, H, 2, bidirectional=True)
    x = torch.randn(4, 2, D)
    output = layer(x)[0]
    assert torch.equal(copy.deepcopy(layer)(x)[0], output)
    assert torch.equal(pickle.loads(pickle.dumps(layer))(x)[0], output)
    twin = reference(cell, D, H, num_layers=2, bidirectional=True)
    twin.load_state_dict(layer.state_dict())
    assert_twins_agree(copy.deepcopy(layer).double(), twin.double(), x.double())
    assert layer.to(torch.bfloat16)(x.bfloat16())[0].dtype == torch.bfloat16


@pytest.mark.parametrize("cell", CELLS)
def test_frozen_weights_and_no_grad(cell):
    layer = LAYERS[cell](D, H).requires_grad_(False)
    assert not layer(torch.randn(3, 2, D))[0].requires_grad
    layer.requires_grad_(True)
    with torch.no_grad():
        assert not layer(torch.randn(3, 2, D))[0].requires_grad


@pytest.mark.parametrize("cell", CELLS)
def test_weights_that_are_computed_from_others(cell):
    """functional_call and parametrizations put plain tensors in a parameter's place."""
    layer, x = LAYERS[cell](D, H), torch.randn(3, 2, D)
    halved = {name: p.detach() / 2 for name, p in layer.named_parameters()}
    output, _ = torch.func.functional_call(layer, halved, (x,))
    twin = LAYERS[cell](D, H)
    twin.load_state_dict(halved)
    assert torch.equal(output, twin(x)[0])

    class Half(nn.Module):
        def forward(self, w):
            return w / 2

    for name in list(halved):
        parametrize.register_parametrization(layer, name, Half())
    assert torch.equal(layer(x)[0], twin(x)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_under_autocast_the_precision_may_differ(cell):
    layer = LAYERS[cell](D, H)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, _ = layer(torch.randn(4, 3, D))
        halved, _ = layer(torch.randn(4, 3, D).bfloat16())
    assert output.isfinite().all()
    assert halved.isfinite().all()


@pytest.mark.parametrize("cell", CELLS)
def test_the_final_state_can_be_the_next_start(cell):
    ours, _ = twins(cell, D, H, num_layers=2, bidirectional=True)
    _, final = ours(torch.randn(4, 3, D))
    _, again = ours(torch.randn(4, 3, D), final)
    shape = random_state(ours, 3)
    shapes = [p.shape for p in shape] if isinstance(shape, tuple) else [shape.shape]
    assert [p.shape for p in (again if isinstance(again, tuple) else [again])] == shapes
