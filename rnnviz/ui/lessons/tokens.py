"""How a token becomes numbers: one-hot rows, and why an embedding."""

import numpy as np

from rnnviz import lessons
from rnnviz.ui.lessons.controls import SEED, Number, Row
from rnnviz.ui.lessons.lesson import Lesson, Shown
from rnnviz.views.panels import Line, Matrix, Sum, matrices
from rnnviz.views.tokens import number


def show_one_hot(ids: tuple[int, ...], vocabulary: int, batch: int, steps: int) -> Shown:
    """Two ids, and a batch of texts that is turned so that the steps come first."""
    done = lessons.one_hots(ids, vocabulary, batch, steps)
    read = Matrix("ids", np.array(ids)[:, None], "ids", "numbers", plain=True)
    rows = Matrix(
        f"one_hot(ids, {vocabulary})", done.rows, "ids", "vocabulary", row_labels=[str(i) for i in ids]
    )
    X = Matrix("X", done.batch, "batch", "steps", plain=True)
    turned = Matrix("X.T", done.turned, "steps", "batch", plain=True)
    encoded = Matrix(f"one_hot(X.T, {vocabulary})", done.encoded, "batch", "vocabulary", "steps")
    lines = [
        Line([read, "→", rows], "Each id is a row of zeros with a single one, at the place of the id."),
        Line([X, "→", turned], "A batch has a text in each row. Turned, it has a step in each row:"),
        Line(["→", encoded], "so that the network can be given one step of all texts at a time."),
    ]
    shape = ", ".join(map(str, done.encoded.shape))
    share = 1 / vocabulary
    said = f"The shape is ({shape}): steps, batch, vocabulary. {share:.1%} of these numbers are not 0."
    return Shown(matrices(lines), said)


def code_one_hot(ids: tuple[int, ...], vocabulary: int, batch: int, steps: int) -> str:
    """With torch."""
    return f"""import torch
from torch.nn.functional import one_hot

print(one_hot(torch.tensor({list(ids)}), {vocabulary}))
X = torch.arange({batch * steps}).reshape({batch}, {steps})
print(one_hot(X.T, {vocabulary}).shape)  # ({steps}, {batch}, {vocabulary})"""


ONE_HOT = Lesson(
    "one-hot",
    "One-hot",
    "How does a network read a letter?",
    "As a row of zeros with a one at the letter's number in the vocabulary. Two ids first; then a batch of "
    "two texts of five letters, which is turned so that the network reads one step of all texts at a time.",
    (
        Row("ids", "ids", "0 2", 0, 63, 8, whole=True),
        Number("vocabulary", "vocabulary", 28, 2, 64),
        Number("batch", "batch", 2, 1, 4),
        Number("steps", "steps", 5, 1, 8),
    ),
    show_one_hot,
    code_one_hot,
)


def show_embedding(
    ids: tuple[int, ...], vocabulary: int, embedding: int, hidden: int, classes: int, seed: int
) -> Shown:
    """The product, then the shapes up to the answer."""
    done = lessons.embedded(ids, vocabulary, embedding, hidden, classes, seed)
    labels = [f"id {i}" for i in ids]
    ones = Matrix("one-hot rows", done.one_hot, "tokens", "vocabulary", row_labels=labels)
    table = Matrix("embedding", done.table, "vocabulary", "numbers")
    made = Sum(products=((ones, table),))
    rows = Matrix("x", done.rows, "tokens", "numbers", row_labels=labels, made=made)
    state = Matrix("h after the last token", done.state, "texts", "units")
    weight = Matrix("W", done.weight, "units", "classes")
    bias = Matrix("b", done.bias, "texts", "classes")
    made = Sum(products=((state, weight),), added=(bias,))
    scores = Matrix("scores", done.scores, "texts", "classes", made=made)
    lines = [
        Line(
            [ones, "×", table, "=", rows],
            "Each row of the product is a row of the matrix: point at a number of x, all other terms are 0.",
        ),
        Line([state, "×", weight, "+", bias, "=", scores], "An RNN reads the rows of x; its last h answers."),
    ]
    same = "to the last bit" if not done.difference else f"but for {number(done.difference)}"
    first, second, third = done.parameters
    said = (
        f"Looking the rows up gives the same {same}. Parameters: {first:,} in the embedding, {second:,} in "
        f"the RNN, {third:,} in the answer; an RNN that reads one-hot rows itself has {done.without:,}."
    )
    return Shown(matrices(lines), said)


def code_embedding(
    ids: tuple[int, ...], vocabulary: int, embedding: int, hidden: int, classes: int, seed: int
) -> str:
    """With torch.nn, the same numbers from the same seed."""
    return f"""import torch
from torch.nn.functional import one_hot

torch.manual_seed({seed})
embedding = torch.nn.Embedding({vocabulary}, {embedding})
rnn = torch.nn.RNN({embedding}, {hidden})
linear = torch.nn.Linear({hidden}, {classes})

ids = torch.tensor({list(ids)})
x = one_hot(ids, {vocabulary}).float() @ embedding.weight
print((x - embedding(ids)).abs().max().item())
output, h = rnn(embedding(ids))
scores = linear(output[-1:])
print(scores)"""


EMBEDDING = Lesson(
    "embedding",
    "Embedding",
    "Why an embedding?",
    "A one-hot row is long, almost all zeros, and no letter is nearer to one than to another. Times a matrix "
    "it is just a row of that matrix: so the row is looked up, and it is learned like any other weight.",
    (
        Row("ids", "ids", "3 1 4 1", 0, 63, 8, whole=True),
        Number("vocabulary", "vocabulary", 10, 2, 64),
        Number("embedding", "embedding", 8, 1, 32),
        Number("hidden", "hidden", 16, 1, 64),
        Number("classes", "classes", 5, 2, 16),
        SEED,
    ),
    show_embedding,
    code_embedding,
)
