"""Decay, half-lives, survival, saturation: by hand and by their definitions; and the sentences."""

import re

import numpy as np
import pytest

import rnnviz
from rnnviz.analysis import (
    clipping_story,
    decay,
    gradient_left,
    gradient_story,
    half_lives,
    longest_memory,
    memory_story,
    saturation,
    survival,
)
from rnnviz.analysis.decay import QUANTILES
from rnnviz.traces import Quantity, Trace, TraceError

STEP_UNIT = ("step", "unit")


def trace_of(layer: str = "l0", **gates: np.ndarray) -> Trace:
    steps = len(next(iter(gates.values())))
    quantities = {
        f"{layer}.{letter}": Quantity(values, STEP_UNIT, kind="gate" if letter != "h" else "state")
        for letter, values in ({"h": np.zeros_like(next(iter(gates.values())))} | gates).items()
    }
    return Trace({"step": tuple("x" * steps)}, quantities)


# --- decay


def test_the_decay_of_a_table_by_hand():
    norms = np.array([[0, 0, 0, 0], [8, 0, 0, 0], [2, 4, 0, 0], [3, 1, 2, 0]], dtype=float)
    found = decay(norms)
    assert found.steps.tolist() == [0, 1, 2]  # the nearest state is one step before
    assert found.count.tolist() == [3, 2, 1]
    np.testing.assert_allclose(found.mean, [14 / 3, 1.5, 3])
    np.testing.assert_allclose(found.left, [1, (2 + 1) / (4 + 2), 3 / 2])
    assert found.quantiles.shape == (len(QUANTILES), 3)
    assert found.quantiles[2].tolist() == [4, 1.5, 3]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("ahead", [0, 1])
def test_the_decay_by_its_definition(ahead, reverse):
    random = np.random.default_rng(0)
    norms = np.tril(random.uniform(0.5, 2, size=(12, 12)), -ahead)
    norms[5] = 0
    found = decay(norms[::-1, ::-1] if reverse else norms, reverse=reverse)
    for k in range(12 - ahead):
        rows = [s for s in range(12) if s - ahead - k >= 0 and s != 5]
        far = np.array([norms[s, s - ahead - k] for s in rows])
        near = np.array([norms[s, s - ahead] for s in rows])
        assert found.count[k] == len(rows)
        assert found.mean[k] == pytest.approx(far.mean())
        assert found.left[k] == pytest.approx(far.sum() / near.sum())
        np.testing.assert_allclose(found.quantiles[:, k], np.quantile(far, QUANTILES))
    assert len(found.steps) == 12 - ahead


def test_the_decay_of_a_geometric_series_is_that_series():
    distance = np.subtract.outer(np.arange(30), np.arange(30))
    scale = np.random.default_rng(1).uniform(1, 100, size=(30, 1))  # losses of different weight
    norms = np.where(distance >= 0, scale * 0.9 ** np.maximum(distance, 0), 0)
    np.testing.assert_allclose(decay(norms).left, 0.9 ** np.arange(30), rtol=1e-12)


def test_one_row_is_the_last_step():
    found = decay(np.array([1.0, 2.0, 4.0]))
    assert found.left.tolist() == [1, 0.5, 0.25]
    assert decay(np.array([1.0, 2.0, 4.0]), reverse=True).left.tolist() == [1, 2, 4]
    assert decay(np.array([[1.0, 2.0, 0.0]]), places=[1]).left.tolist() == [1, 0.5]


def test_where_there_is_nothing_there_is_no_decay():
    assert len(decay(np.zeros((3, 3))).left) == 0
    assert len(decay(np.zeros((1, 1))).left) == 0
    with pytest.raises(ValueError, match=r"Each of 2 rows needs a step of its own, of 0 to 3\."):
        decay(np.ones((2, 4)))


# --- half-lives


@pytest.mark.parametrize("gate", ["f", "z"])
def test_a_half_life_by_hand(gate):
    values = np.array([[0.5, 1.0, 0.25, 0.9], [0.5, 1.0, 1.0, 0.0]])
    found = half_lives(trace_of(**{gate: values}), "l0")
    assert found.gate == gate
    np.testing.assert_allclose(found.mean, [0.5, 1, 0.5, 0])
    np.testing.assert_allclose(found.steps, [1, np.inf, 1, 0])
    assert found.order.tolist() == [1, 0, 2, 3]


def test_after_a_half_life_half_is_left():
    values = np.random.default_rng(2).uniform(0.3, 0.999, size=(50, 8))
    found = half_lives(trace_of(f=values), "l0")
    np.testing.assert_allclose(found.mean, values.prod(axis=0) ** (1 / 50))
    np.testing.assert_allclose(found.mean**found.steps, 0.5)
    assert (np.diff(found.steps[found.order]) <= 0).all()


@pytest.mark.parametrize("layer", ["l0", "l0r"])
def test_what_survives_by_its_definition(layer):
    values = np.random.default_rng(3).uniform(size=(9, 4))
    for step in (0, 4, -1):
        kept = survival(trace_of(layer, f=values), layer, step)
        s = step % 9
        for t in range(9):
            between = values[s:t] if layer == "l0r" else values[t + 1 : s + 1]
            heard = t >= s if layer == "l0r" else t <= s
            np.testing.assert_allclose(kept[t], between.prod(axis=0) if heard else np.nan)


def test_what_survives_is_the_path_of_a_models_cell_state():
    """An LSTM's c_t without what is written to it later: dc_s/dc_t, were h held."""
    model = rnnviz.load("brackets-lstm")
    trace = rnnviz.trace(model, "([{}])")
    kept = survival(trace, "l0", 4)
    f, c = trace["l0.f"].values, trace["l0.c"].values
    i_g = trace["l0.i"].values * trace["l0.g"].values
    total = sum(kept[t] * i_g[t] for t in range(5))
    np.testing.assert_allclose(total, c[4], rtol=1e-5, atol=1e-6)
    assert kept.dtype == np.float64 != f.dtype


def test_what_has_no_such_gate_or_step_is_told_so():
    rnn = trace_of(a=np.zeros((2, 2)))
    with pytest.raises(TraceError, match=r"l0 has no gate that keeps its state"):
        half_lives(rnn, "l0")
    lstm = trace_of(f=np.ones((2, 2)))
    with pytest.raises(TraceError, match=r"no layer 'l3'; there are: l0\."):
        half_lives(lstm, "l3")
    with pytest.raises(TraceError, match=r"Step 2 does not exist: there are 2, 0 to 1\."):
        survival(lstm, "l0", 2)
    with pytest.raises(TraceError, match=r"no layer 'l3'"):
        saturation(lstm, "l3")


# --- saturation


def test_saturation_by_hand():
    values = np.array([[0.05, 0.95], [0.1, 0.9], [0.0, 1.0], [0.5, 0.91]])
    found = saturation(trace_of(f=values, i=1 - values), "l0")
    assert list(found) == ["f", "i"]
    assert found["f"].shut.tolist() == [0.5, 0]
    assert found["f"].open.tolist() == [0, 0.75]


def test_saturation_of_models_is_of_gates_alone():
    for name, letters in [("timemachine-lstm", "ifo"), ("timemachine-gru", "rz"), ("timemachine-rnn", "")]:
        trace = rnnviz.trace(rnnviz.load(name), "the time traveller")
        found = saturation(trace, "l0")
        assert sorted(found) == sorted(letters)
        for letter, shares in found.items():
            values = trace[f"l0.{letter}"].values
            unit = 17
            assert shares.shut[unit] == np.mean([value < 0.1 for value in values[:, unit]])
            assert shares.open[unit] == np.mean([value > 0.9 for value in values[:, unit]])


# --- sentences


def falling(share: float, steps: int = 40):
    """A gradient of which that share is left after 20 steps."""
    return decay(share ** (np.arange(steps)[::-1] / 20))


def test_the_sentence_says_the_numbers_that_there_are():
    decays = {"RNN": falling(0.03), "GRU": falling(0.2), "LSTM": falling(0.614)}
    left = gradient_left(decays)
    assert left.steps == 20
    assert left.shares == pytest.approx({"RNN": 0.03, "GRU": 0.2, "LSTM": 0.614})
    assert gradient_story(decays) == (
        "After 20 steps, 3.0 % of the RNN’s, 20 % of the GRU’s and 61 % of the LSTM’s gradient is left."
    )


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_numbers_are_the_sentence_says_them(seed):
    random = np.random.default_rng(seed)
    decays = {
        name: decay(np.exp(random.normal(0, 0.3, size=30).cumsum())[::-1]) for name in ("RNN", "GRU", "LSTM")
    }
    story, left = gradient_story(decays, 12), gradient_left(decays, 12)
    assert story.startswith("After 12 steps, ")
    for name, share in left.shares.items():
        assert share == decays[name].left[12]
        if share >= 1.005:
            said = re.search(
                rf"[tT]he {name}’s(?: gradient)? is ([\d.,]+) times as long(: it explodes)?", story
            )
            assert float(said[1].replace(",", "")) == pytest.approx(share, rel=6e-3)
            assert bool(said[2]) == (share >= 10)
        else:
            (said,) = re.findall(rf"([\d.]+) % of the {name}’s", story)
            assert float(said) == pytest.approx(100 * share, abs=0.5 if share > 0.1 else 0.05)


def test_what_explodes_is_said_to():
    assert gradient_story({"RNN": falling(3e4)}) == (
        "After 20 steps, the RNN’s gradient is 30,000 times as long: it explodes."
    )
    assert gradient_story({"LSTM": falling(0.5), "RNN": falling(2.0)}) == (
        "After 20 steps, 50 % of the LSTM’s gradient is left. The RNN’s is 2 times as long."
    )
    beyond = decay(np.r_[np.full(25, np.inf), 1.0])
    assert gradient_story({"RNN": beyond}).endswith("has grown beyond all numbers: it explodes.")
    nowhere = decay(np.r_[np.full(25, np.nan), np.inf])
    assert gradient_story({"RNN": nowhere}) == "The RNN’s gradient is no number any more: it has exploded."


def test_of_a_short_text_it_speaks_of_fewer_steps_and_of_one_character_of_none():
    assert gradient_story({"RNN": falling(0.03, 2), "GRU": falling(0.03, 30)}).startswith("After 1 step, ")
    for nothing in ({}, {"RNN": falling(0.5, 1)}, {"RNN": decay(np.zeros((3, 3)))}):
        assert gradient_left(nothing) is None
        assert gradient_story(nothing) == (
            "There is no step to go back to: nothing can be forgotten yet. Type on."
        )


def test_what_has_vanished_is_not_said_to_be_gone():
    assert gradient_story({"RNN": falling(1e-30)}) == (
        "After 20 steps, under 0.1 % of the RNN’s gradient is left."
    )


def test_the_longest_memory_in_words():
    found = half_lives(trace_of(f=np.array([[0.5, 0.999, 0.8]])), "l0")
    memory = longest_memory(found)
    assert (memory.unit, memory.never) == (1, 0)
    assert memory.longest == pytest.approx(692.8, abs=0.1)
    assert memory.median == pytest.approx(3.106, abs=0.001)
    assert memory_story(found) == (
        "The longest memory is unit 1’s: it forgets half of what it holds in 693 steps; "
        "the middle unit does so in 3.11 steps."
    )
    assert memory_story(half_lives(trace_of(z=np.array([[1.0, 0.5]])), "l0")) == (
        "Unit 0 never forgets: the gate z was wide open at every step."
    )
    assert memory_story(half_lives(trace_of(z=np.ones((3, 2))), "l0")).startswith("2 units never forget")
    assert memory_story(half_lives(trace_of(z=np.array([[0.5]])), "l0")).endswith("holds in 1 step.")


def test_clipping_in_words():
    assert clipping_story(12.345, 1.0, "norm") == (
        "The gradient’s norm was 12.3, and the optimiser saw 1. It points where it did."
    )
    assert clipping_story(12.3, 4.0, "value").endswith("Where it points has changed as well.")
    assert clipping_story(0.5, 0.5, "norm") == "The gradient’s norm is 0.5: nothing was clipped."
    assert "cannot help" in clipping_story(np.inf, np.nan, "norm")
