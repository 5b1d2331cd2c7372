"""Which token stands beside which, and how far apart the states are there, against plain re-computations."""

import random
from functools import cache

import numpy as np
import pytest

import rnnviz
from rnnviz.analysis import GAP, align, apart, contest, paid, spread, twins

ALPHABET = "abc "


def shown(first, second):
    found = align(first, second)
    rows = zip((first, second), (found.first, found.second), strict=True)
    return ["".join(text[place] if place != GAP else "_" for place in places) for text, places in rows]


def cost_of(found, first, second):
    """What an alignment costs: 3 for another token, 2 for each gap and 1 for each of its tokens."""
    total, last = 0, None
    for i, j in zip(found.first, found.second, strict=True):
        kind = "up" if j == GAP else "left" if i == GAP else "both"
        if kind == "both":
            total += 3 * (first[i] != second[j])
        else:
            total += 1 + 2 * (kind != last)
        last = kind
    return total


def cheapest(first, second):
    """The least cost of all alignments, by trying each."""

    @cache
    def least(i, j, last):
        if i == len(first) and j == len(second):
            return 0
        ways = []
        if i < len(first) and j < len(second):
            ways.append(3 * (first[i] != second[j]) + least(i + 1, j + 1, "both"))
        if i < len(first):
            ways.append(1 + 2 * (last != "up") + least(i + 1, j, "up"))
        if j < len(second):
            ways.append(1 + 2 * (last != "left") + least(i, j + 1, "left"))
        return min(ways)

    return least(0, 0, None)


def test_what_is_put_in_is_one_gap():
    assert shown("it is good", "it is not good") == ["it is ____good", "it is not good"]
    assert shown("我喜欢", "我不喜欢") == ["我_喜欢", "我不喜欢"]
    assert shown("Traveller", "Traveler") == ["Traveller", "Travel_er"]


@pytest.mark.parametrize(("first", "second"), [("", ""), ("abc", ""), ("", "ab"), ("a", "a"), ("a", "b")])
def test_short_sentences_are_aligned_too(first, second):
    found = align(first, second)
    assert [place for place in found.first if place != GAP] == list(range(len(first)))
    assert [place for place in found.second if place != GAP] == list(range(len(second)))


def test_every_token_stands_once_in_its_order_and_no_alignment_is_cheaper():
    draw = random.Random(4)
    for _ in range(150):
        first, second = ("".join(draw.choices(ALPHABET, k=draw.randrange(9))) for _ in range(2))
        found = align(first, second)
        for places, text in ((found.first, first), (found.second, second)):
            assert [place for place in places if place != GAP] == list(range(len(text)))
        assert not ((found.first == GAP) & (found.second == GAP)).any()
        head = next(
            (k for k, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
            min(len(first), len(second)),
        )
        np.testing.assert_array_equal(found.first[:head], np.arange(head))
        assert cost_of(found, first, second) <= cheapest(first, second) + 2  # the beginnings are left in one
        if not head and first[-1:] != second[-1:]:
            assert cost_of(found, first, second) == cheapest(first, second)


@pytest.fixture(scope="module")
def pair():
    model = rnnviz.load("timemachine-lstm")
    texts = "I saw the sphinx.", "I saw the white sphinx."
    return tuple(rnnviz.edit(model, text) for text in texts)


def test_a_spread_trace_has_its_numbers_in_their_columns_and_none_in_a_gap(pair):
    first, second = pair
    found = align(first.tokens, second.tokens)
    wide = spread(first, found.first)
    assert len(wide) == len(second)
    assert wide.tokens[10:16] == ("",) * 6
    there = found.first != GAP
    for name in ("l0.h", "l0.f", "out.surprise", "out.prob"):
        np.testing.assert_array_equal(wide[name].values[there], first[name].values)
        assert np.isnan(wide[name].values[~there]).all()
    assert "out.topk.id" not in wide


def test_states_are_as_far_apart_as_they_are(pair):
    first, second = pair
    found = align(first.tokens, second.tokens)
    distances = apart(first, second, found)
    a, b = (trace["l0.h"].values.astype(float) for trace in pair)
    np.testing.assert_array_equal(distances.distance[:10], 0)  # what they have in common, to the last bit
    assert np.isnan(distances.distance[10:16]).all()
    np.testing.assert_allclose(distances.distance[16:], np.linalg.norm(b[16:] - a[10:], axis=1), rtol=1e-12)
    assert distances.first == 16
    every = [np.linalg.norm(h[i] - h[j]) for h in (a, b) for i in range(len(h)) for j in range(i)]
    assert distances.usual == pytest.approx(np.mean(every))


@pytest.mark.parametrize(
    "name", ["timemachine-lstm", "timemachine-gru", "timemachine-rnn", "sentiment-gru", "brackets-lstm"]
)
def test_what_two_sentences_have_in_common_is_equal_to_the_last_bit(name):
    model = rnnviz.load(name)
    draw = random.Random(name)
    for _ in range(3):
        head, a, b = ("".join(draw.choices("abcde ()", k=draw.randrange(1, 30))) for _ in range(3))
        first, second = rnnviz.edit(model, head + "x" + a), rnnviz.edit(model, head + "y" + b)
        found = apart(first, second, align(first.tokens, second.tokens))
        np.testing.assert_array_equal(found.distance[: len(head)], 0)
        assert found.first is None or found.first >= len(head)


def test_both_directions_count():
    model = rnnviz.load("sentiment-bilstm")
    first, second = (rnnviz.edit(model, text) for text in ("it is good", "it is bad"))
    found = apart(first, second, align(first.tokens, second.tokens))
    assert found.first == 0  # the reverse direction has read the end before


def test_what_is_paid_is_the_sum_of_the_surprises():
    trace = rnnviz.trace(rnnviz.load("timemachine-rnn"), "the time machine")
    bits = trace["out.surprise"].values
    assert paid(trace)[0] == 0
    np.testing.assert_allclose(np.diff(paid(trace)), bits[1:], rtol=1e-5)


def test_the_contest_tells_the_numbers():
    text = "The Time Traveller smiled round at us."
    traces = {
        name: rnnviz.trace(rnnviz.load(f"timemachine-{name.lower()}"), text)
        for name in ("LSTM", "GRU", "RNN")
    }
    means = {name: float(np.nanmean(trace["out.surprise"].values)) for name, trace in traces.items()}
    said, best = contest(traces), min(means, key=means.__getitem__)
    assert said.startswith(f"{best} reads this text best: {means[best]:.3g} bits a character")
    for name, trace in traces.items():
        assert name == best or f"{name} {means[name] - means[best]:.3g} more" in said
        assert f"{np.nansum(trace['out.surprise'].values[:21]):.3g}" in said
    bits = np.array([trace["out.surprise"].values for trace in traces.values()])
    step = int(np.nanargmax(bits.max(axis=0) - bits.min(axis=0)))
    assert f"at step {step} “{text[step]}”" in said
    assert f"{bits[:, step].min():.3g} bits" in said
    assert contest({"LSTM": traces["LSTM"]}) == ""


def test_twins_tell_where_they_part_and_what_it_costs(pair):
    first, second = pair
    found = align(first.tokens, second.tokens)
    distances = apart(first, second, found)
    said = twins(first, second, found, distances)
    assert said.startswith("The states part at step 16, where both read “s”.")
    assert f"They are {distances.distance[16]:.3g} apart there" in said
    a = first["out.surprise"].values[10:].mean(dtype=float)
    b = second["out.surprise"].values[16:].mean(dtype=float)
    assert f"The 7 characters that both read from there on cost {a:.3g} bits each in the first" in said
    assert f"{b:.3g} in the second" in said
    same = align(first.tokens, first.tokens)
    assert "so is every number" in twins(first, first, same, apart(first, first, same))


def test_twins_tell_the_answers():
    model = rnnviz.load("sentiment-gru")
    first, second = (rnnviz.edit(model, text) for text in ("我喜欢", "我不喜欢"))
    found = align(first.tokens, second.tokens)
    said = twins(first, second, found, apart(first, second, found))
    assert f"It calls the first {first.meta['answer']} (" in said
    assert f"and the second {second.meta['answer']} (" in said
