"""Each loss's gradient at the weights, and clipping, against autograd and torch's own functions."""

import math

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.gradients import clipped, loss_to_weights
from rnnviz.models.sequence import Classifier
from rnnviz.recurrence import triangular
from tests.gradients.oracle import CELLS, TEXT, cases, language, read_into

SCALED = 1e3


def answers_of(case):
    """h of the last layer, (T, width), by the layer itself."""
    return case.model.rnn(read_into(case.model, case.input)[:, None])[0][:, 0]


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_they_are_what_a_backward_pass_for_each_loss_gives(cell, monkeypatch):
    for case in cases(cell):
        weights = dict(case.model.named_parameters())
        losses = case.losses(case.model, answers_of(case))
        rows = 1 if isinstance(case.model, Classifier) else len(case.input)
        wanted = {name: np.zeros(rows) for name in weights}
        for s, (loss, _) in losses.items():
            for name, gradient in zip(
                weights, torch.autograd.grad(loss, list(weights.values()), retain_graph=True), strict=True
            ):
                wanted[name][s] = gradient.norm().item()
        all_of_them = np.sqrt(sum(norms**2 for norms in wanted.values()))
        total = sum(share * loss for loss, share in losses.values())
        whole = torch.cat([g.flatten() for g in torch.autograd.grad(total, list(weights.values()))])
        for room in (1, triangular.ROOM):  # one loss at a time, all
            monkeypatch.setattr("rnnviz.gradients.weights.ROOM", room)
            found = loss_to_weights(case.model, case.input, case.target)
            assert set(found.by_weight) == set(weights)
            for name, norms in wanted.items():
                np.testing.assert_allclose(found.by_weight[name], norms, rtol=1e-10, atol=1e-14, err_msg=name)
            np.testing.assert_allclose(found.norms, all_of_them, rtol=1e-10, atol=1e-14)
            assert found.whole == pytest.approx(whole.norm().item(), rel=1e-10)
            assert found.whole <= (found.norms * found.shares).sum() * (1 + 1e-12)


@pytest.mark.parametrize("by", ["norm", "value"])
def test_clipping_is_torchs(by):
    model = language("lstm")
    weights = dict(model.named_parameters())
    limit = {"norm": 0.05, "value": 0.003}[by]
    (case,) = [case for case in cases("lstm") if case.model.config["type"] == "language"][:1]
    total = sum(
        share * loss
        for loss, share in case.losses(model, model.rnn(read_into(model, TEXT)[:, None])[0][:, 0]).values()
    )
    total.backward()
    before = {name: weight.grad.clone() for name, weight in weights.items()}
    if by == "norm":
        torch.nn.utils.clip_grad_norm_(model.parameters(), limit)
    else:
        torch.nn.utils.clip_grad_value_(model.parameters(), limit)
    after = {name: weight.grad.clone() for name, weight in weights.items()}
    model.zero_grad()
    found = clipped(model, TEXT, limit, by)
    flat = [torch.cat([value.flatten() for value in values.values()]) for values in (before, after)]
    assert found.norm_before == pytest.approx(flat[0].norm().item(), rel=1e-10)
    assert found.norm_after == pytest.approx(flat[1].norm().item(), rel=1e-10)
    for name in weights:
        assert found.before[name] == pytest.approx(before[name].norm().item(), rel=1e-10, abs=1e-14)
        assert found.after[name] == pytest.approx(after[name].norm().item(), rel=1e-10, abs=1e-14)
    cosine = torch.nn.functional.cosine_similarity(*flat, dim=0).item()
    assert found.cosine == pytest.approx(cosine, rel=1e-9)
    assert (found.cosine < 0.999) == (by == "value")
    assert found.cut == pytest.approx((flat[0].abs() > flat[1].abs()).double().mean().item())
    assert 0 < found.cut < 1 or by == "norm"
    assert found.norm_after < found.norm_before
    assert all(weight.grad is None for weight in model.parameters())


def test_what_is_short_enough_stays_as_it_is():
    for by in ("norm", "value"):
        found = clipped(language(), TEXT, 1e6, by)
        assert found.norm_after == found.norm_before
        assert found.cut == 0
        assert found.cosine == pytest.approx(1)
        assert found.before == found.after


def test_of_a_model_that_ships():
    model, text = rnnviz.load("timemachine-gru"), "it was so "
    found = loss_to_weights(model, text)
    told = model.out(model.rnn(read_into(model, text)[:, None])[0][:, 0]).log_softmax(-1)
    for s in (1, 5, 9):
        gradients = torch.autograd.grad(
            -told[s - 1, model.ids(text)[s]], list(model.parameters()), retain_graph=True
        )
        whole = math.sqrt(sum(float(g.double().square().sum()) for g in gradients))
        assert found.norms[s] == pytest.approx(whole, rel=1e-4)
    assert found.norms[0] == 0


def test_what_cannot_be_is_said_in_a_sentence():
    with pytest.raises(ValueError, match="norm or value, not by 'length'"):
        clipped(language(), TEXT, 1.0, "length")
    with pytest.raises(ValueError, match="above 0, not to 0"):
        clipped(language(), TEXT, 0)
    with pytest.raises(ValueError, match="takes at least two"):
        loss_to_weights(language(), "t")
    with pytest.raises(ValueError, match="read-only"):
        loss_to_weights(language(), TEXT).norms[0] = 1
