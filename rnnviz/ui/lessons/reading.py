"""Reading step by step: context, the loop by hand and at once, and what more steps cost."""

from functools import partial

import numpy as np

from rnnviz import lessons
from rnnviz.ui.lessons.controls import SEED, Choice, Number, Words
from rnnviz.ui.lessons.lesson import Lesson, Shown
from rnnviz.ui.lessons.states import CELLS
from rnnviz.views.costs import costs
from rnnviz.views.panels import Line, Matrix, Sum, matrices
from rnnviz.views.tokens import number, quoted, sign, subscript


def show_context(
    first: tuple[str, ...], second: tuple[str, ...], word: tuple[str, ...], units: int, seed: int
) -> Shown:
    """What a layer says at each token of two sentences, without and with a state."""
    done = lessons.context(first, second, word[0], units=units, seed=seed)
    sentences = (first, second)

    def line(said: tuple[np.ndarray, np.ndarray], apart: np.ndarray, title: str) -> Line:
        here, there = (
            Matrix(
                f"H of the {which} sentence",
                values,
                "tokens",
                "units",
                row_labels=[sign(token) for token in sentence],
                mark=place,
            )
            for which, values, sentence, place in zip(
                ("first", "second"), said, sentences, done.places, strict=True
            )
        )
        return Line(
            [here, there, "→", Matrix("difference", apart, "words", "units", row_labels=[sign(word[0])])],
            title,
        )

    lines = [
        line(done.without, done.apart[0], "without a state: each token is read as if it were the first"),
        line(done.with_state, done.apart[1], "with a state: what came before takes part"),
    ]
    most = [number(float(np.abs(each).max())) for each in done.apart]
    said = (
        f"At {quoted(word[0])} the two sentences differ by {most[0]} without a state, by {most[1]} with one."
    )
    return Shown(matrices(lines, end=1.0), said)


def code_context(
    first: tuple[str, ...], second: tuple[str, ...], word: tuple[str, ...], units: int, seed: int
) -> str:
    """With torch.nn."""
    tokens = list(dict.fromkeys([*first, *second]))
    return f"""import torch

torch.manual_seed({seed})
tokens = {tokens!r}
table = torch.randn({len(tokens)}, 4)  # a vector for each token
rnn = torch.nn.RNN(4, {units})

def read(sentence, state):
    x = table[[tokens.index(token) for token in sentence]]
    if state:
        return rnn(x)[0]
    return torch.cat([rnn(x_t[None])[0] for x_t in x])  # each as if it were the first

first, second, word = {list(first)!r}, {list(second)!r}, {word[0]!r}
for state in (False, True):
    h = read(first, state)[first.index(word)], read(second, state)[second.index(word)]
    print((h[1] - h[0]).abs().max().item())"""


CONTEXT = Lesson(
    "context",
    "Context",
    "Why does a network need a state?",
    "我喜欢美女 says “I like beautiful women”, 我不喜欢美女 says “I do not”. A layer without a state reads "
    "喜欢, “like”, the same way in both: no training can teach it the difference. (The weights here are "
    "random.)",
    (
        Words("first", "first sentence", "我 喜欢 美女", 8),
        Words("second", "second sentence", "我 不 喜欢 美女", 8),
        Words("word", "word", "喜欢", 1, whole=True, width=150, help="It has to be in both sentences."),
        Number("units", "units", 4, 1, 8),
        SEED,
    ),
    show_context,
    code_context,
)


def show_stepping(batch: int, steps: int, inputs: int, units: int, seed: int) -> Shown:
    """A line for each step, then the layer at once."""
    done = lessons.stepping(batch, steps, inputs, units, seed)
    W_ih = Matrix("W_ihᵀ", done.weight_ih, "inputs", "units")
    W_hh = Matrix("W_hhᵀ", done.weight_hh, "units", "units")
    b_ih, b_hh = Matrix("b_ih", done.bias_ih, "rows", "units"), Matrix("b_hh", done.bias_hh, "rows", "units")
    b = Matrix("b", done.bias_ih + done.bias_hh, "rows", "units", made=Sum(added=(b_ih, b_hh)))
    h, lines = Matrix("h₀", done.states[0], "batch", "units"), []
    for t in range(steps):
        x = Matrix(f"x{subscript(t + 1)}", done.x[:, t], "batch", "inputs")
        made = Sum(((x, W_ih), (h, W_hh)), added=(b,), function="tanh")
        after = Matrix(f"h{subscript(t + 1)}", done.states[t + 1], "batch", "units", made=made)
        items: list[Matrix | str] = ["tanh(", x, "×", W_ih, "+", h, "×", W_hh, "+", b, ")", "=", after]
        shapes = f"step {t + 1}: x ({batch}, {inputs}), h ({batch}, {units})"
        lines.append(Line(items, shapes))
        h = after
    whole = Matrix("x", done.x, "steps", "inputs", "batch")
    output = Matrix("output", done.output, "steps", "units", "batch")
    last = Matrix("h_n", done.last, "batch", "units", "layers")
    lines.append(Line([b_ih, "+", b_hh, "=", b], "PyTorch has two biases, of which only the sum matters"))
    lines.append(Line([whole, "→", output, ",", last], "the layer at once, batch first"))
    said = (
        f"The layer's output ({batch}, {steps}, {units}) holds the states that the cell had: they differ by "
        f"at most {done.by_hand:.1e}, and from torch.nn.RNN by {done.from_torch:.1e}. h_n (1, {batch}, "
        f"{units}) is the last of them."
    )
    return Shown(matrices(lines), said)


def code_stepping(batch: int, steps: int, inputs: int, units: int, seed: int) -> str:
    """With torch.nn: RNN, and RNNCell on the same weights."""
    return f"""import torch

torch.manual_seed({seed})
rnn = torch.nn.RNN(input_size={inputs}, hidden_size={units}, batch_first=True)
x = torch.randn({batch}, {steps}, {inputs})  # batch, steps, inputs

cell = torch.nn.RNNCell({inputs}, {units})
cell.load_state_dict({{name.removesuffix("_l0"): weight for name, weight in rnn.state_dict().items()}})
h = torch.zeros({batch}, {units})
for t in range({steps}):
    h = cell(x[:, t], h)  # ({batch}, {inputs}), ({batch}, {units}) -> ({batch}, {units})
    print(t + 1, h)

output, h_n = rnn(x)  # ({batch}, {steps}, {units}), (1, {batch}, {units})
print((output[:, -1] - h).abs().max().item())"""


STEPPING = Lesson(
    "stepping",
    "Step by step",
    "What does the loop over time do?",
    "It applies one cell again and again, with the same weights and the state that came out before. Point at "
    "a number of an h. A layer that is given the whole sequence does just that.",
    (
        Number("batch", "batch", 1, 1, 3),
        Number("steps", "steps", 3, 1, 6),
        Number("inputs", "inputs", 4, 1, 6),
        Number("units", "units", 2, 1, 6),
        SEED,
    ),
    show_stepping,
    code_stepping,
)

NAMES = {
    "parameters": "parameters",
    "unshared": "parameters if each step had its own",
    "flat": "parameters of a perceptron that reads all steps at once",
    "products": "multiplications",
}


def show_growth(cell: str, inputs: int, units: int, steps: int) -> Shown:
    """What does not grow, and what does: in numbers at the last step, and as lines up to it."""
    done = [lessons.growth(cell, inputs, units, mark) for mark in sorted({1, (1 + steps) // 2, steps})]
    counts = {name: [getattr(each, field) for each in done] for field, name in NAMES.items()}
    told = [
        [f"{name}, at {_steps(each.steps)}: {value:,}" for each, value in zip(done, row, strict=True)]
        for name, row in counts.items()
    ]
    table = Matrix(
        "",
        np.array(list(counts.values()), dtype=np.float64),
        "what is counted",
        "steps",
        row_labels=["parameters", "if each step had its own", "of a perceptron over all", "multiplications"],
        column_labels=[_steps(each.steps) for each in done],
        plain=True,
        sized=False,
        told=told,
        mark=0,
    )
    last = done[-1]
    said = (
        f"At {_steps(steps)} as at 1 it has {last.parameters:,} parameters: every step has the same. The "
        f"work grows with the steps, {last.products:,} multiplications, and the steps wait for each other."
    )
    weights = {name: counts[name] for field, name in NAMES.items() if field != "products"}
    chart = partial(costs.spec, [each.steps for each in done], weights)
    return Shown(matrices([[table]]), said, chart if steps > 1 else None)


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count != 1)}"


def code_growth(cell: str, inputs: int, units: int, steps: int) -> str:
    """With torch.nn: no step is said anywhere."""
    return f"""import torch

rnn = torch.nn.{cell.upper()}({inputs}, {units})
print(sum(weight.numel() for weight in rnn.parameters()))  # nobody had to say how many steps
output, _ = rnn(torch.randn({steps}, 1, {inputs}))
print(output.shape)  # ({steps}, 1, {units})"""


GROWTH = Lesson(
    "growth",
    "More steps",
    "What do more steps cost?",
    "No parameters: U, W and V are the same in every step, so a network reads longer texts than it was "
    "trained on. A perceptron that reads all steps at once needs weights for each of them.",
    (
        Choice("cell", "cell", "rnn", CELLS, ("RNN", "LSTM", "GRU")),
        Number("inputs", "inputs", 28, 1, 512),
        Number("units", "units", 32, 1, 512),
        Number("steps", "steps", 35, 1, 500, slide=True),
    ),
    show_growth,
    code_growth,
)
