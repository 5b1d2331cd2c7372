"""How a state depends on those before it, against autograd, and the norms against LAPACK."""

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.gradients import limits, loss_to_states, pair, state_to_states
from rnnviz.gradients.singular import largest
from tests.cases import mostly_slow
from tests.gradients.oracle import CELLS, TEXT, cases, language, read_into


def by_autograd(model, rows, layer, step):
    """dstate_step/dstate_t for all t, (T, N, N), a backward pass for each number of the state."""
    states, nudges = states_of(model, rows, int(layer[1:].removesuffix("r")), int(layer.endswith("r")))
    found = []
    for value in torch.cat([states[step][letter] for letter in states[step]]):
        slopes = torch.autograd.grad(
            value, list(nudges.values()), retain_graph=True, allow_unused=True, materialize_grads=True
        )
        found.append(torch.cat(slopes, dim=1))
    return torch.stack(found, dim=1).numpy()


def states_of(model, rows, layer, way):
    """The states that one layer and direction hands on, by step and letter, (H,) each; and by letter the
    nudges (T, H) that they were given after they had been computed, h and c each by itself.
    """
    values = model.rnn.trace(rows[:, None]).values
    if layer:
        shown = [values[f"l{layer - 1}{'r' * each}.h"][:, 0] for each in range(model.directions)]
        rows = torch.cat(shown, dim=-1).detach()
    cell = model.rnn.cell(layer, way)
    nudges = {
        letter: torch.zeros(len(rows), model.hidden).to(rows).requires_grad_() for letter in cell.carried
    }
    state = cell.start(*[rows.new_zeros(1, model.hidden)] * len(cell.carried))
    told = {}
    for t in reversed(range(len(rows))) if way else range(len(rows)):
        state = cell.update(cell.gates(rows[t][None], state.h), state)
        moved = {letter: getattr(state, letter) + nudge[t] for letter, nudge in nudges.items()}
        state = state._replace(**moved)
        told[t] = {letter: value[0] for letter, value in moved.items()}
    return told, nudges


@pytest.mark.parametrize("cell", mostly_slow(CELLS, "lstm"))
def test_they_are_what_autograd_gives(cell):
    random = np.random.default_rng(3)
    for model, input, _, _ in cases(cell):
        rows = read_into(model, input).detach()
        for layer in [f"l{k}{'r' * way}" for k in range(model.layers) for way in range(model.directions)]:
            step = int(random.integers(1, len(rows) - 1))
            wanted = by_autograd(model, rows, layer, step)
            size = wanted.shape[1]
            frobenius = state_to_states(model, input, step, layer)
            np.testing.assert_allclose(
                frobenius.values, np.linalg.norm(wanted, axis=(1, 2)), rtol=1e-10, atol=1e-14
            )
            assert frobenius.values[step] == pytest.approx(size**0.5)
            spectral = state_to_states(model, input, step - len(rows), layer, norm="spectral")
            np.testing.assert_allclose(
                spectral.values, np.linalg.norm(wanted, 2, axis=(1, 2)), rtol=1e-10, atol=1e-14
            )
            for found in (frobenius, spectral):
                assert (found.layer, found.step, found.size) == (layer, step, size)
                assert found.left[step] == pytest.approx(1)
            ahead = layer.endswith("r")
            since = int(random.integers(step, len(rows)) if ahead else random.integers(0, step + 1))
            jacobian = pair(model, input, step, since, layer)
            np.testing.assert_allclose(jacobian.whole, wanted[since], rtol=1e-10, atol=1e-14)
            assert len(jacobian.rows) == size
            assert jacobian.rows[model.hidden - 1] == f"{layer}.h[{model.hidden - 1}]"


def test_the_parts_of_an_lstms_are_by_letter():
    whole = pair(language("lstm"), TEXT, 9, 7)
    assert list(whole.parts) == ["hh", "hc", "ch", "cc"]
    np.testing.assert_array_equal(whole.whole[:5, 5:], whole.parts["hc"])
    np.testing.assert_array_equal(whole.whole[5:, :5], whole.parts["ch"])
    assert whole.rows[5] == "l1.c[0]"
    assert list(pair(language("gru"), TEXT, 9, 7).parts) == ["hh"]


@pytest.mark.parametrize(
    "name",
    mostly_slow(
        ["timemachine-rnn", "timemachine-gru", "timemachine-lstm", "brackets-lstm"], "timemachine-rnn"
    ),
)
def test_of_models_that_ship(name):
    model = rnnviz.load(name)
    text = "([]{()})" if name.startswith("brackets") else "it was "
    rows = read_into(model, text).detach()
    wanted = by_autograd(model, rows, "l0", 6)
    frobenius, spectral = (state_to_states(model, text, 6, norm=norm) for norm in ("frobenius", "spectral"))
    np.testing.assert_allclose(frobenius.values, np.linalg.norm(wanted, axis=(1, 2)), rtol=1e-4)
    np.testing.assert_allclose(spectral.values, np.linalg.norm(wanted, 2, axis=(1, 2)), rtol=1e-4)
    found = pair(model, text, 6, 2).whole
    np.testing.assert_allclose(found, wanted[2], rtol=1e-4, atol=2e-6 * np.abs(wanted[2]).max())


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_they_are_what_finite_differences_say(cell):
    model, size, step, since = language(cell, layers=1), 1e-5, 11, 6
    found = pair(model, TEXT, step, since).parts["hh"]
    rows = read_into(model, TEXT).detach()[:, None]
    with torch.no_grad():
        _, state = model.rnn(rows[: since + 1])
        parts = state if isinstance(state, tuple) else (state,)
        for unit in range(model.hidden):
            ends = []
            for way in (1, -1):
                moved = parts[0].clone()
                moved[..., unit] += way * size
                start = (moved, *parts[1:]) if len(parts) > 1 else moved
                ends.append(model.rnn(rows[since + 1 : step + 1], start)[0][-1, 0])
            slope = (ends[0] - ends[1]) / (2 * size)
            np.testing.assert_allclose(found[:, unit], slope, rtol=1e-6, atol=1e-9)


def test_a_loss_at_the_end_hears_through_the_jacobians():
    """dL_s/dstate_t = dL_s/dstate_{s-1} . dstate_{s-1}/dstate_t, which two functions tell by themselves."""
    model = language("gru", layers=1)
    with torch.no_grad():
        h = model.rnn(read_into(model, TEXT)[:, None])[0][:, 0]
        slope = model.out(h[8]).softmax(-1)
        slope[model.ids(TEXT)[9]] -= 1
        slope = (slope @ model.out.weight).numpy()
    for t in range(9):
        norm = np.linalg.norm(slope @ pair(model, TEXT, 8, t).whole)
        assert loss_to_states(model, TEXT).norms["l0.h"][9, t] == pytest.approx(norm, rel=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_singular_value(dtype):
    random = np.random.default_rng(5)
    near = random.normal(size=40).astype(dtype)
    q, _ = np.linalg.qr(random.normal(size=(40, 40)))
    for matrix in [
        random.normal(size=(40, 40)),
        np.eye(40),
        np.outer(random.normal(size=40), random.normal(size=40)),
        1e-30 * random.normal(size=(40, 40)),
        q * np.r_[np.ones(39), 1 + 1e-4],  # one that hardly stands out
        np.zeros((40, 40)),
    ]:
        found, vector = largest(matrix.astype(dtype), near)
        wanted = np.linalg.norm(matrix.astype(dtype).astype(np.float64), 2)
        assert found == pytest.approx(wanted, rel=1e-5 if dtype == np.float32 else 1e-11, abs=0)
        if wanted and dtype == np.float64:
            assert np.linalg.norm(vector @ matrix) == pytest.approx(wanted, rel=1e-6)


def test_it_can_vanish_far_below_what_float32_can_square():
    model = language("rnn", layers=1, dtype=torch.float32)
    with torch.no_grad():
        model.rnn.weight_hh_l0.mul_(1e-4)
    for norm in ("frobenius", "spectral"):
        found = state_to_states(model.float(), TEXT, 10, norm=norm).values
        exact = state_to_states(model.double(), TEXT, 10, norm=norm).values
        small = (exact > 1e-35) & (exact < 1e-20)
        assert small.any()
        np.testing.assert_allclose(found[small], exact[small], rtol=1e-4)


def test_what_cannot_be_is_said_in_a_sentence(monkeypatch):
    model = language()
    for asked, sentence in [
        ((18,), r"Step 18 does not exist: there are 18, 0 to 17\."),
        ((3, "l2"), r"no layer 'l2'; there are: l0, l1\."),
        ((3, "l0", "max"), r"frobenius or spectral, not 'max'\."),
    ]:
        with pytest.raises(ValueError, match=sentence):
            state_to_states(model, TEXT, *asked)
    with pytest.raises(ValueError, match=r"l1 reads from left to right: its state at step 3 does not depend"):
        pair(model, TEXT, 3, 4)
    with pytest.raises(ValueError, match="read-only"):
        pair(model, TEXT, 4, 3).parts["hh"][0] = 1
    monkeypatch.setattr(limits, "MOST_PRODUCTS", 100)
    with pytest.raises(ValueError, match=r"multiplications over 4 steps"):
        state_to_states(model, TEXT, 3)
