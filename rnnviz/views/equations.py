"""The equations of the cells as LaTeX: in the letters of this library and of other books, and in numbers.

Nothing that a person typed ever gets into them: letters of cells, names of biases and numbers only.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from rnnviz.terms import Terms
from rnnviz.views.panels.sums import addends, is_bias
from rnnviz.views.tokens import number

_T = TypeVar("_T")

CONVENTIONS = ("torch", "article")
"""`torch`: as `torch.nn` and this library write and compute it; `article`: U for the input, W for the state,
V for the output, as in most introductions.
"""

_PHI = {"sigmoid": r"\sigma", "tanh": r"\tanh", "relu": r"\mathrm{relu}"}
_APPLY: Mapping[str, Callable[[float], float]] = {
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)) if a >= 0 else math.exp(a) / (1 + math.exp(a)),
    "tanh": math.tanh,
    "relu": lambda a: max(a, 0.0),
}
_FACTORS: Mapping[tuple[str, int], Sequence[tuple[str, str]]] = {
    ("c", 2): (("f", "c_{before}"), ("i", "g")),
    ("h", 1): (("o", r"\tanh c"),),
    ("h", 2): (("1 - z", "n"), ("z", "h_{before}")),
}
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_OUT = r"y_t = W_{\mathrm{out}}\, h_t + b_{\mathrm{out}}"


def _torch_gate(letter: str, phi: str) -> str:
    inside = rf"W_{{i{letter}}}\, x_t + b_{{i{letter}}} + W_{{h{letter}}}\, h_{{t-1}} + b_{{h{letter}}}"
    return rf"{letter}_t = {_PHI[phi]}({inside})"


def _article_gate(letter: str, phi: str) -> str:
    return rf"{letter}_t = {_PHI[phi]}(W_{letter}\, h_{{t-1}} + U_{letter}\, x_t + b_{letter})"


def _rnn(phi: str) -> dict[str, list[str]]:
    torch = rf"h_t = {_PHI[phi]}(W_{{ih}}\, x_t + b_{{ih}} + W_{{hh}}\, h_{{t-1}} + b_{{hh}})"
    return {
        "torch": [torch, _OUT],
        "article": [rf"h_t = {_PHI[phi]}(U x_t + W h_{{t-1}} + b)", r"o_t = V h_t + c"],
    }


_LETTERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "rnn": _rnn("tanh"),
    "rnn_relu": _rnn("relu"),
    "lstm": {
        "torch": [
            _torch_gate("i", "sigmoid"),
            _torch_gate("f", "sigmoid"),
            _torch_gate("g", "tanh"),
            r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
            _torch_gate("o", "sigmoid"),
            r"h_t = o_t \odot \tanh(c_t)",
            _OUT,
        ],
        "article": [
            _article_gate("i", "sigmoid"),
            _article_gate("f", "sigmoid"),
            _article_gate("a", "tanh"),
            r"C_t = C_{t-1} \odot f_t + i_t \odot a_t",
            _article_gate("o", "sigmoid"),
            r"h_t = o_t \odot \tanh(C_t)",
            r"\hat{y}_t = V h_t + c",
        ],
    },
    "gru": {
        "torch": [
            _torch_gate("r", "sigmoid"),
            _torch_gate("z", "sigmoid"),
            r"n_t = \tanh(W_{in}\, x_t + b_{in} + r_t \odot (W_{hn}\, h_{t-1} + b_{hn}))",
            r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}",
            _OUT,
        ],
        "article": [
            _article_gate("r", "sigmoid"),
            _article_gate("z", "sigmoid"),
            r"\tilde{h}_t = \tanh(W (r_t \odot h_{t-1}) + U x_t + b)",
            r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t",
            r"\hat{y}_t = V h_t + c",
        ],
    },
}

_BIASES = (
    "Here every sum has two biases, one beside each matrix, as in torch.nn; there it has one. The one is the "
    "sum of the two: the same can be computed with either."
)
_NAMES = (
    "Here the first index of a matrix says what it reads, i the input and h the state, and the second which "
    "sum it leads to. There U reads the input, W the state, and V gives the answer."
)
_DIFFERENCES: Mapping[str, Sequence[str]] = {
    "rnn": (_NAMES, _BIASES),
    "lstm": (
        _NAMES,
        _BIASES,
        "The candidate is g here and a there (elsewhere also c with a tilde); the cell state is c here and C "
        "there. The computation is the same.",
    ),
    "gru": (
        _NAMES,
        _BIASES,
        "Here the reset gate r multiplies after the matrix product, r * (W h + b); there before it, "
        "W (r * h). These are two different cells: with the same weights they give different numbers. "
        "torch.nn and cuDNN compute the first, because all products of a step can then be taken at once.",
        "Here, and there, z = 1 keeps the old state. Some books swap z and 1 - z, so that z = 1 takes the "
        "new one; a trained gate then means the opposite.",
        "The candidate is n here and h with a tilde there.",
    ),
}


def letters(cell: str, convention: str = "torch") -> list[str]:
    """The equations of a cell in LaTeX, a line each, in the order of computation; line k of one convention
    says the same as line k of the other.

    cell: `rnn`, `rnn_relu`, `lstm` or `gru`; convention: one of `CONVENTIONS`. Raises ValueError for others.

    Sources: Elman 1990; Hochreiter, Schmidhuber 1997 with the forget gate of Gers, Schmidhuber, Cummins 2000;
    Cho et al. 2014 (arXiv 1406.1078), whose version 3 has r before the product.
    """
    if convention not in CONVENTIONS:
        raise ValueError(f"The convention is one of {', '.join(CONVENTIONS)}, not {convention!r}.")
    return list(_of(cell, _LETTERS)[convention])


def differences(cell: str) -> list[str]:
    """Where the two conventions differ for a cell, in plain sentences: names, biases, order of computation.

    Raises ValueError for an unknown cell.
    """
    return list(_of("rnn" if cell == "rnn_relu" else cell, _DIFFERENCES))


def _of(cell: str, table: Mapping[str, _T]) -> _T:
    if cell not in table:
        raise ValueError(f"There is no cell {cell!r}; there are: {', '.join(_LETTERS)}.")
    return table[cell]


def numbers(sums: Mapping[str, Terms], step: int) -> list[str]:
    """The equations of one unit with the numbers of a step, in LaTeX, a line for each of the sums: what comes
    from x, from h and from the biases, the total, and its activation.

    sums: by letter, as `rnnviz.terms` gives them; step: from 0. Numbers have three significant digits; where
    those told do not add up to the one told, the sign is an approximate one. Raises ValueError for a step
    that does not exist.
    """
    for terms in sums.values():
        if not 0 <= step < len(terms.total):
            raise ValueError(f"There is no step {step}: there are {len(terms.total)}, from 0 on.")
    return [_line(letter, terms, step) for letter, terms in sums.items()]


def _line(letter: str, terms: Terms, step: int) -> str:
    name = rf"{letter}_{{{terms.unit}}}"
    total, value = float(terms.total[step]), float(terms.value[step])
    if terms.activation == "identity":
        told, parts = _factors(terms, step), list(terms.values(step))
        exact = _round(sum(_round(w) * _round(x) for w, x in _pairs(terms, step))) == _round(value)
        return rf"{name} = {told} {_sign(exact)} {latex(value)}" if parts else rf"{name} = {latex(value)}"
    phi, apply = _PHI[terms.activation], _APPLY[terms.activation]
    told, parts = _addends(terms, step)
    inside = _sign(_round(sum(_round(part) for part in parts)) == _round(total))
    outside = _sign(_round(apply(_round(total))) == _round(value))
    return rf"{name} = {phi}({told}) {inside} {phi}({latex(total)}) {outside} {latex(value)}"


def _addends(terms: Terms, step: int) -> tuple[str, list[float]]:
    """The parts of a sum, and their values as they are told: from x, from h, the biases; of a GRU's candidate
    each half with its bias, and r before the state's.
    """
    from_x, from_h = r"\text{from } x", r"\text{from } h"
    x, bias_x, h, bias_h = (float(part) for part in addends(terms, scaled=False)[step])
    if terms.name.endswith((".n", ".a_n")):
        scale = float(terms.scale[step][-1])  # of the state's half, which comes last
        told = [
            _under(x + bias_x, from_x, first=True),
            _under(scale, "r") + r" \cdot " + _under(h + bias_h, from_h),
        ]
        return " + ".join(told), [x + bias_x, _round(scale) * _round(h + bias_h)]
    parts = [(x, from_x), (h, from_h)]
    if any(is_bias(source) for source in terms.sources):
        parts.append((bias_x + bias_h, r"\text{biases}"))
    told = [_under(value, words, first=k == 0) for k, (value, words) in enumerate(parts)]
    return " + ".join(told), [value for value, _ in parts]


def _pairs(terms: Terms, step: int) -> list[tuple[float, float]]:
    return [(float(w), float(x)) for w, x in zip(terms.weight[step], terms.input[step], strict=True)]


def _factors(terms: Terms, step: int) -> str:
    """The products of a state: what each factor is stands below it."""
    before = "t+1" if terms.name.rpartition(".")[0].endswith("r") else "t-1"
    words = _FACTORS.get((terms.name.rpartition(".")[2], len(terms.sources)), ())
    told = [rf"{latex(w)} \cdot {_bracketed(x)}" for w, x in _pairs(terms, step)]
    for k, (weight, input) in enumerate(words):
        w, x = _pairs(terms, step)[k]
        told[k] = rf"{_under(w, weight, first=k == 0)} \cdot {_under(x, input.replace('before', before))}"
    return " + ".join(told)


def _under(value: float, words: str, first: bool = False) -> str:
    """A number over what it is; the first of a sum needs no brackets."""
    return rf"\underbrace{{{latex(value) if first else _bracketed(value)}}}_{{{words}}}"


def _bracketed(value: float) -> str:
    return f"({latex(value)})" if value < 0 else latex(value)


def latex(value: float) -> str:
    """A number of three significant digits in LaTeX: ``-0.312``, ``1{,}230``, ``2.3 \\times 10^{-5}``."""
    text = number(value).replace("−", "-").replace(",", "{,}").replace("∞", r"\infty ")
    if math.isnan(value):
        return r"\text{nothing}"
    digits, power, exponent = text.partition("×10")
    return rf"{digits} \times 10^{{{exponent.translate(_PLAIN)}}}" if power else text


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def _sign(exact: bool) -> str:
    return "=" if exact else r"\approx"


def aligned(lines: Sequence[str]) -> str:
    """Equations as one block, their first signs below each other."""
    parts = [re.sub(r" (=|\\approx) ", r" &\1 ", line, count=1) for line in lines]
    return r"\begin{aligned}" + r" \\[4pt] ".join(parts) + r"\end{aligned}"
