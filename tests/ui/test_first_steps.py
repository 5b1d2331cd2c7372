"""The First steps page without a browser: each lesson, bad entries, links, and code that gives the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.lessons import PRESETS
from rnnviz.ui.lessons import LESSONS
from rnnviz.ui.lessons.own_cell import edited
from tests.packed import unpacked
from tests.ui.visiting import MAIN, checked, panel, panel_query, said

PAGE = "../../pages/first_steps.py"


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    def opened(**address: str) -> AppTest:
        at = AppTest.from_file(str(MAIN), default_timeout=60)
        checked(at.run())
        for name, value in address.items():
            at.query_params[name] = value
        return checked(at.switch_page(PAGE).run())

    return opened


def matrix(at: AppTest, name: str) -> np.ndarray:
    """The last matrix of that name in the picture."""
    spec = [each for each in panel(at, "lesson_picture")["matrices"] if each["name"] == name][-1]["values"]
    return unpacked(spec)


def names(at: AppTest) -> list[str]:
    return [each["name"] for each in panel(at, "lesson_picture")["matrices"]]


def test_it_begins_with_the_articles_sentence_by_hand(open_page: Any) -> None:
    at = open_page()
    assert at.session_state["lesson"] == "by-hand"
    assert [matrix(at, f"o{sub}").item() for sub in "₁₂₃"] == [4, 8, 14]
    assert [line["title"] for line in panel(at, "lesson_picture")["lines"]] == [
        "step 1, 我",
        "step 2, 爱",
        "step 3, 中国",
    ]
    assert "After '中国' the state is 7 and the output 14." in said(at)
    assert panel_query(at) == ""


def test_the_sums_follow_the_numbers(open_page: Any) -> None:
    at = open_page()
    at.text_input(key="by_hand_x").set_value("1 2 3 -1")
    checked(at.number_input(key="by_hand_w").set_value(0.5).run())
    assert [matrix(at, f"s{sub}").item() for sub in "₁₂₃₄"] == [1.5, 2.75, 4.375, 1.1875]
    assert panel_query(at) == "x=1+2+3+-1&w=0.5"
    checked(at.button(key="as_in_the_article").click().run())
    assert matrix(at, "o₃").item() == 14
    assert panel_query(at) == ""


@pytest.mark.parametrize("name", LESSONS)
def test_each_lesson_has_a_question_a_picture_and_code(open_page: Any, name: str) -> None:
    at = open_page(lesson=name)
    lesson = LESSONS[name]
    assert lesson.question in said(at)
    assert lesson.look in said(at)
    assert names(at)
    assert len(at.code) == 1
    assert panel_query(at) == ("" if name == "by-hand" else f"lesson={name}")


def test_another_lesson_keeps_what_was_typed_in_the_first(open_page: Any) -> None:
    at = open_page(lesson="by-hand", v="5")
    at.session_state["lesson"] = "joined"
    checked(at.run())
    assert panel_query(at) == "lesson=joined"
    at.session_state["lesson"] = "by-hand"
    checked(at.run())
    assert panel_query(at) == "v=5"
    assert matrix(at, "o₃").item() == 35


def test_another_page_and_back_shows_what_was_there(open_page: Any) -> None:
    at = open_page(lesson="joined", units="3")
    at.query_params.clear()
    checked(at.switch_page("../../pages/train.py").run())
    checked(at.switch_page(PAGE).run())
    assert panel_query(at) == "lesson=joined&units=3"


LINKS = {
    "by-hand": {"tokens": "a b", "x": "2 0.5", "u": "3", "start": "-1"},
    "context": {"first": "I like it", "second": "I never like it", "word": "like", "seed": "7", "units": "3"},
    "state": {"batch": "1", "inputs": "2", "units": "3", "seed": "12"},
    "joined": {"batch": "2", "inputs": "3", "units": "2", "seed": "5"},
    "stepping": {"batch": "2", "steps": "4", "inputs": "3", "units": "3", "seed": "2"},
    "start": {"cell": "gru", "batch": "3", "units": "2", "layers": "2", "ways": "both ways"},
    "growth": {"cell": "lstm", "inputs": "10", "units": "5", "steps": "7"},
    "one-hot": {"ids": "1 3 5", "vocabulary": "30", "batch": "3", "steps": "4"},
    "embedding": {"ids": "0 1", "vocabulary": "4", "embedding": "3", "hidden": "5", "classes": "2"},
    "own-cell": {"preset": "zeros", "cell": "rnn", "w": "1_0_0.5_0_0~0_0.25_0_-1_0", "x": "1~2~-1"},
}  # fmt: skip
SHOWN = {  # a matrix of the picture, and what the code of the lesson calls the same
    "by-hand": ("o₂", lambda run: [[run["o"]]]),
    "context": ("difference", lambda run: (run["h"][1] - run["h"][0])[None].detach()),
    "state": ("H₂", lambda run: run["H_2"]),
    "joined": ("the sum of two products", lambda run: run["two"]),
    "stepping": ("output", lambda run: run["output"].detach()),
    "start": ("h₁", lambda run: run["h"].detach()),
    "growth": ("", None),
    "one-hot": ("one_hot(X.T, 30)", lambda run: run["one_hot"](run["X"].T, 30)),
    "embedding": ("scores", lambda run: run["scores"].detach()),
    "own-cell": ("h: hidden state", lambda run: run["rnn"].trace(run["x"]).values["l0.h"].detach().T),
}


@pytest.mark.parametrize("name", LESSONS)
def test_a_link_brings_every_number_back(open_page: Any, name: str) -> None:
    at = open_page(lesson=name, **LINKS[name])
    again = dict(pair.split("=") for pair in panel_query(at).split("&"))
    assert set(again) == {*LINKS[name], "lesson"} - ({"lesson"} if name == "by-hand" else set())
    version = panel(at, "lesson_picture")["version"]
    other = open_page(lesson=name)
    assert panel(other, "lesson_picture")["version"] != version
    assert panel_query(open_page(lesson=name, **LINKS[name])) == panel_query(at)


@pytest.mark.parametrize("name", LESSONS)
def test_the_code_runs_and_gives_the_numbers_of_the_picture(open_page: Any, name: str, capsys: Any) -> None:
    at = open_page(lesson=name, **LINKS[name])
    ran: dict[str, Any] = {}
    exec(at.code[0].value, ran)
    printed = capsys.readouterr().out
    shown, same = SHOWN[name]
    if same is None:
        assert int(printed.split()[0]) == matrix(at, shown)[0, 0]
        return
    np.testing.assert_allclose(matrix(at, shown), np.asarray(same(ran)), atol=2e-6)


@pytest.mark.parametrize("name", PRESETS)
def test_each_own_cell_is_what_its_code_computes(open_page: Any, name: str) -> None:
    at = open_page(lesson="own-cell", preset=name)
    ran: dict[str, Any] = {}
    exec(at.code[0].value, ran)
    values = ran["rnn"].trace(ran["x"]).values
    for letter, shown in ((each[0], each) for each in names(at) if not each.startswith("x")):
        np.testing.assert_allclose(matrix(at, shown).T, values[f"l0.{letter}"].detach(), atol=1e-12)


# --- what cannot be


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        ("by_hand_x", "1 two 3", "'two' is no number"),
        ("by_hand_x", "", "nothing in the field"),
        ("by_hand_x", "1 1000", "1000 is out of reach (-100 to 100)"),
        ("by_hand_x", "nan", "nan is out of reach"),
        ("by_hand_x", "1 " * 13, "13 are too many, 12 have room"),
        ("by_hand_tokens", " ", "nothing in the field"),
    ],
)
def test_a_bad_entry_is_answered_and_the_picture_stays(
    open_page: Any, key: str, typed: str, words: str
) -> None:
    at = open_page()
    at.text_input(key="by_hand_x").set_value("1 2")
    before = panel(checked(at.run()), "lesson_picture")["version"]
    checked(at.text_input(key=key).set_value(typed).run())
    assert words in said(at)
    assert at.text_input(key=key).value == typed
    assert panel(at, "lesson_picture")["version"] == before


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"lesson": "nope"}, "There is no lesson 'nope' here"),
        ({"u": "much"}, "'much' is no u: of what is read (possible: -100 to 100). So this is 1"),
        ({"u": "101"}, "'101' is no u"),
        ({"u": "nan"}, "'nan' is no u"),
        ({"lesson": "joined", "batch": "2.5"}, "'2.5' is no batch (possible: 1 to 6). So this is 3."),
        ({"lesson": "start", "cell": "mlp"}, "'mlp' is no cell (possible: rnn, lstm, gru). So this is lstm."),
        ({"lesson": "one-hot", "ids": "a"}, "ids: 'a' is no whole number. So this is 0 2."),
        ({"lesson": "own-cell", "preset": "magic"}, "There is no cell 'magic' here."),
        ({"lesson": "own-cell", "w": "1_2~3"}, "its weights are no table of numbers"),
        ({"lesson": "own-cell", "w": "1_nan"}, "its weights are no table of numbers"),
        ({"lesson": "own-cell", "cell": "rnn", "w": "1_0_0_0_0~0_1_0_0_0", "x": "1_2"}, "reads 1 number"),
        ({"lesson": "own-cell", "cell": "rnn", "w": "1_0_0_0~0_1_0_0", "x": "1"}, "makes no rnn cell"),
        ({"lesson": "own-cell", "cell": "rnn", "w": "1_0_0_0", "x": "1"}, "2 to 4 units"),
        ({"lesson": "own-cell", "cell": "rnn", "w": "1e9_0_0_0_0~0_1_0_0_0", "x": "1"}, "is out of reach"),
        (
            {"lesson": "own-cell", "cell": "rnn", "w": "1_0_0_0_0~0_1_0_0_0", "x": "~".join("1" * 17)},
            "too many",
        ),
    ],
)
def test_a_bad_link_is_answered_and_something_is_shown(open_page: Any, address: Any, words: str) -> None:
    at = open_page(**address)
    assert words in said(at)
    assert names(at)


def test_values_that_do_not_go_together_are_answered(open_page: Any) -> None:
    at = open_page(lesson="context", word="never")
    assert "'never' is not in the first sentence" in said(at)
    assert names(at)
    at = open_page(lesson="one-hot", vocabulary="5")
    assert "a vocabulary of 5 only has 0 to 4" in said(at)
    assert names(at)


# --- the cell of one's own


def test_a_table_is_edited_as_the_editor_tells() -> None:
    table, columns = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], ["x0", "x1"]
    assert edited(table, {}, columns) == table
    changes = {"edited_rows": {1: {"x1": 9}}, "deleted_rows": [0], "added_rows": [{"x0": 7, "x1": 8}, {}]}
    assert edited(table, changes, columns) == [[3, 9], [5, 6], [7, 8]]
    assert np.isnan(edited(table, {"edited_rows": {0: {"x0": None}}}, columns)[0][0])
    assert table[1][1] == 4


def test_another_size_keeps_the_weights_of_the_same_names(open_page: Any) -> None:
    at = open_page(lesson="own-cell", preset="counter")
    checked(at.number_input(key="own_cell_units").set_value(3).run())
    assert matrix(at, "c: cell state").shape == (3, 8)
    assert matrix(at, "c: cell state")[0].tolist() == [1, 2, 1, 2, 3, 2, 1, 0]
    assert not matrix(at, "c: cell state")[2].any()
    checked(at.selectbox(key="own_cell_kind").set_value("gru").run())
    assert "z: update gate" in names(at)
    checked(at.selectbox(key="own_cell_preset").set_value("echo").run())
    assert (at.selectbox(key="own_cell_kind").value, at.number_input(key="own_cell_units").value) == (
        "rnn",
        3,
    )
    assert panel_query(at) == "lesson=own-cell&preset=echo"


def test_every_number_of_a_cell_says_how_it_came_about(open_page: Any) -> None:
    at = open_page(lesson="own-cell", preset="counter")
    told = {each["name"]: each["told"] for each in panel(at, "lesson_picture")["matrices"]}
    assert told["c: cell state"][0][4] == "c₀ at step 4 = f·c + i·g = 1·2 + 1·1 = 3"
    assert told["i: input gate"][1][0] == "i₁ at step 0 = σ(80·1 + (−40)) = σ(40) = 1"
    at = open_page(lesson="own-cell", preset="holds")
    told = {each["name"]: each["told"] for each in panel(at, "lesson_picture")["matrices"]}
    assert told["n: candidate"][1][1] == "n₁ at step 1 = tanh(1·0.3 + 0.5·(0)) = tanh(0.3) = 0.291"
    assert told["h: hidden state"][1][1].startswith(
        "h₁ at step 1 = (1 − z)·n + z·h = 0.5·0.291 + 0.5·0.332 = "
    )


def test_a_weight_that_is_missing_is_answered_and_the_picture_stays(open_page: Any) -> None:
    at = open_page(lesson="own-cell", preset="counter")
    version = panel(at, "lesson_picture")["version"]
    at.session_state["_own_cell"]["weights_base"] = [[np.nan, *[0.0] * 4], *[[0.0] * 5] * 7]
    checked(at.run())
    assert "i0 × x0 has no weight: type a number, or 0." in said(at)
    assert panel(at, "lesson_picture")["version"] == version


def test_what_was_typed_into_the_tables_is_there_after_another_lesson(open_page: Any) -> None:
    at = open_page(lesson="own-cell", preset="counter")
    at.session_state["_own_cell"]["x"] = [[1.0], [1.0]]
    for lesson in ("joined", "own-cell"):
        at.session_state["lesson"] = lesson
        checked(at.run())
    assert matrix(at, "c: cell state").tolist() == [[1, 2], [1, 2]]
    assert "x=1~1" in panel_query(at)


def test_zeros_of_another_size_are_in_the_link(open_page: Any) -> None:
    at = open_page(lesson="own-cell", preset="zeros")
    assert panel_query(at) == "lesson=own-cell&preset=zeros"
    checked(at.selectbox(key="own_cell_kind").set_value("gru").run())
    assert "cell=gru&w=0_0_0_0_0~" in panel_query(at)


def test_a_sequence_without_a_step_is_answered(open_page: Any) -> None:
    at = open_page(lesson="own-cell", preset="counter")
    at.session_state["_own_cell"]["x_base"] = []
    checked(at.run())
    assert "There is nothing to read: type a number." in said(at)
    assert names(at)
