"""The edit hook: what it is asked, when, and that gradients agree with what an edit really changes."""

import pytest
import torch
from torch.autograd import grad

from rnnviz.cells import GRUCell, LSTMCell, unroll

T, B, D, H = 6, 2, 3, 4


def sequence():
    return torch.randn(T, B, D, dtype=torch.float64)


def start(cell):
    return cell.start(*(torch.randn(B, H, dtype=torch.float64) for _ in cell.carried))


def forced(wanted_step, wanted_name, replacement):
    """The edit that puts one value in the place of one other."""

    def edit(step, name, value):
        hit = (step, name) == (wanted_step, wanted_name)
        return torch.as_tensor(replacement, dtype=value.dtype).expand_as(value) if hit else value

    return edit


def test_the_hook_is_asked_every_name_once_a_step_in_order(make_cell):
    cell, asked = make_cell(D, H), []

    def note(step, name, value):
        assert value.shape == (B, H)
        asked.append((step, name))
        return value

    list(unroll(cell, sequence(), start(cell), note))
    assert asked == [(t, name) for t in range(T) for name in cell.editable]


def test_an_edit_that_returns_what_it_got_changes_nothing(make_cell):
    cell, x = make_cell(D, H), sequence()
    state = start(cell)
    plain = list(unroll(cell, x, state))
    edited = list(unroll(cell, x, state, lambda step, name, value: value))
    for a, b in zip(plain, edited, strict=True):
        assert all(torch.equal(a.values()[name], b.values()[name]) for name in a.values())


def test_an_edit_leaves_the_past_alone_and_shows_what_was_put_in(make_cell):
    cell, x = make_cell(D, H), sequence()
    state = start(cell)
    plain = list(unroll(cell, x, state))
    for name in cell.editable:
        edited = list(unroll(cell, x, state, forced(2, name, 0.25)))
        assert torch.equal(edited[1].state.h, plain[1].state.h)
        assert edited[2].values()[name].eq(0.25).all(), name
        assert not torch.equal(edited[2].state.h, plain[2].state.h), name
        assert not torch.equal(edited[3].state.h, plain[3].state.h), name


def lstm():
    shapes = [(4 * H, D), (4 * H, H), (4 * H,), (4 * H,)]
    return LSTMCell(*(torch.randn(*shape, dtype=torch.float64) for shape in shapes))


def gru():
    shapes = [(3 * H, D), (3 * H, H), (3 * H,), (3 * H,)]
    return GRUCell(*(torch.randn(*shape, dtype=torch.float64) for shape in shapes))


def test_a_gate_is_edited_before_it_is_used():
    cell, x = lstm(), sequence()
    state = start(cell)
    shut = next(unroll(cell, x, state, forced(0, "f", 0.0)))
    torch.testing.assert_close(shut.state.c, shut.gates.i * shut.gates.g, rtol=0, atol=1e-15)
    assert shut.gates.a_f.eq(next(unroll(cell, x, state)).gates.a_f).all()  # the sum is shown as computed


def test_c_is_edited_before_h_is_computed_from_it():
    cell = lstm()
    step = next(unroll(cell, sequence(), start(cell), forced(0, "c", 1.0)))
    torch.testing.assert_close(step.state.h, step.gates.o * torch.tanh(torch.ones_like(step.state.c)))


def test_h_is_edited_before_it_leaves_the_step():
    cell, x = lstm(), sequence()
    steps = list(unroll(cell, x, start(cell), forced(2, "h", 0.0)))
    assert steps[2].state.h.eq(0).all()
    assert not steps[2].state.c.eq(0).any()  # only what the cell shows was changed, not what it keeps
    expected = cell.gates(x[3], torch.zeros(B, H, dtype=torch.float64))
    assert torch.equal(steps[3].gates.a_f, expected.a_f)


def test_forcing_the_reset_gate_of_a_gru_changes_its_candidate_and_h():
    cell, x = gru(), sequence()
    state = start(cell)
    plain = next(unroll(cell, x, state))
    deaf = next(unroll(cell, x, state, forced(0, "r", 0.0)))
    torch.testing.assert_close(deaf.state.n, torch.tanh(plain.gates.n_x), rtol=0, atol=1e-15)
    assert not torch.isclose(deaf.state.h, plain.state.h).any()


def test_a_gru_with_z_forced_to_one_never_changes():
    cell = gru()
    state = start(cell)

    def keep_all(step, name, value):
        return torch.ones_like(value) if name == "z" else value

    for step in unroll(cell, sequence(), state, keep_all):
        torch.testing.assert_close(step.state.h, state.h, rtol=0, atol=1e-15)


@pytest.mark.parametrize("t", [0, 2, T - 1])
def test_gradients_at_a_step_are_what_a_small_push_there_does(make_cell, t):
    """autograd.grad to any value of a step is the true total derivative, all later steps included."""
    cell, x = make_cell(D, H), sequence()
    state = start(cell)
    weights = torch.randn(T, B, H, dtype=torch.float64)

    def loss_and_steps(edit=None):
        steps = list(unroll(cell, x, state, edit))
        h = torch.stack([step.state.h for step in steps])
        return (weights * h).sum(), steps

    eps = 1e-6
    for name in cell.editable:
        loss, steps = loss_and_steps()
        (exact,) = grad(loss, [steps[t].values()[name]], allow_unused=True)
        for b, unit in [(0, 1), (1, 3)]:
            push = torch.zeros(B, H, dtype=torch.float64)
            push[b, unit] = eps

            def pushed(sign, name=name, push=push):
                def edit(step, asked, value):
                    return value + sign * push if (step, asked) == (t, name) else value

                return loss_and_steps(edit)[0].item()

            measured = (pushed(+1) - pushed(-1)) / (2 * eps)
            assert exact[b, unit].item() == pytest.approx(measured, rel=1e-6, abs=1e-7), name


def test_one_call_gives_the_gradient_at_every_step(make_cell):
    cell = make_cell(D, H)
    steps = list(unroll(cell, sequence(), start(cell)))
    grads = grad(steps[-1].state.h.sum(), [step.state.h for step in steps])
    assert [g.shape for g in grads] == [(B, H)] * T
    assert torch.equal(grads[-1], torch.ones(B, H, dtype=torch.float64))
