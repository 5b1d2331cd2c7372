"""What models side by side get to draw from: what each wrote beside what is right, and where it looked."""

import math

import numpy as np
import pytest

from rnnviz.traces import Quantity, Trace
from rnnviz.views.panels import Beside, alongside
from rnnviz.views.panels.judged import MANY, MISSING, SAME, WRONG, judged, verdict
from tests.views.looking import pooling, transformer, translation
from tests.views.test_panels import unpacked

DATE = "2025-11-06"


def writer(written: str = DATE, **meta) -> Trace:
    trace = translation(written=written)
    return Trace(trace.labels, trace.quantities, {"ended": True, "answer": written, **meta})


def answering(trace: Trace, answer: str = "negative", chance: float = 0.93) -> Trace:
    return Trace(trace.labels, trace.quantities, {**trace.meta, "answer": answer, "chance": chance})


def one(trace: Trace | None, right: tuple[str, ...] = (), **more) -> dict:
    beside = Beside("GRU, dot attention", "12 parameters", 1, trace, **more)
    return alongside([beside], right).payload()["models"][0]


def kinds(found) -> str:
    return "".join({SAME: ".", WRONG: "x", MANY: "+", MISSING: "-"}[letter.kind] for letter in found.letters)


@pytest.mark.parametrize(
    ("written", "right", "marks", "words"),
    [
        ("abcd", "abcd", "....", "right"),
        ("abxd", "abcd", "..x.", "1 of 4 letters wrong"),
        ("abd", "abcd", "..-.", "1 of 4 letters missing"),
        ("abbcd", "abcd", ".+...", "1 too many"),
        ("xab", "abcd", "+..--", "2 of 4 letters missing, 1 too many"),
        ("axyd", "abcde", ".xx.-", "2 wrong and 1 missing of 5 letters"),
        ("", "abcd", "----", "4 of 4 letters missing"),
        ("20-1", "20-2", "...x", "1 of 4 characters wrong"),
    ],
)
def test_letters_are_wrong_missing_or_too_many(written, right, marks, words):
    found = judged(tuple(written), (right,))
    assert (kinds(found), verdict(found), found.right) == (marks, words, written == right)
    assert "".join(letter.text for letter in found.letters if letter.kind != MISSING) == written
    assert [letter.place for letter in found.letters if letter.place is not None] == [*range(len(written))]


def test_of_several_right_answers_the_nearest_is_meant():
    assert judged(tuple("2026-03-05"), ("2026-04-03", "2026-03-04")).wanted == "2026-03-04"
    assert judged(tuple("2026-04-03"), ("2026-03-04", "2026-04-03")).right
    with pytest.raises(ValueError, match="no answer to compare with"):
        judged(tuple("ab"), ())


def test_tokens_of_several_letters_are_found_again_by_their_place():
    assert [letter.place for letter in judged(("ab", "c"), ("abd",)).letters] == [0, 0, 1]


def test_what_has_no_end_is_not_right():
    told = one(writer(ended=False), (DATE,))
    assert (told["right"], told["verdict"]) == (False, "it came to no end")


def test_a_model_that_writes_is_judged_and_told_with_its_chances():
    trace = writer()
    told = one(trace, ("2025-11-16",))
    assert (told["right"], told["verdict"]) == (False, "1 of 10 characters wrong")
    assert [letter["kind"] for letter in told["letters"]].index("wrong") == 8
    chances = unpacked(told["chances"])
    ids = [trace.labels["vocab"].index(token) for token in trace.labels["step"]]
    at = trace["out.topk.id"].values == np.array(ids)[:, None]
    np.testing.assert_array_equal(chances, (trace["out.topk.prob"].values * at).sum(1))
    assert one(trace)["right"] is None
    assert one(trace)["verdict"] == ""


def test_the_matrix_is_that_of_the_trace():
    trace = writer()
    looks = one(trace)["looks"]
    np.testing.assert_array_equal(unpacked(looks["weights"]), trace["attn.weights"].values)
    assert looks["columns"]["tokens"] == [*"6·Nov·2025"]
    assert looks["rows"]["tokens"] == [*DATE, "end"]


def test_of_a_transformer_that_answers_it_is_the_mean_of_the_last_heads():
    trace = transformer("not bad", layers=3, heads=2, causal=False)
    looks = one(answering(trace))["looks"]
    np.testing.assert_allclose(
        unpacked(looks["weights"]), trace["l2.attn.weights"].values.mean(0), rtol=1e-6, atol=1e-7
    )
    assert looks["kind"] == "asked"


def test_of_an_encoder_and_a_decoder_it_is_the_last_look_at_what_was_read():
    trace = writer()
    random = np.random.default_rng(3)
    shape = trace["attn.weights"].values.shape
    rows, columns = shape
    made = {
        f"{layer}.weights": Quantity(
            random.dirichlet(np.ones(length), (2, count)).astype(np.float32), ("head", *axes)
        )
        for layer, axes, count, length in (
            ("enc.l0.attn", ("query", "key"), columns, columns),
            ("dec.l0.attn", ("step", "written"), rows, rows),
            ("dec.l0.cross", ("step", "source"), rows, columns),
            ("dec.l1.cross", ("step", "source"), rows, columns),
            ("dec.l1.attn", ("step", "written"), rows, rows),
        )
    }
    kept = {name: value for name, value in trace.quantities.items() if name.startswith("out.")}
    looks = one(Trace(trace.labels, kept | made, trace.meta))["looks"]
    np.testing.assert_allclose(
        unpacked(looks["weights"]), made["dec.l1.cross.weights"].values.mean(0), rtol=1e-6
    )


def test_an_answer_that_pools_has_one_row_also_unit_by_unit():
    trace = pooling()
    looks = one(answering(trace))["looks"]
    np.testing.assert_array_equal(unpacked(looks["weights"])[0], trace["attn.weights"].values)
    weights = np.random.default_rng(4).dirichlet(np.ones(4), 5).astype(np.float32)
    by_unit = Trace({"step": tuple("abcd")}, {"attn.weights": Quantity(weights, ("unit", "step"))}, {})
    looks = one(answering(by_unit))["looks"]
    np.testing.assert_allclose(unpacked(looks["weights"]), weights.mean(0, keepdims=True), rtol=1e-6)
    assert (looks["kind"], looks["where"]) == ("pooled", "mean of 5 units")


@pytest.mark.parametrize(
    ("right", "verdict", "fits"),
    [
        ((), "sure to 93 %", None),
        (("negative",), "right, sure to 93 %", True),
        (("positive",), "wrong: it is positive; sure to 93 %", False),
    ],
)
def test_an_answer_tells_how_sure_it_is(right, verdict, fits):
    told = one(answering(pooling()), right)
    assert (told["verdict"], told["right"]) == (verdict, fits)
    assert told["letters"] == [{"sign": "negative", "kind": "same", "row": None}]


def test_who_does_not_look_or_cannot_read_says_why():
    blind = Trace(
        writer().labels,
        {name: q for name, q in writer().quantities.items() if name.startswith("out.")},
        writer().meta,
    )
    told = one(blind, why="One state of 128 numbers.")
    assert (told["looks"], told["why"]) == (None, "One state of 128 numbers.")
    told = one(None, problem="It reads 64 tokens.")
    assert (told["looks"], told["problem"]) == (None, "It reads 64 tokens.")


def test_each_model_has_the_colour_of_its_place():
    models = [Beside(str(place), "", place, None, problem="-") for place in (0, 2)]
    colours = [each["colours"] for each in alongside(models).payload()["models"]]
    assert colours[0] != colours[1]
    assert set(colours[0]) == {"light", "dark"}


def test_numbers_that_are_told_are_finite():
    assert all(math.isfinite(chance) for chance in unpacked(one(writer())["chances"]))
