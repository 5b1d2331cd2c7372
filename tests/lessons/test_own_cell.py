"""Cells with typed weights: against the equations written out, and the presets do what they promise."""

import numpy as np
import pytest

from rnnviz.lessons import GATES, PRESETS, OwnCell, preset, run


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def random_cell(kind, units=3, inputs=2, seed=4):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(len(GATES[kind]) * units, inputs + units + 2))
    return OwnCell(kind, weights), rng.normal(size=(5, inputs))


def sums(own, x, h):
    """By the table as it is typed: from x, from h, of each gate, (units,) each."""
    n, middle = own.units, own.inputs + 1
    table = own.weights.reshape(len(GATES[own.kind]), n, -1)
    from_x = {g: rows[:, :middle] @ [*x, 1] for g, rows in zip(GATES[own.kind], table, strict=True)}
    from_h = {g: rows[:, middle:] @ [*h, 1] for g, rows in zip(GATES[own.kind], table, strict=True)}
    return from_x, from_h


def test_an_rnn_is_its_equation():
    own, x = random_cell("rnn")
    done, h = run(own, x), np.zeros(3)
    for t in range(len(x)):
        np.testing.assert_allclose(done.before["h"][t], h, rtol=1e-12)
        from_x, from_h = sums(own, x[t], h)
        h = np.tanh(from_x["h"] + from_h["h"])
        np.testing.assert_allclose(done.values["h"][t], h, rtol=1e-12)


def test_an_lstm_is_its_equations():
    own, x = random_cell("lstm")
    done, h, c = run(own, x), np.zeros(3), np.zeros(3)
    for t in range(len(x)):
        from_x, from_h = sums(own, x[t], h)
        i, f, g, o = (
            act(from_x[k] + from_h[k])
            for k, act in zip("ifgo", (sigmoid, sigmoid, np.tanh, sigmoid), strict=True)
        )
        c = f * c + i * g
        h = o * np.tanh(c)
        for name, value in dict(i=i, f=f, g=g, o=o, c=c, h=h).items():
            np.testing.assert_allclose(done.values[name][t], value, rtol=1e-12)


def test_a_gru_is_its_equations():
    own, x = random_cell("gru")
    done, h = run(own, x), np.zeros(3)
    for t in range(len(x)):
        from_x, from_h = sums(own, x[t], h)
        r, z = (sigmoid(from_x[k] + from_h[k]) for k in "rz")
        n = np.tanh(from_x["n"] + r * from_h["n"])
        h = (1 - z) * n + z * h
        for name, value in dict(r=r, z=z, n=n, h=h).items():
            np.testing.assert_allclose(done.values[name][t], value, rtol=1e-12)


def test_the_unit_that_remembers_keeps_what_was_written():
    begun = PRESETS["remembers"]
    done = run(begun.cell, begun.x)
    writes = np.flatnonzero(begun.x[:, 1])
    assert writes.tolist() == [0, 4]
    for first, last in ((0, 4), (4, 8)):
        np.testing.assert_allclose(done.values["c"][first:last, 0], np.tanh(begun.x[first, 0]), rtol=1e-12)
    np.testing.assert_allclose(done.values["c"][:, 1], np.tanh(begun.x[:, 0]), rtol=1e-12)


def test_the_counter_counts():
    begun = PRESETS["counter"]
    c = run(begun.cell, begun.x).values["c"]
    assert c[:, 0].tolist() == np.cumsum(begun.x[:, 0]).tolist()
    np.testing.assert_allclose(c[:, 1], np.cumsum(begun.x[:, 0] > 0), atol=1e-12)


def test_the_echo_comes_a_step_later_from_unit_to_unit():
    begun = PRESETS["echo"]
    h = run(begun.cell, begun.x).values["h"]
    np.testing.assert_allclose(h[:, 0], np.tanh(begun.x[:, 0]))
    np.testing.assert_allclose(h[1:, 1], np.tanh(h[:-1, 0]))
    np.testing.assert_allclose(h[2:, 2], np.tanh(np.tanh(h[:-2, 0])))


def test_the_gru_holds_on_and_its_neighbour_forgets_by_half():
    begun = PRESETS["holds"]
    done = run(begun.cell, begun.x)
    h, n = done.values["h"], done.values["n"]
    np.testing.assert_allclose(h[:4, 0], np.tanh(0.8), rtol=1e-12)
    np.testing.assert_allclose(h[4:, 0], np.tanh(-0.6), rtol=1e-12)
    np.testing.assert_allclose(h[1:, 1], (h[:-1, 1] + n[1:, 1]) / 2, rtol=1e-12)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_small_and_named(name):
    begun = preset(name, "rnn", 2, 1)
    assert begun is PRESETS[name]
    assert 2 <= begun.cell.units <= 4
    assert begun.title
    assert begun.look


@pytest.mark.parametrize("kind", GATES)
def test_without_weights_nothing_happens(kind):
    begun = preset("zeros", kind, 4, 3)
    assert begun.cell.weights.shape == (len(GATES[kind]) * 4, 9)
    assert not run(begun.cell, begun.x).values["h"].any()


def test_rows_and_columns_have_names():
    own = preset("zeros", "lstm", 2, 1).cell
    assert own.rows == ["i0", "i1", "f0", "f1", "g0", "g1", "o0", "o1"]
    assert own.columns == ["x0", "b_ih", "h0", "h1", "b_hh"]


def test_what_is_no_cell_is_answered():
    weights = np.zeros((8, 5))
    with pytest.raises(ValueError, match="no cell 'mlp'; there are rnn, lstm, gru"):
        OwnCell("mlp", weights)
    with pytest.raises(ValueError, match="A table of 7 x 5 weights makes no lstm cell"):
        OwnCell("lstm", weights[:7])
    with pytest.raises(ValueError, match="makes no lstm cell"):
        OwnCell("lstm", weights[:, :4])
    with pytest.raises(ValueError, match="no cell 'x'"):
        preset("x", "lstm", 2, 1)
    empty = weights.copy()
    empty[3, 1] = np.nan
    with pytest.raises(ValueError, match="f1 × b_ih has no weight"):
        OwnCell("lstm", empty)


def test_a_sequence_that_does_not_fit_is_answered():
    own = preset("zeros", "lstm", 2, 1).cell
    with pytest.raises(ValueError, match="There is nothing to read"):
        run(own, np.zeros((0, 1)))
    for x in (np.zeros((3, 2)), np.zeros(3)):
        with pytest.raises(ValueError, match="The cell reads 1 number at each step"):
            run(own, x)
    with pytest.raises(ValueError, match="x0 has no number at step 1"):
        run(own, np.array([[1.0], [np.nan]]))
