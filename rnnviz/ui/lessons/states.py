"""What a state is: the product that a perceptron lacks, one matrix or two, and what it is at the start."""

from rnnviz import lessons
from rnnviz.ui.lessons.controls import SEED, Choice, Number
from rnnviz.ui.lessons.lesson import Lesson, Shown
from rnnviz.views.panels import Line, Matrix, Sum, matrices
from rnnviz.views.tokens import number


def show_state(batch: int, inputs: int, units: int, seed: int) -> Shown:
    """H = φ(X W_xh + b_h), then + H_{t-1} W_hh."""
    done = lessons.memory(batch, inputs, units, seed)
    X_1, X_2 = (Matrix(f"X{sub}", x, "batch", "inputs") for sub, x in zip("₁₂", done.x, strict=True))
    W_xh = Matrix("W_xh", done.W_xh, "inputs", "units")
    W_hh = Matrix("W_hh", done.W_hh, "units", "units")
    b_h = Matrix("b_h", done.b_h, "rows", "units")
    H_1 = _made("H₁", done.first, Sum(((X_1, W_xh),), added=(b_h,), function="tanh"))
    alone = _made("H₂", done.without, Sum(((X_2, W_xh),), added=(b_h,), function="tanh"))
    H_2 = _made("H₂", done.with_state, Sum(((X_2, W_xh), (H_1, W_hh)), added=(b_h,), function="tanh"))
    lines = [
        Line(["tanh(", X_1, "×", W_xh, "+", b_h, ")", "=", H_1], "step 1: the state before is 0, both agree"),
        Line(["tanh(", X_2, "×", W_xh, "+", b_h, ")", "=", alone], "step 2 without a state: X₁ is forgotten"),
        Line(
            ["tanh(", X_2, "×", W_xh, "+", H_1, "×", W_hh, "+", b_h, ")", "=", H_2],
            "step 2 with a state: H₁ takes part, and all that it was made of",
        ),
    ]
    apart = abs(done.with_state - done.without).max()
    said = f"The two H₂ differ by up to {number(float(apart))}: so much has the state to say."
    return Shown(matrices(lines), said)


def code_state(batch: int, inputs: int, units: int, seed: int) -> str:
    """With torch."""
    return f"""import torch

torch.manual_seed({seed})
X_1, X_2 = torch.randn({batch}, {inputs}), torch.randn({batch}, {inputs})
W_xh, W_hh = torch.randn({inputs}, {units}), torch.randn({units}, {units})
b_h = torch.randn({units})

H_1 = torch.tanh(X_1 @ W_xh + b_h)
without = torch.tanh(X_2 @ W_xh + b_h)
H_2 = torch.tanh(X_2 @ W_xh + H_1 @ W_hh + b_h)
print((H_2 - without).abs().max().item())"""


STATE = Lesson(
    "state",
    "A state",
    "What makes a perceptron a recurrent network?",
    "One product more. A perceptron computes H = φ(X W_xh + b_h), and each step stands alone. With "
    "+ H_{t−1} W_hh, what was computed before takes part in what is computed now.",
    (
        Number("batch", "batch", 2, 1, 6),
        Number("inputs", "inputs", 3, 1, 8),
        Number("units", "units", 4, 1, 8),
        SEED,
    ),
    show_state,
    code_state,
)


def _made(name: str, values: object, made: Sum) -> Matrix:
    return Matrix(name, values, "batch", "units", made=made)  # type: ignore[arg-type]


def show_joined(batch: int, inputs: int, units: int, seed: int) -> Shown:
    """Both ways, one under the other."""
    done = lessons.joined(batch, inputs, units, seed)
    X, H = Matrix("X", done.X, "batch", "inputs"), Matrix("H", done.H, "batch", "units")
    W_xh = Matrix("W_xh", done.W_xh, "inputs", "units")
    W_hh = Matrix("W_hh", done.W_hh, "units", "units")
    two = _made("the sum of two products", done.two, Sum(((X, W_xh), (H, W_hh))))
    parts = (("X", inputs), ("H", units))
    side = Matrix("[X, H]", done.side_by_side, "batch", "both", column_parts=parts)
    parts = (("W_xh", inputs), ("W_hh", units))
    stacked = Matrix("[W_xh; W_hh]", done.stacked, "both", "units", row_parts=parts)
    one = _made("one product", done.one, Sum(((side, stacked),)))
    lines = [
        Line([X, "×", W_xh, "+", H, "×", W_hh, "=", two]),
        Line([side, "×", stacked, "=", one], "the same side by side, and one on top of the other"),
    ]
    said = (
        "They are equal to the last bit."
        if not done.difference
        else f"They differ by at most {done.difference:.1e}: the terms are the same, and float32 rounds "
        "their sum in another order."
    )
    return Shown(matrices(lines), said)


def code_joined(batch: int, inputs: int, units: int, seed: int) -> str:
    """With torch."""
    return f"""import torch

torch.manual_seed({seed})
X, W_xh = torch.randn({batch}, {inputs}), torch.randn({inputs}, {units})
H, W_hh = torch.randn({batch}, {units}), torch.randn({units}, {units})

two = X @ W_xh + H @ W_hh
one = torch.cat((X, H), 1) @ torch.cat((W_xh, W_hh), 0)
print((two - one).abs().max().item())"""


JOINED = Lesson(
    "joined",
    "One product or two",
    "Why do some books write [X, H] W?",
    "X W_xh + H W_hh is the product of X and H side by side with the two matrices one on top of the other. "
    "Point at a cell on the right of both lines: the terms are the same.",
    (
        Number("batch", "batch", 3, 1, 6),
        Number("inputs", "inputs", 1, 1, 8),
        Number("units", "units", 4, 1, 8),
        SEED,
    ),
    show_joined,
    code_joined,
)

CELLS = ("rnn", "lstm", "gru")
_WORDS = {"h": "hidden state", "c": "cell state"}


def show_start(cell: str, batch: int, units: int, layers: int, ways: str) -> Shown:
    """What the cell carries, before and after its first step."""
    done = lessons.start(cell, batch, units, layers, ways == "both ways")
    labels = [
        f"layer {layer + 1}{way}"
        for layer in range(layers)
        for way in (("", ", reverse") if ways == "both ways" else ("",))
    ]
    lines = []
    for name, before, after in zip(done.carried, done.before, done.after, strict=True):
        piles = [
            Matrix(f"{name}{sub}", values, "batch", "units", "layers", step_labels=labels)
            for sub, values in (("₀", before), ("₁", after))
        ]
        lines.append(Line([piles[0], "→", piles[1]], f"{_WORDS[name]}, before and after the first step"))
    shape = ", ".join(map(str, done.before[0].shape))
    pair = "A pair, (h, c), each" if len(done.carried) == 2 else "One array, h,"
    said = f"{pair} of the shape ({shape}): layers × directions, batch, units. Each step keeps the shape."
    return Shown(matrices(lines, end=1.0), said)


def code_start(cell: str, batch: int, units: int, layers: int, ways: str) -> str:
    """With torch.nn, which begins with zeros as well where no state is given."""
    shape = f"{layers * (2 if ways == 'both ways' else 1)}, {batch}, {units}"
    zeros = f"(torch.zeros({shape}), torch.zeros({shape}))" if cell == "lstm" else f"torch.zeros({shape})"
    left, right = ("(h, c)", "h.shape, c.shape") if cell == "lstm" else ("h", "h.shape")
    both = ", bidirectional=True" if ways == "both ways" else ""
    return f"""import torch

torch.manual_seed(1)
rnn = torch.nn.{cell.upper()}(3, {units}, num_layers={layers}{both})
state = {zeros}
output, {left} = rnn(torch.randn(1, {batch}, 3), state)
print({right})"""


START = Lesson(
    "start",
    "The first state",
    "What does a network know before it has read anything?",
    "Nothing: its state is zeros, for each text of the batch and each unit. An LSTM carries two, so its "
    "state is a pair. With more layers, or read both ways, there is one for each.",
    (
        Choice("cell", "cell", "lstm", CELLS, ("RNN", "LSTM", "GRU")),
        Number("batch", "batch", 2, 1, 6),
        Number("units", "units", 4, 1, 12),
        Number("layers", "layers", 1, 1, 3),
        Choice("ways", "directions", "one way", ("one way", "both ways")),
    ),
    show_start,
    code_start,
)
