"""The equations in letters and in numbers."""

import itertools
import math
import re

import numpy as np
import pytest

from rnnviz.views import equations
from rnnviz.views.tokens import number
from tests.views.sums import Made

CELLS = ["rnn", "rnn_relu", "lstm", "gru"]


@pytest.mark.parametrize("cell", CELLS)
def test_both_conventions_say_the_same_line_by_line(cell):
    ours, theirs = (equations.letters(cell, convention) for convention in equations.CONVENTIONS)
    assert len(ours) == len(theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        assert mine != yours or r"\tanh" in mine or "odot" in mine
    assert all("U" not in line for line in ours)
    assert any("U" in line for line in theirs)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("convention", equations.CONVENTIONS)
def test_braces_are_closed_and_nothing_is_markup(cell, convention):
    for line in equations.letters(cell, convention):
        depths = list(itertools.accumulate({"{": 1, "}": -1}.get(char, 0) for char in line))
        assert depths[-1] == 0
        assert min(depths) >= 0
        assert not set(line) & set("<>$#%&")


def test_the_letters_are_those_of_torch():
    lstm = equations.letters("lstm")
    for letter in "ifgo":
        (line,) = [each for each in lstm if each.startswith(f"{letter}_t")]
        assert f"W_{{i{letter}}}" in line
        assert f"b_{{h{letter}}}" in line
    assert [line[0] for line in equations.letters("gru")] == ["r", "z", "n", "h", "y"]


def test_the_articles_have_one_bias_and_their_own_names():
    assert r"a_t = \tanh(W_a\, h_{t-1} + U_a\, x_t + b_a)" in equations.letters("lstm", "article")
    assert r"C_t = C_{t-1} \odot f_t + i_t \odot a_t" in equations.letters("lstm", "article")
    assert equations.letters("rnn", "article") == [r"h_t = \tanh(U x_t + W h_{t-1} + b)", "o_t = V h_t + c"]
    assert r"W (r_t \odot h_{t-1})" in equations.letters("gru", "article")[2]
    assert r"r_t \odot (W_{hn}" in equations.letters("gru")[2]


def test_the_differences_are_told():
    assert any("before it" in line for line in equations.differences("gru"))
    assert any("1 - z" in line for line in equations.differences("gru"))
    assert any("two biases" in line for line in equations.differences("lstm"))
    assert equations.differences("rnn_relu") == equations.differences("rnn")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: equations.letters("mlp"), "no cell 'mlp'; there are: rnn, rnn_relu, lstm, gru"),
        (lambda: equations.differences("mlp"), "no cell 'mlp'"),
        (lambda: equations.letters("gru", "keras"), "one of torch, article, not 'keras'"),
        (lambda: equations.numbers(Made().sums(), 9), "no step 9: there are 4"),
        (lambda: equations.numbers(Made().sums(), -1), "no step -1"),
    ],
)
def test_what_does_not_exist_is_answered_in_a_sentence(ask, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        ask()


def told(latex):
    """The numbers of a line of LaTeX in their order."""
    plain = re.sub(r"_\{[^}]*(\{[^}]*\}[^}]*)*\}", "", latex).replace(r" \times 10^{", "e").replace("{,}", "")
    return [float(each) for each in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", plain)]


def rounded(value):
    return float(f"{value:.3g}")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_numbers_are_those_of_the_unit_at_the_step(cell, bias, seed):
    made = Made(cell, units=5, bias=bias, seed=seed)
    unit, step = seed % 5, seed % 4
    sums = made.sums(unit)
    lines = dict(zip(sums, equations.numbers(sums, step), strict=True))
    for letter, line in lines.items():
        assert line.startswith(f"{letter}_{{{unit}}} = ")
        assert told(line)[-1] == rounded(made.values[letter][step, unit])
        if sums[letter].activation != "identity":
            assert told(line)[-2] == rounded(float(sums[letter].total[step]))
            assert ("biases" in line) == (bias and letter != "n")


@pytest.mark.parametrize("seed", range(10))
def test_equal_is_said_only_where_the_digits_told_add_up(seed):
    made = Made("lstm", units=4, seed=seed)
    sums = made.sums(1)
    signs = set()
    for step in range(4):
        for letter, line in zip(sums, equations.numbers(sums, step), strict=True):
            numbers = told(line)
            if letter in "ifgo":
                exact = rounded(sum(numbers[:-2])) == numbers[-2]
                first = re.split(r"\) (=|\\approx) \\(?:sigma|tanh)", line)[1]
            elif letter == "c":
                f, before, i, g, value = numbers
                exact = rounded(f * before + i * g) == value
                first = re.findall(r" (=|\\approx) ", line)[-1]
            else:
                continue
            assert first == ("=" if exact else r"\approx")
            signs.add(first)
    assert "=" in signs


def test_the_factors_of_a_state_are_named():
    made = Made("lstm")
    lines = equations.numbers({letter: made.sums(1)[letter] for letter in "ch"}, 2)
    assert [word in lines[0] for word in ("_{f}", "_{c_{t-1}}", "_{i}", "_{g}")] == [True] * 4
    assert r"_{\tanh c}" in lines[1]
    reverse = Made("gru", layer="l0r").sums(1)
    assert "h_{t+1}" in equations.numbers({"h": reverse["h"]}, 2)[0]


def test_a_candidate_tells_its_reset_gate_and_the_state_before_it():
    made = Made("gru", seed=3)
    x, r, h, *_ = told(equations.numbers({"n": made.sums(2)["n"]}, 3)[0])
    wanted = (made.values["n_x"], made.values["r"], made.values["n_h"])
    assert (x, r, h) == tuple(rounded(values[3, 2]) for values in wanted)


@pytest.mark.parametrize(
    "value", [0, 1, -0.31234, 1234.4, -99999.6, 2.34e-7, -1e12, 0.001, math.inf, -math.inf]
)
def test_numbers_in_latex_are_the_numbers_of_the_page(value):
    latex = equations.latex(float(value))
    if math.isfinite(value):
        assert told(latex) == [pytest.approx(value, rel=5e-3, abs=0)]
        assert rounded(told(latex)[0]) == rounded(value)
    else:
        assert latex.strip() == (r"\infty" if value > 0 else r"-\infty")
    assert not set(number(value)) - set(latex) - set("−×⁰¹²³⁴⁵⁶⁷⁸⁹⁻,∞")


def test_nothing_is_told_in_words():
    assert equations.latex(np.nan) == r"\text{nothing}"
