"""What a cell with typed weights did: every value at every step, and how each came about, in a sentence."""

from collections.abc import Sequence

import numpy as np

from rnnviz.lessons import GATES, OwnCell, Run
from rnnviz.quantities import CELL_MEANINGS
from rnnviz.views.panels import Line, Matrix, Panel, matrices
from rnnviz.views.tokens import number, subscript

_LINES = {"rnn": ("h",), "lstm": ("if", "go", "ch"), "gru": ("rz", "n", "h")}
_WAS = {"rnn": {}, "lstm": {"c": "f·c + i·g", "h": "o·tanh(c)"}, "gru": {"h": "(1 − z)·n + z·h"}}


def picture(own: OwnCell, done: Run) -> Panel:
    """What is read, then gates, then states; units by steps."""
    x = Matrix("x: what is read", done.x.T, "inputs", "steps", row_labels=_numbered("x", own.inputs))
    rows = [[_matrix(own, done, letter) for letter in letters] for letters in _LINES[own.kind]]
    return matrices([Line([x]), *(Line(row) for row in rows)])


def _matrix(own: OwnCell, done: Run, letter: str) -> Matrix:
    meaning = CELL_MEANINGS[own.kind][letter]
    values = done.values[letter]
    told = [
        [_sentence(own, done, letter, unit, step) for step in range(len(values))] for unit in range(own.units)
    ]
    return Matrix(
        f"{letter}: {meaning.label}",
        values.T,
        "units",
        "steps",
        row_labels=_numbered(letter, own.units),
        share=meaning.kind == "gate",
        told=told,
    )


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}{subscript(k)}" for k in range(count)]


def _sentence(own: OwnCell, done: Run, letter: str, unit: int, step: int) -> str:
    """`c₀ at step 3 = f·c + i·g = 1·0.664 + 0·0.291 = 0.664`."""
    was = {name: values[step, unit] for name, values in done.before.items()}
    now = {name: values[step, unit] for name, values in done.values.items()}
    says = f"{letter}{subscript(unit)} at step {step} = "
    result = number(now[letter])
    if letter in _WAS[own.kind]:
        return f"{says}{_WAS[own.kind][letter]} = {_state(own.kind, letter, was, now)} = {result}"
    sums = _sum(own, done, f"{letter}{unit}", step)
    if own.kind == "gru" and letter == "n":
        inner = f"{sums[0]} + {number(now['r'])}·({sums[1]})"
        return f"{says}tanh({inner}) = tanh({number(now['a_n'])}) = {result}"
    total = number(now["a" if own.kind == "rnn" else f"a_{letter}"])
    function = "σ" if CELL_MEANINGS[own.kind][letter].kind == "gate" else "tanh"
    both = " + ".join(part for part in sums if part != "0") or "0"
    return f"{says}{function}({both}) = {function}({total}) = {result}"


def _state(kind: str, letter: str, was: dict[str, float], now: dict[str, float]) -> str:
    """The equation of a state, in this step's numbers."""
    told = {name: _bracketed(value) for name, value in now.items()}
    if kind == "lstm":
        if letter == "h":
            return f"{told['o']}·tanh({number(now['c'])})"
        return f"{told['f']}·{_bracketed(was['c'])} + {told['i']}·{told['g']}"
    return f"{number(1 - now['z'])}·{told['n']} + {told['z']}·{_bracketed(was['h'])}"


def _sum(own: OwnCell, done: Run, row: str, step: int) -> tuple[str, str]:
    """The terms of one sum that are not 0 by their weight, in letters' place numbers: from x, and from h."""
    weights = own.weights[own.rows.index(row)]
    reads = np.concatenate([done.x[step], [1.0], done.before["h"][step], [1.0]])
    middle = own.inputs + 1
    halves = slice(0, middle), slice(middle, None)
    from_x, from_h = (_terms(weights[half], reads[half]) for half in halves)
    return from_x, from_h


def _terms(weights: Sequence[float] | np.ndarray, reads: np.ndarray) -> str:
    """`40·0.8 + (−20)`; the last weight is the bias. `0` where all weights are."""
    products = [
        f"{_bracketed(w)}·{_bracketed(read)}" for w, read in zip(weights[:-1], reads[:-1], strict=True) if w
    ]
    bias = [_bracketed(weights[-1])] if weights[-1] else []
    return " + ".join(products + bias) or "0"


def _bracketed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def code(own: OwnCell, x: np.ndarray) -> str:
    """The same cell as a layer of the library."""
    middle = own.inputs
    parts = {
        "weight_ih_l0": own.weights[:, :middle],
        "weight_hh_l0": own.weights[:, middle + 1 : -1],
        "bias_ih_l0": own.weights[:, middle],
        "bias_hh_l0": own.weights[:, -1],
    }
    weights = "\n".join(f'    "{name}": {_listed(values)},' for name, values in parts.items())
    shown = "l0.c" if own.kind == "lstm" else "l0.h"
    return f"""import torch
import rnnviz.nn

rnn = rnnviz.nn.{own.kind.upper()}({own.inputs}, {own.units}, dtype=torch.float64)
weights = {{  # the gates in the order {", ".join(GATES[own.kind])}
{weights}
}}
rnn.load_state_dict({{name: torch.tensor(values) for name, values in weights.items()}})
x = torch.tensor({_listed(x)}, dtype=torch.float64)
print(rnn.trace(x).values["{shown}"])"""


def _listed(values: np.ndarray) -> str:
    if values.ndim == 1:
        return "[" + ", ".join(f"{value:.12g}" for value in values) + "]"
    return "[" + ", ".join(map(_listed, values)) + "]"
