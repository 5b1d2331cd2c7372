"""The matrices panel: sizes that fit, sums that are true, and what the browser gets."""

import numpy as np
import pytest

from rnnviz.views import panels
from rnnviz.views.panels import Line, Matrix, Sum, matrices
from tests.packed import unpacked


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def step(rng):
    """tanh(X W + H V + b) = R, a line of a picture."""
    X, W = Matrix("X", rng.normal(size=(3, 2)), "batch", "inputs"), Matrix("W", rng.normal(size=(2, 4)))
    H, V = Matrix("H", rng.normal(size=(3, 4))), Matrix("V", rng.normal(size=(4, 4)))
    b = Matrix("b", rng.normal(size=(1, 4)))
    values = np.tanh(X.values @ W.values + H.values @ V.values + b.values)
    R = Matrix("R", values, made=Sum(((X, W), (H, V)), added=(b,), function="tanh"))
    return [X, "×", W, "+", H, "×", V, "+", b, "=", R]


def test_the_browser_gets_every_number_and_how_the_result_was_made(step):
    data = matrices([Line(step, "one step")], title="T").payload()
    assert [each["name"] for each in data["matrices"]] == ["X", "W", "H", "V", "b", "R"]
    assert data["lines"] == [{"title": "one step", "items": [0, "×", 1, "+", 2, "×", 3, "+", 4, "=", 5]}]
    for sent, given in zip(data["matrices"], step[::2], strict=True):
        np.testing.assert_array_equal(unpacked(sent["values"]), given.values)
        assert sent["shape"] == [1, *given.values.shape]
    assert data["matrices"][0]["axes"] == ["steps", "batch", "inputs"]
    made = {"products": [[0, 1], [2, 3]], "pairs": [], "added": [4], "function": "tanh"}
    assert data["matrices"][5]["made"] == made


def test_a_matrix_in_two_places_travels_once(step):
    data = matrices([step, [step[0], "→", step[-1]]]).payload()
    assert len(data["matrices"]) == 6
    assert data["lines"][1]["items"] == [0, "→", 5]


def test_one_scale_for_all_signed_values_and_one_for_shares(step, rng):
    gate = Matrix("f", rng.random(size=(2, 5)), share=True)
    data = matrices([step, [gate]]).payload()
    reach = max(np.abs(each.values).max() for each in step[::2])
    assert [scale["scale"] for scale in data["scales"]] == ["diverging", "sequential"]
    assert (data["scales"][0]["low"], data["scales"][0]["high"]) == (-reach, reach)
    assert (data["scales"][1]["low"], data["scales"][1]["high"]) == (0, 1)
    assert [each["scale"] for each in data["matrices"]] == [0] * 6 + [1]
    assert matrices([step], end=2.5).payload()["scales"][0]["ends"] == ["−2.5", "2.5"]
    assert [scale["scale"] for scale in matrices([[gate]]).payload()["scales"]] == ["sequential"]


def test_a_scale_that_reaches_far_is_bent(rng):
    far = Matrix("o", np.array([[14.0, 1.0]]))
    assert matrices([[far]]).payload()["scales"][0]["bent"]


def test_a_pile_has_its_steps(rng):
    pile = Matrix("X", rng.normal(size=(5, 2, 28)), "batch", "letters", "steps")
    (sent,) = matrices([[pile]]).payload()["matrices"]
    assert (sent["shape"], sent["deep"], sent["axes"]) == ([5, 2, 28], True, ["steps", "batch", "letters"])


def test_names_and_counts_have_no_colours(step):
    ids = Matrix("ids", np.array([[0, 27]]), plain=True)
    data = matrices([[ids, *step]]).payload()
    assert [each["scale"] for each in data["matrices"]] == [None] + [0] * 6
    assert data["scales"][0]["high"] < 27
    assert data["matrices"][0]["whole"]
    assert matrices([[ids]]).payload()["scales"] == []


def test_each_of_a_pile_can_have_a_name():
    pile = Matrix("h", np.zeros((2, 1, 3)), step_labels=["layer 1", "layer 2"])
    assert matrices([[pile]]).payload()["matrices"][0]["stepLabels"] == ["layer 1", "layer 2"]
    with pytest.raises(ValueError, match="h has 2 steps, but 1 labels"):
        Matrix("h", np.zeros((2, 1, 3)), step_labels=["layer 1"])


def test_a_sum_that_is_not_true_is_refused(step):
    *_, R = step
    with pytest.raises(ValueError, match=r"R is not what it is said to be made of: they differ by 0\.1"):
        Matrix("R", R.values + 0.1, made=R.made)
    with pytest.raises(ValueError, match=r"R is \(2, 4\), what it is made of gives \(3, 4\)"):
        Matrix("R", R.values[:2], made=R.made)
    with pytest.raises(ValueError, match="no function 'sin'; there are tanh, σ, relu"):
        Matrix("R", R.values, made=R.made._replace(function="sin"))
    with pytest.raises(ValueError, match="differ by nan"):
        Matrix("R", R.values * np.nan, made=R.made)


def test_what_a_result_is_made_of_has_to_be_in_the_picture(step):
    with pytest.raises(ValueError, match="R is made of X, which is not in the picture"):
        matrices([step[2:]])


def test_products_of_cells_and_each_function(rng):
    f, c, i, g = (Matrix(name, rng.normal(size=(2, 3))) for name in "fcig")
    total = f.values * c.values + i.values * g.values
    for function, act in {
        "": lambda a: a,
        "σ": lambda a: 1 / (1 + np.exp(-a)),
        "relu": lambda a: a.clip(0),
    }.items():
        made = Sum(pairs=((f, c), (i, g)), function=function)
        new = Matrix("c'", act(total), made=made)
        data = matrices([[f, c, i, g, "=", new]]).payload()
        assert data["matrices"][4]["made"]["pairs"] == [[0, 1], [2, 3]]


def test_float32_results_are_taken_as_they_are(rng):
    X, W = (
        Matrix("X", rng.normal(size=(28, 128)).astype("f4")),
        Matrix("W", rng.normal(size=(128, 512)).astype("f4")),
    )
    result = Matrix("A", X.values @ W.values, made=Sum(((X, W),)))
    assert result.values.dtype == np.float32
    assert len(matrices([[X, W, result]]).encoded) < 500_000


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"row_labels": ["a"]}, "M has 2 rows, but 1 labels"),
        ({"column_labels": "ab"}, "M has 3 columns, but 2 labels"),
        ({"row_parts": [("a", 1)]}, "M has 2 rows; its parts"),
        ({"column_parts": [("a", 1), ("b", 3)]}, "M has 3 columns; its parts"),
    ],
)
def test_labels_and_parts_have_to_fit(wrong, words):
    with pytest.raises(ValueError, match=words):
        Matrix("M", np.zeros((2, 3)), **wrong)


@pytest.mark.parametrize("shape", [(3,), (1, 2, 3, 4), (0, 3)])
def test_what_is_no_matrix_is_answered(shape):
    with pytest.raises(ValueError, match="a matrix has rows and columns"):
        Matrix("M", np.zeros(shape))


def test_the_values_are_a_copy_that_does_not_change(rng):
    values = rng.normal(size=(2, 2))
    matrix = Matrix("M", values)
    values[0, 0] = 99
    assert matrix.values[0, 0] != 99
    with pytest.raises(ValueError, match="read-only"):
        matrix.values[0, 0] = 1


def test_hostile_names_stay_text():
    hostile = "</script><img src=x onerror=alert(1)>"
    page = matrices([[Matrix(hostile, np.zeros((1, 1)), row_labels=[hostile])]]).to_html()
    assert "<img" not in page
    assert panels.source("matrices")[0].count("innerHTML") == 0
