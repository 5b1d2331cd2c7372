"""What the panel of one weight gets to draw from: only what is true."""

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace
from rnnviz.views import panels
from rnnviz.views.panels.weight import scores_of
from tests.views.looking import pooling, rewriting, transformer, translation
from tests.views.test_panels import unpacked

VECTOR = np.random.default_rng(9).normal(size=6)


def changed(trace, name, values):
    quantity = trace[name]
    made = {**trace.quantities, name: Quantity(values, quantity.dims)}
    return Trace(trace.labels, made, trace.meta)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", ["dot", "scaled_dot", "additive"])
def test_everything_that_the_sums_are_made_of_arrives(form, dtype):
    trace = translation(form=form, vector=VECTOR, dtype=dtype)
    data = panels.weight(trace, row=2, column=3, vector=VECTOR).payload()
    for part in ("q", "k", "v", "scores", "weights", "context"):
        assert np.array_equal(unpacked(data[part]), trace[f"attn.{part}"].values)
    assert (data["form"], data["width"], data["precision"]) == (form, 6, dtype)
    assert (data["vector"] is None) == (form != "additive")
    assert (data["cell"], data["step"]) == ({"row": 2, "column": 3}, 2)


@pytest.mark.parametrize("form", ["dot", "scaled_dot"])
def test_how_scores_were_made_is_seen_in_them(form):
    trace = translation(form=form)
    assert panels.weight(Trace(trace.labels, trace.quantities)).payload()["form"] == form
    small = Trace(trace.labels, trace.quantities)  # so small that both forms are almost nothing
    for part, factor in (("q", 1e-4), ("k", 1e-4), ("scores", 1e-8)):
        small = changed(small, f"attn.{part}", trace[f"attn.{part}"].values * factor)
    assert panels.weight(small).payload()["form"] == form


def test_the_vector_of_additive_scores_is_the_traces():
    trace = translation(form="additive", vector=VECTOR)
    made = {**trace.quantities, "attn.w": Quantity(VECTOR.astype(np.float32), ("unit",))}
    data = panels.weight(Trace(trace.labels, made)).payload()
    assert data["form"] == "additive"
    assert np.array_equal(unpacked(data["vector"]), VECTOR.astype(np.float32))


def test_a_head_of_its_own():
    trace = transformer(heads=3)
    data = panels.weight(trace, "l1.attn.weights", head=2).payload()
    assert np.array_equal(unpacked(data["q"]), trace["l1.attn.q"].values[2])
    assert (data["form"], data["head"], data["layer"]) == ("scaled_dot", 2, "l1")


@pytest.mark.parametrize("name", ["enc.l0.attn", "dec.l1.attn", "dec.l1.cross"])
def test_each_attention_of_an_encoder_and_a_decoder_opens(name):
    trace = rewriting()
    data = panels.weight(trace, f"{name}.weights", 3, 2, 1).payload()
    assert (data["form"], data["layer"]) == ("scaled_dot", name.removesuffix(".attn"))
    for part in ("q", "k", "v", "scores", "weights", "context"):
        assert np.array_equal(unpacked(data[part]), trace[f"{name}.{part}"].values[1])


def test_the_question_of_an_answer_is_a_row():
    trace = pooling()
    data = panels.weight(trace).payload()
    assert np.array_equal(unpacked(data["q"]), trace["attn.q"].values[None])
    assert np.array_equal(unpacked(data["context"]), trace["attn.context"].values[None])


@pytest.mark.parametrize("form", ["dot", "scaled_dot", "additive"])
def test_the_scores_of_a_form_are_those_of_its_definition(form):
    random = np.random.default_rng(3)
    q, k = random.normal(size=(2, 6)), random.normal(size=(3, 6))
    made = scores_of(form, q, k, VECTOR)
    for t in range(2):
        for s in range(3):
            terms = [
                VECTOR[i] * np.tanh(q[t, i] + k[s, i]) if form == "additive" else q[t, i] * k[s, i]
                for i in range(6)
            ]
            assert made[t, s] == pytest.approx(
                sum(terms) / (6**0.5 if form == "scaled_dot" else 1), abs=1e-12
            )


def test_a_sum_that_is_not_true_is_not_drawn():
    trace = translation()
    scores = trace["attn.scores"].values.copy()
    scores[4, 2] += 0.01
    with pytest.raises(ValueError, match="are not what dot makes of its q and k"):
        panels.weight(changed(trace, "attn.scores", scores))
    with pytest.raises(ValueError, match="are not what scaled_dot makes"):
        panels.weight(trace, form="scaled_dot")


@pytest.mark.parametrize(
    ("trace", "options", "said"),
    [
        (transformer(), {"name": "l0.attn.weights"}, "The mean of heads has no scores .* a head, 0 to 2"),
        (transformer(), {"name": "l0.attn.weights", "head": 3}, "no head 3"),
        (translation(), {"row": 1}, "give both, or neither"),
        (translation(), {"row": 1, "column": 99}, "no cell 1, 99"),
        (translation(), {"unit": 6}, "no unit 6 of the context: there are 0 to 5"),
        (translation(), {"form": "cosine"}, "dot, scaled_dot, general, additive, not as 'cosine'"),
        (translation(form="additive", vector=VECTOR), {}, "needs their vector, of 6 numbers"),
        (translation().select(dims=("step", "source")), {}, "there is no q, k, v, context of it"),
    ],
)
def test_what_does_not_fit_is_answered_in_a_sentence(trace, options, said):
    with pytest.raises(ValueError, match=said):
        panels.weight(trace, **options)
