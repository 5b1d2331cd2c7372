"""Models of one task side by side on the page Attention, without a browser: who is there, what is said of
them, and the exam that they take.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import rnnviz
from rnnviz.analysis.lengths import by_length
from rnnviz.models.seq2seq import Seq2Seq
from rnnviz.models.sequence import Classifier
from rnnviz.models.transformer_classifier import TransformerClassifier
from rnnviz.models.transformer_seq2seq import TransformerSeq2Seq
from rnnviz.tasks.exam import examined
from rnnviz.tasks.reverse import Reverse
from rnnviz.ui import alongside, exams
from tests.checkpoints import made
from tests.ui.test_watch import checked, panel, panel_query, said
from tests.ui.visiting import opener

PAGE = "../../pages/attention.py"
TASK = {"name": "reverse", "letters": 5, "metric": "accuracy", "kind": "text", "sha256": "same"}
OTHER = {**TASK, "letters": 6, "sha256": "other"}
ASKED = 240


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small and untrained ones: of one task, of the same task with other data, of none of ours."""
    torch.manual_seed(0)
    vocabulary, outputs = Reverse().vocabulary(), Reverse.outputs
    small: dict[str, Any] = {"hidden": 6, "embedding": 4}
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "looks": (Seq2Seq(vocabulary, outputs, **small), TASK),
        "adds": (Seq2Seq(vocabulary, outputs, attention="additive", hidden=8, embedding=4), TASK),
        "blind": (Seq2Seq(vocabulary, outputs, attention="none", directions=2, **small), TASK),
        "blind-lstm": (Seq2Seq(vocabulary, outputs, attention="none", cell="lstm", **small), TASK),
        "transforms": (TransformerSeq2Seq(vocabulary, outputs, hidden=8, heads=2, context=24), TASK),
        "elsewhere": (Seq2Seq(vocabulary, outputs, **small), OTHER),
        "pools": (Classifier(made.VOCABULARY, made.CLASSES, hidden=5, readout="attention"), {"name": "sky"}),
        "sums": (TransformerClassifier(made.VOCABULARY, made.CLASSES, hidden=8, heads=2), {"name": "sky"}),
        "alone": (Classifier(made.VOCABULARY, made.CLASSES, hidden=5, readout="attention"), {"name": "sea"}),
    }
    for name, (model, task) in kinds.items():
        made.write(tmp_path / name, model, {"metric": "accuracy", "kind": "text", **task})
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    found = [entry for entry in rnnviz.catalogue() if entry.name in kinds]
    monkeypatch.setattr(rnnviz, "catalogue", lambda: found, raising=False)
    for module in (alongside, exams):
        monkeypatch.setattr(module, "QUESTIONS", ASKED)


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    return opener(PAGE)


def columns(at: AppTest) -> dict[str, dict[str, Any]]:
    """The columns of the panel, by the names of the checkpoints."""
    return {each["facts"].split(" · ")[1]: each for each in panel(at, "alongside")["models"]}


def chart(at: AppTest) -> dict[str, Any]:
    (found,) = at.get("arrow_vega_lite_chart") or at.get("vega_lite_chart")
    return dict(json.loads(found.proto.spec))


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in at.text)


def test_one_of_each_kind_stands_there_the_simplest_first_also_those_that_cannot_be_chosen(
    open_page: Any,
) -> None:
    at = open_page(model="looks", text="stop")
    assert [*columns(at)] == ["blind", "looks", "transforms"]
    assert len(at.selectbox(key="model").options) == sum(entry.attends for entry in rnnviz.catalogue()) == 7
    names = [each["name"] for each in columns(at).values()]
    assert names == ["GRU without attention", "GRU, dot attention", "transformer, 2 layers × 2 heads"]


def test_each_writes_what_the_library_says(open_page: Any) -> None:
    for name, column in columns(open_page(model="looks", text="stop")).items():
        trace = rnnviz.trace(rnnviz.load(name), "stop")
        written = "".join(letter["sign"] for letter in column["letters"] if letter["kind"] != "missing")
        assert written == trace.meta["answer"]
        assert column["right"] == (written == "pots")
        assert (column["looks"] is None) == (name == "blind")
    reason = "Nothing to look back with: all it has read went through one state of 12 numbers."
    assert columns(open_page(model="looks"))["blind"]["why"] == reason


@pytest.mark.parametrize(("name", "numbers"), [("blind", 12), ("blind-lstm", 12)])
def test_the_state_is_all_that_is_handed_over(open_page: Any, name: str, numbers: int) -> None:
    at = open_page(model="looks", beside=f"looks,{name}")
    assert f"one state of {numbers} numbers" in columns(at)[name]["why"]


def test_what_was_put_into_its_mouth_does_not_count(open_page: Any) -> None:
    free = columns(open_page(model="looks", text="stop"))
    assert columns(open_page(model="looks", text="stop", begin="xyz")) == free


def test_pills_choose_the_address_keeps_and_the_chosen_one_stays(open_page: Any) -> None:
    at = open_page(model="looks", text="stop")
    assert "beside" not in panel_query(at)
    at.session_state["beside"] = ["adds"]
    checked(at.run())
    assert [*columns(at)] == ["looks", "adds"]
    assert "beside=looks%2Cadds" in panel_query(at)
    again = open_page(model="looks", text="stop", beside="looks,adds")
    assert columns(again) == columns(at)
    checked(again.selectbox(key="model").set_value("adds").run())
    assert [*columns(again)] == ["looks", "adds"]
    checked(again.selectbox(key="model").set_value("elsewhere").run())
    assert "No other model here has learned what elsewhere did" in said(again)


def test_who_is_not_there_is_answered_with_a_sentence(open_page: Any) -> None:
    at = open_page(model="looks", beside="blind,elsewhere")
    assert "There is no model 'elsewhere' that learned what looks did" in said(at)
    assert [*columns(at)] == ["blind", "looks"]


@pytest.mark.parametrize("beside", ["elsewhere", "x" * 5000, ",,,", "<b>"])
def test_an_address_that_names_nobody_shows_the_usual_ones(open_page: Any, beside: str) -> None:
    at = open_page(model="looks", beside=beside)
    assert [*columns(at)] == ["blind", "looks", "transforms"]
    assert ("There is no model" in said(at)) == bool(beside.strip(","))


def test_who_is_named_twice_stands_there_once(open_page: Any) -> None:
    at = open_page(model="looks", beside=",".join(["adds"] * 9 + ["blind"]))
    assert at.session_state["beside"] == ["looks", "adds", "blind"]


def test_runs_that_still_learn_take_no_exam(
    open_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        replace(entry, trained=None if entry.name == "transforms" else 0.5) for entry in rnnviz.catalogue()
    ]
    monkeypatch.setattr(rnnviz, "catalogue", lambda: found, raising=False)
    assert "transforms" in columns(open_page(model="looks"))  # it may have come from elsewhere, as it is
    monkeypatch.setenv("RNNVIZ_RUNS", str(tmp_path))
    assert [*columns(open_page(model="looks"))] == ["blind", "looks"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("x" * 40, "This transformer reads 1 to 24 tokens, not 40."), ("Ünï", "2 of 3 characters are unknown")],
)
def test_what_a_model_cannot_read_it_says_in_its_column(open_page: Any, text: str, words: str) -> None:
    told = columns(open_page(model="looks", text=text))["transforms"]
    assert words in told["problem"] + told["note"]


def test_an_empty_field_has_the_example_read(open_page: Any) -> None:
    at = open_page(model="looks", text="")
    column = columns(at)["looks"]
    assert column["looks"]["columns"]["tokens"] == [*Reverse.example]


def test_the_exam_is_that_of_the_library(open_page: Any) -> None:
    at = open_page(model="looks", text="stop")
    names = {"no attention (GRU)": "blind", "dot attention": "looks", "transformer": "transforms"}
    assert chart(at)["encoding"]["color"]["scale"]["domain"] == [*names]
    pairs = Reverse(letters=5).asked(ASKED, 0)
    exam = examined(rnnviz.load("looks"), pairs)
    assert f"{len(pairs)} words that nobody learned from" in said(at)
    one = by_length(exam.lengths, exam.right)
    assert [*exams.rows({"looks": one})] == [
        (
            "looks", int(one.first[k]), int(one.last[k]), int(one.count[k]), int(one.right[k]),
            *(f"{float(part[k]):.6g}" for part in (one.share, one.low, one.high)),
        )
        for k in range(len(one.length))
    ]  # fmt: skip
    share = exam.right[exam.lengths <= 5].mean()
    assert "Of words up to 5 letters, as they were taught" in texts(at)
    assert f"dot attention {100 * share:.0f}\u00a0%" in texts(at)


def test_another_exam_is_asked_and_stands_in_the_address(open_page: Any) -> None:
    at = open_page(model="looks", text="stop")
    before = panel(at, "alongside")["version"]
    checked(at.button(key="other_exam").click().run())
    assert "exam=1" in panel_query(at)
    assert panel(at, "alongside")["version"] == before
    assert "There is no exam '-3' here" in said(open_page(model="looks", exam="-3"))


def test_a_key_takes_no_exam_again(open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page(model="looks", text="stop")

    def never(*_: Any) -> None:
        raise AssertionError("an exam was taken")

    monkeypatch.setattr("rnnviz.tasks.exam.examined", never)
    checked(at.text_input(key="text").set_value("stops").run())
    assert len(columns(at)["looks"]["looks"]["columns"]["tokens"]) == 5


def test_a_point_brings_an_example_of_its_length_wrong_if_there_is_one(open_page: Any) -> None:
    open_page(model="looks", text="stop")
    entries = {entry.name: entry for entry in rnnviz.catalogue()}
    aside = alongside.Aside(entries["looks"], (), (), {}, "stop", 0)
    pairs = Reverse(letters=5).asked(ASKED, 0)
    exam = examined(rnnviz.load("looks"), pairs)
    wrong = {pair.source for pair, right in zip(pairs, exam.right, strict=True) if not right}
    for length in sorted(set(exam.lengths.tolist())):
        pair = exams.example(aside, entries["looks"], length, length)
        assert pair
        assert len(pair.source) == length
        assert pair.source in wrong or not any(len(each) == length for each in wrong)
        again = exams.example(replace(aside, text=pair.source), entries["looks"], length, length)
        others = [each for each in wrong if len(each) == length and each != pair.source]
        assert again
        assert again.source in others or not others
    assert exams.example(aside, entries["looks"], 999, 999) is None
    assert isinstance(exam.right, np.ndarray)


def test_models_of_a_task_that_is_not_ours_stand_side_by_side_without_an_exam(open_page: Any) -> None:
    at = open_page(model="pools", text="the dog")
    found = columns(at)
    assert [*found] == ["pools", "sums"]
    assert [each["looks"]["kind"] for each in found.values()] == ["pooled", "asked"]
    assert all(each["right"] is None and "sure to" in each["verdict"] for each in found.values())
    assert not at.get("arrow_vega_lite_chart")


def test_one_that_stands_alone_with_a_task_of_its_own_has_no_such_section(open_page: Any) -> None:
    at = open_page(model="alone", text="the dog")
    assert "side by side" not in said(at)
