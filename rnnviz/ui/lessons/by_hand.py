"""The smallest recurrent network, by hand."""

import numpy as np

from rnnviz import lessons
from rnnviz.ui.lessons.controls import Number, Row, Words
from rnnviz.ui.lessons.lesson import Lesson, Shown
from rnnviz.views.panels import Line, Matrix, Sum, matrices
from rnnviz.views.tokens import number, quoted, sign, subscript

LIMIT = 100.0


def show(tokens: tuple[str, ...], x: tuple[float, ...], u: float, w: float, v: float, start: float) -> Shown:
    """One line for each token."""
    done = lessons.by_hand(x, u, w, v, start)
    u_, w_, v_ = (_one(name, value) for name, value in (("u", u), ("w", w), ("v", v)))
    lines, s = [], _one("s₀", start)
    for t in range(len(x)):
        x_t, before = _one(f"x{subscript(t + 1)}", done.x[t]), s
        made = Sum(products=((x_t, u_), (before, w_)))
        s = _one(f"s{subscript(t + 1)}", done.s[t], made)
        o = _one(f"o{subscript(t + 1)}", done.o[t], Sum(products=((s, v_),)))
        title = f"step {t + 1}" + (f", {sign(tokens[t])}" if t < len(tokens) else "")
        lines.append(Line([x_t, "×", u_, "+", before, "×", w_, "=", s, "and", s, "×", v_, "=", o], title))
    last = quoted(tokens[len(x) - 1]) if len(x) <= len(tokens) else f"step {len(x)}"
    said = f"After {last} the state is {number(done.s[-1])} and the output {number(done.o[-1])}."
    if len(tokens) != len(x):
        said += f" ({len(tokens)} tokens stand for {len(x)} numbers: the numbers are what is read.)"
    return Shown(matrices(lines, title="s = x u + s′ w,  o = s v"), said)


def _one(name: str, value: float, made: Sum | None = None) -> Matrix:
    return Matrix(name, np.array([[float(value)]]), "numbers", "numbers", made=made)


def code(tokens: tuple[str, ...], x: tuple[float, ...], u: float, w: float, v: float, start: float) -> str:
    """The loop in plain Python."""
    numbers = ", ".join(f"{each:.12g}" for each in x)
    return f"""x = [{numbers}]
u, w, v = {u:.12g}, {w:.12g}, {v:.12g}
s = {start:.12g}
for x_t in x:
    s = x_t * u + s * w
    o = s * v
    print(s, o)"""


BY_HAND = Lesson(
    "by-hand",
    "By hand",
    "What does the smallest recurrent network compute?",
    "One unit, three weights, no activation: a pencil is enough. Each state s is made of what is read now "
    "and of the state before, and the same u, w and v serve every step. Change a number and see the sums "
    "follow.",
    (
        Words("tokens", "tokens", "我 爱 中国", help="Only names; the network reads the numbers."),
        Row("x", "x: each token as a number", "1 2 3", -LIMIT, LIMIT),
        Number("u", "u: of what is read", 1.0, -LIMIT, LIMIT, stride=0.5),
        Number("w", "w: of the state", 1.0, -LIMIT, LIMIT, stride=0.5),
        Number("v", "v: of the output", 2.0, -LIMIT, LIMIT, stride=0.5),
        Number("start", "state before", 1.0, -LIMIT, LIMIT, stride=0.5),
    ),
    show,
    code,
)
