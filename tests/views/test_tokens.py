"""Every character leaves a mark, and every number is said shortly."""

import html
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.views import tokens, words


@pytest.mark.parametrize(
    ("token", "sign"),
    [
        ("e", "e"),
        (" ", "·"),
        ("\n", "↵"),
        ("\t", "⇥"),
        ("\r", "␍"),
        ("\x00", "␀"),
        ("\x1b", "␛"),
        ("\x7f", "␡"),
        ("\x85", "▯"),
        ("\u00a0", "␣"),
        ("\u3000", "␣"),
        ("\u2028", "↵"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("\u200d", "▯"),
        ("\u202e", "▯"),
        ("\ud800", "▯"),
        ("\ue000", "▯"),
        ("😀", "😀"),
        ("中", "中"),
        ("ש", "ש"),
        ("", "∅"),
        ("a b", "a·b"),
    ],
)
def test_signs(token, sign):
    assert tokens.sign(token) == sign


@given(st.characters())
def test_no_sign_is_invisible(char):
    sign = tokens.sign(char)
    assert sign.strip()
    sign.encode("utf-8")  # nothing that cannot be sent to a browser


@given(st.text())
def test_labels_carry_no_markup(text):
    label = tokens.escaped(text)
    assert "<" not in label
    assert html.unescape(label) == tokens.sign(text) or "&" in text


def test_markup_in_a_token_is_shown_as_typed():
    assert tokens.escaped("<b>&lt;</b>") == "&lt;b&gt;&amp;lt;&lt;/b&gt;"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.03, "0.03"),
        (0.031249, "0.0312"),
        (-0.5, "−0.5"),
        (1.0, "1"),
        (0.9999, "1"),
        (12.345, "12.3"),
        (-123.6, "−124"),
        (1234.0, "1,230"),
        (999.9, "1,000"),
        (123456.0, "123,000"),
        (1.5e7, "1.5×10⁷"),
        (2.3e-5, "2.3×10⁻⁵"),
        (-1e-9, "−1×10⁻⁹"),
        (0.0, "0"),
        (-0.0, "0"),
        (100.0, "100"),
        (math.nan, "nothing"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_have_three_significant_digits(value, said):
    assert tokens.number(value) == said


@given(st.floats(min_value=-1e5, max_value=1e5).filter(lambda value: value == 0 or abs(value) > 1e-3))
def test_a_number_is_right_to_half_its_third_digit(value):
    said = float(tokens.number(value).replace("−", "-").replace(",", ""))
    assert said == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (0.834, "83 %"),
        (0.0412, "4.1 %"),
        (0.0996, "10 %"),
        (0.0001, "< 0.1 %"),
        (0, "0.0 %"),
        (1, "100 %"),
        (math.nan, "nothing"),
    ],
)
def test_per_cent(chance, said):
    assert tokens.per_cent(chance) == said


@pytest.mark.parametrize(
    ("name", "symbol", "value", "said"),
    [
        ("l0.f", "f", 0.03, "f₁₂ at step 7 'e' = 0.03: the cell forgets"),
        ("l1r.f", "f", 0.97, "f₁₂ at step 7 'e' = 0.97: the cell remembers"),
        ("l0.f", "f", 0.5, "f₁₂ at step 7 'e' = 0.5"),
        ("l0.z", "z", 0.99, "z₁₂ at step 7 'e' = 0.99: the unit keeps its past"),
        ("l0.h", "h", -0.25, "h₁₂ at step 7 'e' = −0.25"),
        ("l0.a_f", "a_f", -3.0, "a_f₁₂ at step 7 'e' = −3"),
        ("l0.f", "f", math.nan, "f₁₂ at step 7 'e' = nothing"),
    ],
)
def test_a_cell_is_said_in_a_sentence(name, symbol, value, said):
    assert words.cell_sentence(name, symbol, 12, 7, "e", value) == said


def test_a_sentence_names_what_has_no_shape_and_isolates_what_runs_the_other_way():
    assert "'▯' U+200D zero width joiner =" in words.cell_sentence("l0.h", "h", 0, 0, "\u200d", 1.0)
    assert "'\u2068ש\u2069'" in words.cell_sentence("l0.h", "h", 0, 0, "ש", 1.0)


@pytest.mark.parametrize(
    ("name", "layer"),
    [("l0.f", "layer 1"), ("l1r.h", "layer 2, right to left"), ("out.prob", ""), ("emb", "")],
)
def test_layers_in_words(name, layer):
    assert words.layer_of(name) == layer
