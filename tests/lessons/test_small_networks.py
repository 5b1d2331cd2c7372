"""The articles' numbers, and the same written out with torch alone."""

import numpy as np
import pytest
import torch

from rnnviz import lessons

RANDOM = np.random.default_rng(5)


# --- by hand


def test_the_articles_sentence_gives_the_articles_numbers():
    done = lessons.by_hand()
    assert done.x.tolist() == [1, 2, 3]
    assert done.before.tolist() == [1, 2, 4]
    assert done.s.tolist() == [2, 4, 7]
    assert done.o.tolist() == [4, 8, 14]


def test_other_numbers_follow_the_two_equations():
    x, (u, w, v, s) = RANDOM.normal(size=7), RANDOM.normal(size=4)
    done = lessons.by_hand(x, u, w, v, s)
    for t, number in enumerate(x):
        s = number * u + s * w
        assert (done.s[t], done.o[t]) == (s, s * v)


def test_nothing_to_read_is_answered():
    with pytest.raises(ValueError, match="at least one number"):
        lessons.by_hand([])


# --- one-hot rows


def test_one_hot_of_the_articles_two_ids_and_of_their_batch():
    done = lessons.one_hots()
    assert done.rows.shape == (2, 28)
    assert np.argmax(done.rows, axis=1).tolist() == [0, 2]
    assert done.rows.sum() == 2
    assert done.batch.tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert done.encoded.shape == (5, 2, 28)
    assert np.argmax(done.encoded, axis=2).tolist() == [[0, 5], [1, 6], [2, 7], [3, 8], [4, 9]]
    assert done.encoded.sum() == 10


def test_what_the_vocabulary_does_not_have_is_answered():
    with pytest.raises(ValueError, match=r"no id 28: in a vocabulary of 28 they are 0 to 27"):
        lessons.one_hots((0, 28))
    with pytest.raises(ValueError, match="0 to 31, a vocabulary of 28 only has 0 to 27"):
        lessons.one_hots((0,), 28, batch=4, steps=8)
    with pytest.raises(ValueError, match="no id to encode"):
        lessons.one_hots(())


# --- an embedding


def test_a_one_hot_row_times_the_embedding_is_a_row_of_it():
    done = lessons.embedded()
    assert done.one_hot.shape == (4, 10)
    assert done.table.shape == (10, 8)
    assert np.array_equal(done.rows, done.table[[3, 1, 4, 1]])
    assert done.difference == 0
    assert (done.state.shape, done.weight.shape, done.scores.shape) == ((1, 16), (16, 5), (1, 5))
    assert done.parameters == (10 * 8, 16 * 8 + 16 * 16 + 2 * 16, 16 * 5 + 5)
    assert done.without == 16 * 10 + 16 * 16 + 2 * 16


def test_the_embedding_lesson_is_torchs_own_networks():
    torch.manual_seed(4)
    embedding, rnn, linear = torch.nn.Embedding(12, 6), torch.nn.RNN(6, 7), torch.nn.Linear(7, 3)
    ids = torch.tensor([11, 0, 5])
    scores = linear(rnn(embedding(ids))[0][-1:]).detach().numpy()
    done = lessons.embedded((11, 0, 5), 12, 6, 7, 3, seed=4)
    np.testing.assert_allclose(done.scores, scores, atol=1e-6)
    np.testing.assert_array_equal(done.table, embedding.weight.detach().numpy())


@pytest.mark.parametrize("ids", [(), (10,), (-1,)])
def test_an_id_that_is_not_there_is_answered(ids):
    with pytest.raises(ValueError, match="give ids from 0 to 9"):
        lessons.embedded(ids)


# --- a state


def test_a_state_adds_one_product():
    done = lessons.memory(batch=3, inputs=5, units=6, seed=9)
    x_1, x_2 = done.x
    first = np.tanh(x_1 @ done.W_xh + done.b_h)
    np.testing.assert_allclose(done.first, first, atol=1e-6)
    np.testing.assert_allclose(done.without, np.tanh(x_2 @ done.W_xh + done.b_h), atol=1e-6)
    with_state = np.tanh(x_2 @ done.W_xh + first @ done.W_hh + done.b_h)
    np.testing.assert_allclose(done.with_state, with_state, atol=1e-6)
    assert np.abs(done.with_state - done.without).max() > 0.1


def test_one_product_is_two_with_the_articles_sizes():
    done = lessons.joined()
    shapes = [a.shape for a in (done.X, done.W_xh, done.H, done.W_hh, done.side_by_side, done.stacked)]
    assert shapes == [(3, 1), (1, 4), (3, 4), (4, 4), (3, 5), (5, 4)]
    assert done.difference == np.abs(done.two - done.one).max() < 1e-6
    np.testing.assert_allclose(done.one, done.X @ done.W_xh + done.H @ done.W_hh, atol=1e-6)
    assert not np.array_equal(lessons.joined(seed=2).X, done.X)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(("layers", "both_ways"), [(1, False), (3, True)])
def test_the_state_is_zeros_first_and_keeps_its_shape(cell, layers, both_ways):
    done = lessons.start(cell, batch=3, units=5, layers=layers, both_ways=both_ways)
    assert done.carried == (("h", "c") if cell == "lstm" else ("h",))
    for before, after in zip(done.before, done.after, strict=True):
        assert before.shape == after.shape == (layers * (1 + both_ways), 3, 5)
        assert not before.any()
        assert after.any()


# --- reading


def test_without_a_state_a_word_is_the_same_after_not():
    done = lessons.context()
    assert done.places == (1, 2)
    assert not done.apart[0].any()
    assert np.abs(done.apart[1]).max() > 0.1
    assert np.array_equal(done.without[0][0], done.with_state[0][0]), "the first token has nothing before it"
    np.testing.assert_allclose(done.apart[1][0], done.with_state[1][2] - done.with_state[0][1])


def test_a_word_that_one_sentence_lacks_is_answered():
    with pytest.raises(ValueError, match="'不' is not in the first sentence"):
        lessons.context(word="不")


def test_stepping_by_hand_is_the_layer_at_once():
    done = lessons.stepping()
    assert done.x.shape == (1, 3, 4)
    assert done.output.shape == (1, 3, 2)
    assert done.last.shape == (1, 1, 2)
    assert [state.shape for state in done.states] == [(1, 2)] * 4
    assert done.by_hand < 1e-6
    assert done.from_torch < 1e-6


def test_stepping_is_torchs_cell_on_torchs_numbers():
    torch.manual_seed(3)
    rnn, cell = torch.nn.RNN(3, 5, batch_first=True), torch.nn.RNNCell(3, 5)
    cell.load_state_dict({name.removesuffix("_l0"): weight for name, weight in rnn.state_dict().items()})
    torch.manual_seed(3)
    torch.nn.RNN(3, 5)
    x, h = torch.randn(2, 4, 3), torch.zeros(2, 5)
    done = lessons.stepping(batch=2, steps=4, inputs=3, units=5, seed=3)
    for t in range(4):
        h = cell(x[:, t], h)
        np.testing.assert_allclose(done.states[t + 1], h.detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(done.output, rnn(x)[0].detach().numpy(), atol=1e-6)


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_parameters_do_not_grow_with_the_steps(cell, gates):
    few, many = (lessons.growth(cell, inputs=5, units=7, steps=steps) for steps in (1, 100))
    assert few.parameters == many.parameters == gates * (7 * 5 + 7 * 7 + 2 * 7)
    assert few.products == gates * (7 * 5 + 7 * 7)
    assert many.products == 100 * few.products
    assert many.unshared == 100 * few.parameters
    assert many.flat == 100 * 5 * 7 + 7


def test_what_is_random_is_a_function_of_the_seed_and_disturbs_nobody():
    before = torch.random.get_rng_state()
    lessons.joined(seed=7), lessons.memory(seed=7)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.array_equal(lessons.stepping(seed=8).output, lessons.stepping(seed=8).output)
    assert not np.array_equal(lessons.stepping(seed=8).output, lessons.stepping(seed=9).output)


def test_results_do_not_change():
    for array in (lessons.by_hand().s, lessons.joined().X, lessons.one_hots().encoded):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5
