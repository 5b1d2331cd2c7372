"""Every loss with every state, against autograd, finite differences and what must be so."""

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.gradients import itemised, limits, loss_to_states, state_gradients
from rnnviz.models.sequence import Classifier, Tagger
from rnnviz.recurrence import triangular
from tests.cases import mostly_slow
from tests.gradients.oracle import CELLS, CLASSES, SERIES, TEXT, Case, cases, language, nudged, read_into

ROOM = triangular.ROOM


def one_by_one(case: Case) -> tuple[dict[str, np.ndarray], dict[int, tuple[float, float]]]:
    """dL_s/dstate_t by its definition, a backward pass for each loss: (S, T, H) by name; the losses."""
    h, nudges = nudged(case.model, read_into(case.model, case.input))
    losses = case.losses(case.model, h)
    rows = 1 if isinstance(case.model, Classifier) else len(h)
    found = {name: np.zeros((rows, *nudge.shape)) for name, nudge in nudges.items()}
    for s, (loss, _) in losses.items():
        for name, slope in zip(
            nudges, torch.autograd.grad(loss, list(nudges.values()), retain_graph=True), strict=True
        ):
            found[name][s] = slope.numpy()
    return found, {s: (loss.item(), share) for s, (loss, share) in losses.items()}


def wanted_norms(slopes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    norms = {}
    for name, slope in slopes.items():
        layer, letter = name.split(".")
        if letter == "kept":
            both = np.concatenate([slopes[f"{layer}.h"], slope], axis=2)
            norms[f"{layer}.state"] = np.linalg.norm(both, axis=2)
        else:
            norms[name] = np.linalg.norm(slope, axis=2)
    return norms


@pytest.mark.parametrize("cell", mostly_slow(CELLS, "lstm"))
def test_they_are_what_a_backward_pass_for_each_loss_gives(cell, monkeypatch):
    for case in cases(cell):
        slopes, losses = one_by_one(case)
        wanted = wanted_norms(slopes)
        for room in (1, 3000, ROOM):  # one loss at a time, a few, all
            monkeypatch.setattr(triangular, "ROOM", room)
            found = loss_to_states(case.model, case.input, case.target)
            assert set(found.norms) == set(wanted)
            for name, norms in wanted.items():
                assert norms.max() > 0
                np.testing.assert_allclose(found.norms[name], norms, rtol=1e-10, atol=1e-14, err_msg=name)
                later = found.norms[name][norms == 0]  # nothing is heard of what comes later
                assert later.max(initial=0) == 0
            for s, loss in enumerate(found.losses):
                if s in losses:
                    np.testing.assert_allclose([loss, found.shares[s]], losses[s], rtol=1e-12)
                else:
                    assert np.isnan(loss)
                    assert found.shares[s] == 0


@pytest.mark.parametrize("cell", CELLS)
def test_in_float32_they_are_close_to_autograd_in_float64(cell):
    exact = language(cell, hidden=24)
    single = language(cell, hidden=24, dtype=torch.float32)
    single.load_state_dict(exact.state_dict())
    wanted, found = (loss_to_states(model, TEXT * 4).norms for model in (exact, single))
    for name, norms in wanted.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], norms, rtol=1e-4, atol=1e-4 * norms.max(), err_msg=name)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_they_are_what_finite_differences_say(cell):
    model, random, size = language(cell), np.random.default_rng(2), 1e-5
    found = loss_to_states(model, TEXT).norms
    rows = read_into(model, TEXT).detach()
    for name in [n for n in found if not n.endswith("state")]:
        s = int(random.integers(2, len(TEXT)))
        t = int(random.integers(0, s))
        slopes = []
        for unit in range(model.hidden):
            ends = []
            for way in (1, -1):
                with torch.no_grad():

                    def edit(step, edited, value, way=way, unit=unit, name=name, t=t):
                        nudge = torch.zeros_like(value)
                        nudge[..., unit] = way * size
                        return value + nudge if (edited, step) == (name, t) else value

                    h = model.rnn.trace(rows[:, None], edit=edit).output[:, 0]
                    told = model.out(h[s - 1]).log_softmax(-1)
                ends.append(-told[model.ids(TEXT)[s]].item())
            slopes.append((ends[0] - ends[1]) / (2 * size))
        assert found[name][s, t] == pytest.approx(np.linalg.norm(slopes), rel=1e-6, abs=1e-9), (name, s, t)


@pytest.mark.parametrize(
    ("name", "input", "target"),
    [
        ("timemachine-rnn", "it was so", None),
        ("timemachine-gru", "the time tr", None),
        ("timemachine-lstm", "xq the ti", None),
        ("brackets-lstm", "([{}])", None),
        ("hello-rnn", "hell", None),
        ("sentiment-bilstm", "not good at all", "negative"),
        ("sentiment-gru", "a fine film", None),
    ],
)
def test_of_models_that_ship(name, input, target):
    model = rnnviz.load(name)
    found = loss_to_states(model, input, target)
    h, nudges = nudged(model, read_into(model, input))
    with torch.enable_grad():
        losses = {
            "language": lambda: [
                (s, -model.out(h[s - 1]).log_softmax(-1)[model.ids(input)[s]]) for s in range(1, len(input))
            ],
            "tagger": lambda: [(s, -model.out(h[s]).log_softmax(-1).max()) for s in range(len(input))],
            "classifier": lambda: [
                (0, -_answer(model, h, target)),
            ],
        }[model.config["type"]]()
        for s, loss in losses:
            for state, nudge in nudges.items():
                (slope,) = torch.autograd.grad(loss, nudge, retain_graph=True)
                if not state.endswith("kept"):
                    wanted = slope.double().norm(dim=1).numpy()
                    np.testing.assert_allclose(
                        found.norms[state][s], wanted, rtol=1e-4, atol=2e-6 * max(wanted.max(), 1e-20)
                    )


def _answer(model, h, target):
    told = model.out(model.summary(h[:, None]))[0].log_softmax(-1)
    return told[model.classes.index(target)] if target else told.max()


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_the_sum_of_all_parts_is_the_gradient_of_the_whole(cell):
    for case in cases(cell):
        whole = state_gradients(case.model, case.input, target=case.target)
        slopes, losses = one_by_one(case)
        for name, norms in whole.norms.items():
            found = itemised(case.model, case.input, name, case.target)
            np.testing.assert_allclose(found.whole, norms, rtol=1e-10, atol=1e-14)
            np.testing.assert_allclose(found.parts.sum(0), norms, rtol=1e-10, atol=1e-13)
            shares = np.zeros(len(found.lengths))
            for s, (_, share) in losses.items():
                shares[s] = share
            terms = slopes[name] * shares[:, None, None]
            np.testing.assert_allclose(found.lengths, np.linalg.norm(terms, axis=2), rtol=1e-10, atol=1e-14)
            total = terms.sum(0)
            along = total / np.maximum(np.linalg.norm(total, axis=1), 1e-300)[:, None]
            np.testing.assert_allclose(found.parts, (terms * along).sum(2), rtol=1e-8, atol=1e-13)
            assert (np.abs(found.parts) <= found.lengths + 1e-12).all()


def test_what_has_nearly_vanished_is_still_measured():
    """A gradient of 1e-25 has a square that float32 has no room for."""
    model = language("rnn", layers=1, dtype=torch.float32)
    with torch.no_grad():
        model.rnn.weight_hh_l0.mul_(1e-4)
    norms = loss_to_states(model, TEXT).norms["l0.h"]
    exact = loss_to_states(model.double(), TEXT).norms["l0.h"]
    small = (exact > 1e-35) & (exact < 1e-20)
    assert small.any()
    np.testing.assert_allclose(norms[small], exact[small], rtol=1e-4)


def test_the_threads_arithmetic_is_as_it_was():
    loss_to_states(language(), TEXT)
    assert float(np.float64(5e-324) * np.float64(1)) > 0
    assert float(torch.tensor(1e-40) * 1) > 0


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_few_losses_are_those_of_all(cell):
    for case in cases(cell):
        every = loss_to_states(case.model, case.input, case.target)
        there = np.flatnonzero(np.isfinite(every.losses)).tolist()
        some = loss_to_states(case.model, case.input, case.target, steps=there[::3])
        for name, norms in every.norms.items():
            wanted = np.zeros_like(norms)
            wanted[there[::3]] = norms[there[::3]]
            np.testing.assert_allclose(some.norms[name], wanted, rtol=1e-12, atol=1e-15)
    with pytest.raises(ValueError, match=r"no loss at step 0; there is one at 1 to 17\."):
        loss_to_states(language(cell), TEXT, steps=[0, 3])


@pytest.mark.parametrize("cell", mostly_slow(CELLS, "lstm"))
def test_with_the_inputs_it_is_the_connectivity(cell):
    for case in cases(cell):
        if case.model.directions == 2:
            with pytest.raises(ValueError, match="models that read one way"):
                loss_to_states(case.model, case.input, case.target, inputs=True)
            continue
        rows = read_into(case.model, case.input).detach().requires_grad_()
        h, _ = nudged(case.model, rows)
        found = loss_to_states(case.model, case.input, case.target, inputs=True).norms["emb"]
        for s, (loss, _) in case.losses(case.model, h).items():
            (slope,) = torch.autograd.grad(loss, rows, retain_graph=True)
            np.testing.assert_allclose(found[s], slope.norm(dim=1), rtol=1e-10, atol=1e-14)
        if case.model.config["type"] == "language":
            np.testing.assert_allclose(rnnviz.connectivity(case.model, TEXT), found, rtol=1e-12, atol=1e-15)


def test_a_state_is_all_that_is_handed_on():
    lstm, gru = loss_to_states(language("lstm"), TEXT), loss_to_states(language("gru"), TEXT)
    assert lstm.state("l1") is lstm.norms["l1.state"]
    assert gru.state("l0") is gru.norms["l0.h"]
    with pytest.raises(ValueError, match=r"no layer 'l2'; there are: l0, l1\."):
        gru.state("l2")


def test_what_comes_back_is_frozen():
    found, items = loss_to_states(language(), TEXT), itemised(language(), TEXT, "l0.c")
    for values in (
        *found.norms.values(),
        found.losses,
        found.shares,
        items.parts,
        items.whole,
        items.lengths,
    ):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_it_works_wherever_gradients_are_switched_off(around):
    model = language(dropout=0.5).train()
    wanted = loss_to_states(model, TEXT).norms["l0.state"]
    with around():
        found = loss_to_states(model.requires_grad_(False), TEXT).norms["l0.state"]
    np.testing.assert_array_equal(found, wanted)
    assert model.training


def test_what_cannot_be_is_said_in_a_sentence(monkeypatch):
    with pytest.raises(ValueError, match="takes at least two"):
        loss_to_states(language(), "t")
    with pytest.raises(ValueError, match=r"no state 'l0\.x'; there are: l0\.h, l0\.c, l1\.h, l1\.c\."):
        itemised(language(), TEXT, "l0.x")
    with pytest.raises(ValueError, match="no class 'ugly'"):
        loss_to_states(Classifier(4, CLASSES), SERIES, "ugly")
    with pytest.raises(ValueError, match=r"float32 or float64, not in torch\.bfloat16"):
        loss_to_states(Tagger(4, CLASSES).bfloat16(), SERIES)
    monkeypatch.setattr(limits, "MOST_BYTES", 6 * 18 * 18 * 8)
    loss_to_states(language(), TEXT)
    with pytest.raises(ValueError, match=r"7 tables of 324 numbers each are more than is kept"):
        loss_to_states(language(), TEXT, inputs=True)
    monkeypatch.setattr(limits, "MOST_PRODUCTS", 1000)
    with pytest.raises(ValueError, match=r"multiplications over 18 steps.*shorter input"):
        loss_to_states(language(), TEXT)
