"""A layer in the place of torch.nn's: parameters, start weights, copies, dropout, errors."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from rnnviz.nn import GRU, LAYERS, LSTM, RNN
from tests.cases import every
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


# --- dropout


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


# --- errors, of the types that torch.nn raises, each with the values in it

BAD_SETTINGS = [
    ({"hidden_size": 0}, "hidden_size"),
    ({"hidden_size": -3}, "-3"),
    ({"hidden_size": 2.5}, "float"),
    ({"num_layers": 0}, "num_layers"),
    ({"dropout": -0.1}, "-0.1"),
    ({"dropout": 1.5}, "1.5"),
]


@pytest.mark.parametrize(("settings", "said"), BAD_SETTINGS, ids=lambda v: str(v))
@pytest.mark.parametrize("cell", CELLS)
def test_wrong_settings_are_refused_as_by_torch(cell, settings, said):
    settings = {"input_size": D, "hidden_size": H} | settings
    kind = _error_of(lambda: reference(cell, **settings))
    with pytest.raises(kind, match=said):
        LAYERS[cell](**settings)


def test_an_unknown_nonlinearity_is_refused_with_the_choices():
    with pytest.raises(ValueError, match=r"tanh.*relu.*gelu"):
        RNN(D, H, nonlinearity="gelu")


@pytest.mark.parametrize("cell", CELLS)
def test_projections_are_refused_in_a_sentence(cell):
    with pytest.raises(ValueError, match=r"proj_size.* got 3"):
        LAYERS[cell](D, H, proj_size=3)


def _bad_calls(cell):
    """What -> (input, state) that do not fit a layer of D inputs, H units, 2 layers."""
    layer = reference(cell, D, H, num_layers=2)

    def state(rows, *rest):
        part = torch.zeros(rows, *rest)
        return (part, part) if cell == "lstm" else part

    x = torch.randn(4, 3, D)
    assert layer.num_layers == 2
    doubled = tuple(p.double() for p in state(2, 3, H)) if cell == "lstm" else state(2, 3, H).double()
    return {
        "wrong precision": (x.double(), None),
        "whole numbers": (x.long(), None),
        "state of another precision": (x, doubled),
        "wrong width": (torch.randn(4, 3, D + 1), None),
        "wrong width, unbatched": (torch.randn(4, D + 1), None),
        "one axis": (torch.randn(D), None),
        "four axes": (torch.randn(1, 4, 3, D), None),
        "no step": (torch.randn(0, 3, D), None),
        "state of too few layers": (x, state(1, 3, H)),
        "state of another batch": (x, state(2, 4, H)),
        "state of other units": (x, state(2, 3, H + 1)),
        "unbatched state for a batch": (x, state(2, H)),
        "batched state for one sequence": (x[:, 0], state(2, 1, H)),
    }


@every("what", list(_bad_calls("rnn")))
@pytest.mark.parametrize("cell", CELLS)
def test_wrong_shapes_are_refused_as_by_torch(cell, what):
    x, state = _bad_calls(cell)[what]
    ours, theirs = twins(cell, D, H, num_layers=2)
    kind = _error_of(lambda: theirs(x, state))
    with pytest.raises(kind) as caught:
        ours(x, state)
    assert str(caught.value).endswith(".")
    assert any(character.isdigit() for character in str(caught.value)) or what == "no step"


@pytest.mark.parametrize("cell", CELLS)
def test_under_autocast_the_precision_may_differ(cell):
    layer = LAYERS[cell](D, H)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, _ = layer(torch.randn(4, 3, D))
        halved, _ = layer(torch.randn(4, 3, D).bfloat16())
    assert output.isfinite().all()
    assert halved.isfinite().all()


def test_an_lstm_is_told_when_its_state_lacks_c():
    layer = LSTM(D, H)
    with pytest.raises((RuntimeError, TypeError), match="h and c"):
        layer(torch.randn(4, 3, D), torch.zeros(1, 3, H))


@pytest.mark.parametrize("cell", CELLS)
def test_an_empty_batch_is_answered_as_by_torch(cell):
    ours, theirs = twins(cell, D, H, num_layers=2, bidirectional=True)
    x = torch.randn(4, 0, D)
    try:
        wanted = theirs(x)[0]
    except RuntimeError:
        with pytest.raises(RuntimeError):
            ours(x)
    else:
        assert ours(x)[0].shape == wanted.shape


@pytest.mark.parametrize("cell", CELLS)
def test_the_final_state_can_be_the_next_start(cell):
    ours, _ = twins(cell, D, H, num_layers=2, bidirectional=True)
    _, final = ours(torch.randn(4, 3, D))
    _, again = ours(torch.randn(4, 3, D), final)
    shape = random_state(ours, 3)
    shapes = [p.shape for p in shape] if isinstance(shape, tuple) else [shape.shape]
    assert [p.shape for p in (again if isinstance(again, tuple) else [again])] == shapes


def _error_of(call) -> type[Exception]:
    """The type of error that torch raises."""
    try:
        call()
    except Exception as problem:
        return type(problem)
    raise AssertionError("torch accepts this")
