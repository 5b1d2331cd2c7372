"""Models held beside a model."""

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.gradients import scaled, spectral_radii, state_to_states, untrained
from rnnviz.models.sequence import Classifier
from tests.gradients.oracle import CELLS, CLASSES, TEXT, language


@pytest.mark.parametrize("cell", CELLS)
def test_scaled_only_what_goes_from_step_to_step_changes(cell):
    model = language(cell)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    other = scaled(model, 2.5)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, before[name])
        factor = 2.5 if "weight_hh" in name else 1
        assert torch.equal(other.state_dict()[name], weight * factor)
    radii, larger = spectral_radii(model), spectral_radii(other)
    for name, radius in radii.items():
        assert larger[name] == pytest.approx(2.5 * radius, rel=1e-9)


@pytest.mark.parametrize(("cell", "letters"), [("rnn", "h"), ("lstm", "ifgo"), ("gru", "rzn")])
def test_the_radius_is_of_each_gates_block(cell, letters):
    model = Classifier(4, CLASSES, cell=cell, hidden=6, layers=2, directions=2)
    radii = spectral_radii(model)
    names = [f"l{k}{way}.{letter}" for k in range(2) for way in ("", "r") for letter in letters]
    assert list(radii) == names
    weight = model.rnn.weight_hh_l1_reverse.detach().numpy()[-6:]
    assert radii[f"l1r.{letters[-1]}"] == pytest.approx(np.abs(np.linalg.eigvals(weight)).max(), rel=1e-5)


def test_an_rnn_without_input_grows_by_the_radius_of_its_weights():
    """A linear network: dh_s/dh_t = W^(s-t), whose norm grows by the radius at each step in the long run."""
    model = language("rnn", layers=1)
    with torch.no_grad():
        for weight in model.rnn.parameters():
            weight.mul_(1e-6)  # where tanh is the identity
        matrix = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        model.rnn.weight_hh_l0.copy_(matrix @ matrix.t())  # real eigenvalues
        model.rnn.weight_hh_l0.mul_(0.9 / torch.linalg.matrix_norm(model.rnn.weight_hh_l0, 2))
    for factor in (1.0, 1.2):
        other = scaled(model, factor)
        (radius,) = spectral_radii(other).values()
        assert radius == pytest.approx(0.9 * factor)
        values = state_to_states(other, TEXT, 17, norm="spectral").values
        assert values[0] == pytest.approx(radius**17, rel=1e-3)


@pytest.mark.parametrize("name", ["timemachine-lstm", "sentiment-bilstm", "weather-gru", "hello-rnn"])
def test_untrained_it_has_the_same_shape_and_other_weights(name):
    model = rnnviz.load(name)
    fresh = untrained(model, 3)
    assert fresh.config == model.config
    assert fresh.training == model.training
    assert fresh.columns == model.columns
    shapes = {key: weight.shape for key, weight in model.state_dict().items()}
    assert {key: weight.shape for key, weight in fresh.state_dict().items()} == shapes
    bound = model.hidden**-0.5
    assert fresh.rnn.weight_hh_l0.abs().max() <= bound < model.rnn.weight_hh_l0.abs().max()
    again, other = untrained(model, 3), untrained(model, 4)
    assert torch.equal(fresh.rnn.weight_hh_l0, again.rnn.weight_hh_l0)
    assert not torch.equal(fresh.rnn.weight_hh_l0, other.rnn.weight_hh_l0)


def test_untrained_in_the_same_precision_and_nobody_elses_dice_are_thrown():
    model = language()
    torch.manual_seed(0)
    wanted = torch.rand(1)
    torch.manual_seed(0)
    assert untrained(model).rnn.weight_hh_l0.dtype == torch.float64
    assert torch.equal(torch.rand(1), wanted)


def test_a_factor_has_to_be_a_number():
    with pytest.raises(ValueError, match="not nan"):
        scaled(language(), float("nan"))
