"""What a layer refuses: errors of the types that torch.nn raises, each with the values in it."""

import pytest
import torch

from rnnviz.nn import LAYERS, LSTM, RNN
from tests.cases import every
from tests.nn.compare import CELLS, reference, twins

D, H = 5, 7
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


def _error_of(call) -> type[Exception]:
    """The type of error that torch raises."""
    try:
        call()
    except Exception as problem:
        return type(problem)
    raise AssertionError("torch accepts this")
